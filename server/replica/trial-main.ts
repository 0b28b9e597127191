/**
 * Entry of a process that tries one model once, before it is published: loads it, runs it, compares saved test cases, reports
 * and ends. It is thrown away whatever happens; its parent ends it when it takes too long (inspect/trial-load.ts).
 *
 * Like a replica it talks only over the socket it inherits as descriptor 3.
 */
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { asMillraceError } from '../base/errors.ts';
import { toErrorBody } from '../protocol/control.ts';
import { FrameChannel } from '../protocol/frame-channel.ts';
import { frameTypes } from '../protocol/frames.ts';
import { isEncoded } from '../protocol/encoded-images.ts';
import type { Recipe } from '../protocol/recipe.ts';
import { resolveRecipe } from '../protocol/resolved-recipe.ts';
import type { ResolvedRecipe } from '../protocol/resolved-recipe.ts';
import { compareSamples } from '../protocol/sample-comparison.ts';
import type { RunnableModel } from '../protocol/sample-comparison.ts';
import type { Signature } from '../protocol/tensors.ts';
import { probeBatching } from './batching-probe.ts';
import type { RuntimeSession } from './session.ts';
import type { TrialCommand, TrialReport } from './trial-command.ts';

process.title = 'millrace trial';

const channel = new FrameChannel(new Socket({ fd: 3, readable: true, writable: true }), {
  onFrame(frame) {
    if (frame.type === frameTypes.load) void tryModel(JSON.parse(frame.body.toString()) as TrialCommand);
  },
  onClose() {
    process.exit(0);
  },
});

async function tryModel(command: TrialCommand): Promise<void> {
  try {
    await watchMemory(command.memoryLimitBytes);
    const { openSession } = await import('./session.ts');
    const startedMs = performance.now();
    const session = await openSession({ modelPath: command.modelPath, intraOpThreads: 1, spinning: false });
    const loadMs = performance.now() - startedMs;
    const { maxBatchSize, reason } = await probeBatching(session, command.maxBatchSize);
    const samples = command.samples && (await compareSamples(withRecipe(session, command), command.samples));
    channel.sendJson(frameTypes.loaded, 0, {
      signature: session.signature,
      maxBatchSize,
      batching: reason,
      loadMs,
      rssBytes: process.memoryUsage.rss(),
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      samples,
    } satisfies TrialReport);
  } catch (error) {
    const known = asMillraceError(error);
    if (known.code === 'internal') console.error(error);
    channel.sendJson(frameTypes.loadFailed, 0, toErrorBody(known));
  }
  channel.end();
}

/** The session as it is served: pictures are decoded before it sees them. A recipe that does not fit is the import's to refuse. */
function withRecipe(session: RuntimeSession, { recipe }: TrialCommand): RunnableModel {
  const { signature } = session;
  return {
    signature,
    recipe: fittingRecipe(recipe, signature),
    async run(inputs) {
      if (!inputs.some(isEncoded)) return session.run(inputs);
      const { decodeImages } = await import('./image-tensors.ts');
      return session.run(await Promise.all(inputs.map((input) => (isEncoded(input) ? decodeImages(input) : input))));
    },
  };
}

function fittingRecipe(recipe: Recipe | undefined, signature: Signature): ResolvedRecipe | undefined {
  try {
    return resolveRecipe(recipe, signature);
  } catch {
    return undefined;
  }
}

/** Resolves when the watch runs, so that no model loads without it. */
async function watchMemory(memoryLimitBytes: number): Promise<void> {
  const watch = new Worker(fileURLToPath(new URL('memory-watch.ts', import.meta.url)), {
    workerData: { memoryLimitBytes },
  });
  watch.unref();
  await new Promise<void>((resolve, reject) => {
    watch.once('online', resolve);
    watch.once('error', reject);
  });
}

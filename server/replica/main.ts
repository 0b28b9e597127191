/**
 * Entry of a replica process: loads the one model it is told to load, then answers `infer` frames until it is told to stop.
 *
 * It talks only over the socket it inherits as descriptor 3. When that socket ends, its host is gone and so is the reason
 * to live. It opens no listener and reads no configuration.
 */
import { flushCompileCache } from 'node:module';
import { Socket } from 'node:net';
import type { OnReadOpts, SocketConstructorOpts } from 'node:net';
import { asMillraceError } from '../base/errors.ts';
import { decodeCallHead, encodeResultHead, toErrorBody } from '../protocol/control.ts';
import type { LoadCommand, LoadedReport, MemoryReport } from '../protocol/control.ts';
import { FrameChannel } from '../protocol/frame-channel.ts';
import { frameTypes, joined } from '../protocol/frames.ts';
import type { Frame } from '../protocol/frames.ts';
import { resolveRecipe } from '../protocol/resolved-recipe.ts';
import type { ModelFacts } from '../protocol/tensors.ts';
import { probeBatching } from './batching-probe.ts';
import { Batcher } from './batcher.ts';

/** How often the replica reports its memory and CPU time, milliseconds: once per tick of the autoscaler. */
const memoryReportIntervalMs = 1000;

const noHead = Buffer.alloc(0);

// A terminal's Ctrl-C and a service manager's SIGTERM reach the whole process group; the host decides when replicas end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

let batcher: Batcher | undefined;
let stopping = false;

/** One buffer for all reads, as large as what a local socket holds: a tensor arrives in a few reads instead of dozens. */
const readBufferBytes = 256 * 1024;

const socketOptions: SocketConstructorOpts & { onread: OnReadOpts } = {
  fd: 3,
  readable: true,
  writable: true,
  onread: {
    buffer: Buffer.allocUnsafeSlow(readBufferBytes),
    callback(bytes, buffer) {
      channel.receive((buffer as Buffer).subarray(0, bytes));
      return true;
    },
  },
};

const channel = new FrameChannel(
  new Socket(socketOptions),
  {
    onFrame(frame) {
      receive(frame);
    },
    onClose() {
      flushCompileCache();
      process.exit(0);
    },
  },
  'copies',
);

function receive(frame: Frame): void {
  switch (frame.type) {
    case frameTypes.infer:
      batcher!.add(frame.requestId, decodeCallHead(frame.head), joined(frame.body));
      break;
    case frameTypes.cancel:
      batcher?.cancel(frame.requestId);
      break;
    case frameTypes.load:
      void load(JSON.parse(joined(frame.body).toString()) as LoadCommand);
      break;
    case frameTypes.stop:
      stopping = true;
      if (batcher === undefined || batcher.idle) channel.end();
      break;
    default:
      throw new Error(`A replica takes no frame of type ${frame.type}.`);
  }
}

async function load(command: LoadCommand): Promise<void> {
  process.title = `millrace replica ${command.name}/${command.version}`;
  try {
    const startedMs = performance.now();
    // Loaded here, not at the top, so that a runtime that cannot start is reported like a model that cannot load.
    const { openSession } = await import('./session.ts');
    const session = await openSession(command);
    const loadedMs = performance.now();
    const decision = await probeBatching(session, command.maxBatchSize);
    const model: ModelFacts = {
      name: command.name,
      version: command.version,
      signature: session.signature,
      maxBatchSize: decision.maxBatchSize,
      labels: command.labels,
      featureNames: command.featureNames,
      recipe: resolveRecipe(command.recipe, session.signature),
    };
    batcher = new Batcher(model, session, command.maxBatchDelayMs, {
      onResult(requestId, head, chunks) {
        channel.send(frameTypes.result, requestId, encodeResultHead(head), chunks, 'now');
      },
      onFailure(requestId, error) {
        if (error.code === 'internal') console.error(error.cause ?? error);
        channel.send(frameTypes.failure, requestId, noHead, [Buffer.from(JSON.stringify(toErrorBody(error)))], 'now');
      },
      onIdle() {
        if (stopping) channel.end();
      },
    });
    channel.sendJson(frameTypes.loaded, 0, {
      signature: session.signature,
      maxBatchSize: decision.maxBatchSize,
      batching: decision.reason,
      repeats: decision.repeats,
      loadMs: loadedMs - startedMs,
      warmUpMs: performance.now() - loadedMs,
      rssBytes: process.memoryUsage.rss(),
    } satisfies LoadedReport);
    // Everything is loaded: keep the compiled code for the next replica, which may not get to exit in order.
    flushCompileCache();
    setInterval(() => {
      const { user, system } = process.cpuUsage();
      const report = { rssBytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1000 } satisfies MemoryReport;
      channel.sendJson(frameTypes.memory, 0, report);
    }, memoryReportIntervalMs).unref();
  } catch (error) {
    const known = asMillraceError(error);
    if (known.code === 'internal') console.error(error);
    channel.sendJson(frameTypes.loadFailed, 0, toErrorBody(known));
    channel.end();
  }
}

/**
 * The process in which a host syncs. The SDK of S3, the hashing and the copying of gigabytes cost memory and time that the host's
 * event loop does not have; here they compete with inference as the operating system arranges it, at a lower priority. When it
 * ends, its memory is gone; when it is killed, the store is as it was.
 */
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { asMillraceError } from '../base/errors.ts';
import { tryModel } from '../inspect/trial-load.ts';
import { toErrorBody } from '../protocol/control.ts';
import { openModelSource } from '../sources/open-source.ts';
import { SourceMemory } from '../sources/source-memory.ts';
import { syncSource } from '../sources/sync.ts';
import type { SyncProgress } from '../sources/sync.ts';
import type { SyncMessage, SyncOrder } from './sync-messages.ts';

/** Progress within a step is told four times a second. */
const progressMs = 250;

const stop = new AbortController();

function tell(message: SyncMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function obey(order: SyncOrder): Promise<void> {
  const memory = SourceMemory.open(order.dataDirectory);
  let toldMs = 0;
  let step = '';
  const onProgress = (progress: SyncProgress): void => {
    const nowMs = performance.now();
    if (progress.step === step && nowMs - toldMs < progressMs) return;
    toldMs = nowMs;
    ({ step } = progress);
    tell({ type: 'progress', progress });
  };
  try {
    const { error, ...report } = await syncSource({
      ...order,
      open: () => openModelSource(order.settings, order.dataDirectory),
      memory,
      tryModel,
      onProgress,
      onEvent: (event) => tell({ type: 'event', event }),
      signal: stop.signal,
    });
    tell({ type: 'done', report: { ...report, error: error && toErrorBody(error) } });
  } finally {
    memory.close();
  }
}

try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // A system that does not allow it syncs at normal priority.
}
process.title = 'millrace sync';
const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => {
  obey(JSON.parse(line) as SyncOrder)
    .catch((error: unknown) => tell({ type: 'failed', error: toErrorBody(asMillraceError(error)) }))
    // Everything has been closed or is of no use: a kept-alive connection must not keep the process.
    .finally(() => process.stdout.end(() => process.exit()));
});
// The host closes it to stop this process, and its death closes it too.
lines.once('close', () => stop.abort(new Error('The host told it to stop.')));

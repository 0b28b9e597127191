/**
 * The process in which a host syncs, publishes and tries sources. The SDK of S3, the hashing and the copying of gigabytes cost memory and time that the host's
 * event loop does not have; here they compete with inference as the operating system arranges it, at a lower priority. When it
 * ends, its memory is gone; when it is killed, the store is as it was.
 */
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { asMillraceError } from '../base/errors.ts';
import { tryModel } from '../inspect/trial-load.ts';
import { toErrorBody } from '../protocol/control.ts';
import { openModelSource } from '../sources/open-source.ts';
import { pushVersion } from '../sources/push.ts';
import { checkSource } from '../sources/source-check.ts';
import { SourceMemory } from '../sources/source-memory.ts';
import { syncSource } from '../sources/sync.ts';
import { errorBody, reportView, stepLabel } from '../sources/sync-words.ts';
import type { SourceOrder, SyncMessage, TaskProgress, TaskResults } from './sync-messages.ts';

/** Progress within a step is told four times a second. */
const progressMs = 250;

const stop = new AbortController();
let toldMs = 0;
let toldStep = '';

function tell(message: SyncMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function tellProgress(progress: TaskProgress): void {
  const nowMs = performance.now();
  if (progress.step === toldStep && nowMs - toldMs < progressMs) return;
  toldMs = nowMs;
  toldStep = progress.step;
  tell({ type: 'progress', progress });
}

async function obey(order: SourceOrder): Promise<TaskResults[keyof TaskResults]> {
  const { settings, dataDirectory } = order;
  const open = () => openModelSource(settings, dataDirectory);
  if (order.task === 'check') return checkSource(open, stop.signal);
  const memory = SourceMemory.open(dataDirectory);
  try {
    if (order.task === 'push') {
      const { model, version } = order;
      return await pushVersion({
        settings,
        open,
        dataDirectory,
        memory,
        model,
        version,
        signal: stop.signal,
        onProgress: (doneBytes, totalBytes) => tellProgress({ step: `Publishing ${model}`, doneBytes, totalBytes }),
      });
    }
    const report = await syncSource({
      ...order,
      open,
      memory,
      tryModel,
      onProgress: (progress) => tellProgress({ ...progress, step: stepLabel(progress, settings.name) }),
      onEvent: (event) => tell({ type: 'event', event }),
      signal: stop.signal,
    });
    return reportView(report, report.error === undefined ? undefined : errorBody(report.error));
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
  obey(JSON.parse(line) as SourceOrder)
    .then((result) => tell({ type: 'done', result }))
    .catch((error: unknown) => tell({ type: 'failed', error: toErrorBody(asMillraceError(error)) }))
    // Everything has been closed or is of no use: a kept-alive connection must not keep the process.
    .finally(() => process.stdout.end(() => process.exit()));
});
// The host closes it to stop this process, and its death closes it too.
lines.once('close', () => stop.abort(new Error('The host told it to stop.')));

/** Runs one task on a source in a process of its own and tells what it hears from it. The process is gone when the promise settles. */
import { spawn } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../base/errors.ts';
import { fromErrorBody } from '../protocol/control.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { SourceOrder, SyncMessage, TaskProgress, TaskResults } from './sync-messages.ts';

export interface SyncProcessOptions {
  readonly onProgress?: (progress: TaskProgress) => void;
  readonly onEvent?: (event: NewHostEvent) => void;
  /** Asks it to stop; it is killed where it does not. */
  readonly signal?: AbortSignal | undefined;
}

const syncEntry = fileURLToPath(new URL('sync-main.ts', import.meta.url));
/** From being asked to stop to being killed. */
const graceMs = 5000;
const stderrCharacters = 2000;

/**
 * Throws what the task throws, the signal's reason, and `internal` where the process ended without a word. Failures of a source
 * that was synced are in the report.
 */
export async function runSourceTask<Order extends SourceOrder>(
  order: Order,
  options: SyncProcessOptions = {},
): Promise<TaskResults[Order['task']]> {
  const { onProgress, onEvent, signal } = options;
  signal?.throwIfAborted();
  // Whole: AWS's own credentials come from the environment and from files below the home folder. It is code of ours; the
  // process that tries a model gets a scrubbed one.
  const cache = getCompileCacheDir();
  const environment = { ...process.env, ...(cache !== undefined && { NODE_COMPILE_CACHE: dirname(cache) }) };
  const child = spawn(process.execPath, [syncEntry], {
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let result: TaskResults[Order['task']] | undefined;
  let failure: MillraceError | undefined;
  let stderr = '';
  let killTimer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    child.stdin.end();
    killTimer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, killed) => resolve(killed ?? `exit code ${code}`));
  });
  child.stdin.on('error', () => {}); // It ended; `close` says so.
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-stderrCharacters)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as SyncMessage;
    if (message.type === 'progress') onProgress?.(message.progress);
    else if (message.type === 'event') onEvent?.(message.event);
    else if (message.type === 'failed') failure = fromErrorBody(message.error);
    else result = message.result as TaskResults[Order['task']];
  });
  signal?.addEventListener('abort', onAbort);
  try {
    child.stdin.write(`${JSON.stringify(order)}\n`);
    const end = await ended;
    if (result !== undefined) return result;
    signal?.throwIfAborted();
    throw (
      failure ??
      new MillraceError('internal', `The process that worked on the source ended without a word (${end}).`, {
        cause: new Error(stderr),
      })
    );
  } finally {
    clearTimeout(killTimer);
    signal?.removeEventListener('abort', onAbort);
    child.kill('SIGKILL');
  }
}

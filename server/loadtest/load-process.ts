/**
 * Starts a load test in a process of its own and waits for its result, so that neither a host nor a command line is held up by it.
 * The process is gone when the promise settles.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../base/errors.ts';
import { fromErrorBody } from '../protocol/control.ts';
import type { ErrorBody } from '../protocol/control.ts';
import type { LoadPlan } from '../protocol/admin/load-plan.ts';
import type { LoadResult, LoadSnapshot } from '../protocol/admin/load-result.ts';
import type { SampleRows } from './request-inputs.ts';

export interface LoadCommand {
  readonly plan: LoadPlan;
  readonly samples: SampleRows | undefined;
}

export type LoadReply =
  | { readonly type: 'progress'; readonly snapshot: LoadSnapshot }
  | { readonly type: 'result'; readonly result: LoadResult }
  | { readonly type: 'failure'; readonly error: ErrorBody };

export interface LoadProcessOptions {
  readonly samples?: SampleRows | undefined;
  /** Ends the test; what was measured until then is the result. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((snapshot: LoadSnapshot) => void) | undefined;
}

const entry = fileURLToPath(new URL('load-main.ts', import.meta.url));
/** An aborted test ends its sockets and answers; longer than this it is ended. */
const abortGraceMs = 5000;

/** Errors: those of the test (load-test.ts), and `internal` where its process dies. */
export async function runLoadProcess(plan: LoadPlan, options: LoadProcessOptions = {}): Promise<LoadResult> {
  const { samples, signal, onProgress } = options;
  signal?.throwIfAborted();
  // Nothing of the environment but what a process needs to start: the test loads its own requests only.
  const child = fork(entry, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [], serialization: 'json' });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  let outcome: LoadReply | undefined;
  child.on('message', (reply: LoadReply) => {
    if (reply.type === 'progress') onProgress?.(reply.snapshot);
    else outcome = reply;
  });
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    if (child.connected) child.send('abort');
    timer = setTimeout(() => child.kill('SIGKILL'), abortGraceMs);
  };
  signal?.addEventListener('abort', onAbort);
  try {
    child.send({ plan, samples } satisfies LoadCommand);
    const [code, killedBy] = await exited;
    if (outcome?.type === 'result') return outcome.result;
    if (outcome?.type === 'failure') throw fromErrorBody(outcome.error);
    signal?.throwIfAborted();
    throw new MillraceError(
      'internal',
      `The process of the load test ended without a result (${killedBy ?? `code ${code}`}).`,
    );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    child.kill('SIGKILL');
  }
}

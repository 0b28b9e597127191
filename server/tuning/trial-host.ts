/** A host of its own for one trial: the real server with the real settings, in a process that ends with the trial. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../base/errors.ts';

/** What the process says once its model is served or given up. */
export interface TrialHostReply {
  readonly url: string;
  readonly replicas: number;
  readonly threads: number;
  readonly maxBatchSize: number;
  /** Why it is not served; empty where it is. */
  readonly reason: string;
}

export interface TrialHostSettings {
  readonly model: string;
  /** Settings of a host, see server/config.ts. */
  readonly config: Readonly<Record<string, unknown>>;
}

const entry = fileURLToPath(new URL('../cli/trial-host-main.ts', import.meta.url));
const startLimitMs = 600_000;
const stopLimitMs = 10_000;

/** Runs `work` against a host that serves the model. The process is gone when the promise settles. Errors: `model-load-failed`. */
export async function withTrialHost<T>(
  settings: TrialHostSettings,
  signal: AbortSignal,
  work: (host: TrialHostReply) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const child = fork(entry, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  const exited = once(child, 'exit');
  const onAbort = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', onAbort);
  try {
    child.send(settings);
    const limit = AbortSignal.timeout(startLimitMs);
    const reply = await Promise.race([
      once(child, 'message', { signal: limit }).then(([message]) => message as TrialHostReply),
      exited.then(() => undefined),
    ]);
    signal.throwIfAborted();
    if (reply === undefined || reply.reason !== '') {
      throw new MillraceError(
        'model-load-failed',
        `${settings.model} cannot be served for a trial: ${reply?.reason ?? 'its host ended'}.`,
      );
    }
    return await work(reply);
  } finally {
    signal.removeEventListener('abort', onAbort);
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
    await exited;
    clearTimeout(timer);
  }
}

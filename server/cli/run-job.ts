/** A job of the running host, begun by a command that waits for its end: progress while it runs, Ctrl-C cancels it. */
import type { JobView } from '../protocol/admin/job-view.ts';
import type { HostClient } from './host-client.ts';
import { followJob } from './host-jobs.ts';
import { Progress } from './progress.ts';

/** Has the host do it, and prints what came of it: `done`, or the result as JSON. Throws what the job failed with. */
export async function runJob(
  client: HostClient,
  path: string,
  body: object,
  flags: { readonly json?: boolean },
  done: (result: unknown) => string,
): Promise<void> {
  const progress = new Progress();
  const abort = new AbortController();
  const onSignal = (): void => abort.abort();
  process.once('SIGINT', onSignal);
  try {
    const started = await client.post<JobView>(path, body);
    const job = await followJob(client, started, ({ step }) => progress.update(step, 0, 0), abort.signal);
    progress.end();
    console.log(flags.json === true ? JSON.stringify(job.result ?? {}, undefined, 2) : done(job.result));
  } finally {
    progress.end();
    process.off('SIGINT', onSignal);
  }
}

/** Jobs of a running host as the command line follows them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../base/errors.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { JobView } from '../protocol/admin/job-view.ts';
import type { HostClient } from './host-client.ts';

/** Often enough for a bar that moves. */
const pollMs = 200;

/** A job stops within moments; the process that tries a model is killed. */
const cancelTimeoutMs = 60_000;

/**
 * Resolves with the job once it is done. Throws the error that it failed with, and `conflict` where somebody canceled it.
 * Canceled itself where `signal` is aborted.
 */
export async function followJob(
  client: HostClient,
  started: JobView,
  onProgress: (progress: JobView['progress']) => void,
  signal: AbortSignal,
): Promise<JobView> {
  let job = started;
  while (job.state === 'running') {
    onProgress(job.progress);
    await sleep(pollMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) {
      job = await cancelJob(client, job.id);
      signal.throwIfAborted();
    }
    job = await client.get<JobView>(`/jobs/${job.id}`);
  }
  if (job.state === 'done') return job;
  if (job.error === undefined) throw new MillraceError('conflict', `${job.title} was canceled.`);
  const { code, error, hint, details, request_id: requestId } = job.error;
  throw new MillraceError(
    code as ErrorCode,
    requestId === undefined ? error : `${error} (${requestId} in the host's log)`,
    {
      ...(hint !== undefined && { hint }),
      ...(details !== undefined && { details }),
    },
  );
}

/** Resolves when it has stopped; a job that ended meanwhile is answered as it is. */
export async function cancelJob(client: HostClient, id: string): Promise<JobView> {
  try {
    return await client.post<JobView>(`/jobs/${encodeURIComponent(id)}/cancel`, {}, cancelTimeoutMs);
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'conflict') return client.get<JobView>(`/jobs/${id}`);
    throw error;
  }
}

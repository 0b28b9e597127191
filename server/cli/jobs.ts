/** `millrace jobs list` and `cancel`: what a running host is doing beside serving. */
import { MillraceError } from '../base/errors.ts';
import { sizeText } from '../models/model-refusal.ts';
import type { JobView } from '../protocol/admin/job-view.ts';
import { HostClient } from './host-client.ts';
import { cancelJob } from './host-jobs.ts';
import { table } from './output.ts';

export interface JobFlags {
  readonly data: string;
  readonly json?: boolean;
}

export async function listJobsCommand(flags: JobFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const jobs = await client.get<readonly JobView[]>('/jobs');
  console.log(flags.json === true ? JSON.stringify(jobs, undefined, 2) : jobsText(jobs));
}

/** `id` may be the beginning of one, as the list shows it. */
export async function cancelJobCommand(id: string, flags: JobFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const jobs = await client.get<readonly JobView[]>('/jobs');
  const found = jobs.filter((job) => job.id.startsWith(id));
  if (found.length !== 1) {
    throw new MillraceError(
      'not-found',
      found.length === 0 ? `No job is called ${id}.` : `${found.length} jobs begin with ${id}.`,
      {
        hint: '`millrace jobs list` shows them.',
      },
    );
  }
  const job = await cancelJob(client, found[0]!.id);
  console.log(flags.json === true ? JSON.stringify(job, undefined, 2) : `${job.title}: ${job.state}.`);
}

/** One line per job, newest first. */
export function jobsText(jobs: readonly JobView[]): string {
  if (jobs.length === 0) return 'No job runs, and none has ended lately.';
  return table(
    ['JOB', 'WHAT', 'STATE', 'PROGRESS'],
    jobs.map(({ id, title, state, progress, error }) => [
      id.slice(0, 8),
      title,
      state,
      state === 'running' ? progressWords(progress) : (error?.error ?? ''),
    ]),
  );
}

function progressWords({ step, done, total, unit }: JobView['progress']): string {
  if (total === 0) return step;
  const amount = unit === 'bytes' ? `${sizeText(done)} of ${sizeText(total)}` : `${done} of ${total} ${unit}`;
  return `${step}, ${amount}`;
}

/** The self-check over the API: a job whose result is the report. */
import { z } from 'zod';
import { jobViewSchema } from '../protocol/admin/job-view.ts';
import type { SelfCheckReport } from '../protocol/admin/self-check.ts';
import type { JobList } from './job-list.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

/** Runs it. */
export type SelfCheck = (
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
) => Promise<SelfCheckReport>;

export function selfCheckRoutes(jobs: JobList, check: SelfCheck): AdminRoute[] {
  return [
    jsonRoute({
      method: 'POST',
      path: '/self-checks',
      noun: 'access',
      summary: 'Try on all listeners what an attacker would, by a job whose result is the report',
      body: z.strictObject({}),
      status: 202,
      answer: jobViewSchema,
      handle: () =>
        jobs.start({
          kind: 'self-check',
          title: 'Attack ourselves',
          command: 'millrace security check',
          unit: 'requests',
          run: (signal, onProgress) =>
            check(signal, (done, total) =>
              onProgress({ step: 'Attacking our own listeners', done, total, unit: 'requests' }),
            ),
        }),
    }),
  ];
}

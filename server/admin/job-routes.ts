/** Jobs as resources: what runs, what came out, and how to stop it. */
import { z } from 'zod';
import { jobViewSchema } from '../protocol/admin/job-view.ts';
import type { JobList } from './job-list.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

export function jobRoutes(jobs: JobList): AdminRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/jobs',
      noun: 'jobs',
      summary: 'List the jobs that run and the last that ended, newest first',
      answer: z.array(jobViewSchema),
      handle: () => [...jobs.list()],
    }),
    jsonRoute({
      method: 'GET',
      path: '/jobs/{id}',
      noun: 'jobs',
      summary: 'One job: its progress, and its result once it is done',
      answer: jobViewSchema,
      handle: ({ call }) => jobs.find(call.params['id']!),
    }),
    jsonRoute({
      method: 'POST',
      path: '/jobs/{id}/cancel',
      noun: 'jobs',
      summary: 'Stop a job; answers when it has stopped',
      body: z.strictObject({}),
      answer: jobViewSchema,
      handle: ({ call }) => jobs.cancel(call.params['id']!),
    }),
  ];
}

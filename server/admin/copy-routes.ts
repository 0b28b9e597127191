/** The copies of all models, and orders to one of them: drain, resume, restart. A restart is a job: a large model takes minutes. */
import { copyListSchema, copyOrderSchema, copyViewSchema } from '../protocol/admin/copy-view.ts';
import type { CopyView } from '../protocol/admin/copy-view.ts';
import { jobViewSchema } from '../protocol/admin/job-view.ts';
import type { JobList } from './job-list.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

export interface CopyOrders {
  list(): CopyView[];
  /** Throws `not-found`, and `conflict` where nobody else could answer. */
  drain(name: string): CopyView;
  /** Throws `not-found`. */
  resume(name: string): CopyView;
  /**
   * What restarts it, to be called once: resolves with the new process when it is ready, undefined where the copy is not wanted any
   * more. Throws `not-found`.
   */
  restart(name: string): (signal: AbortSignal) => Promise<CopyView | undefined>;
}

export function copyRoutes({ jobs, copies }: { readonly jobs: JobList; readonly copies: CopyOrders }): AdminRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/copies',
      noun: 'copies',
      summary: 'The processes that answer, one per copy of a model, those included that are on their way out',
      answer: copyListSchema,
      handle: () => copies.list(),
    }),
    jsonRoute({
      method: 'POST',
      path: '/copies/drain',
      noun: 'copies',
      summary: 'Send a copy nothing new; it answers what it has and stays loaded',
      body: copyOrderSchema,
      answer: copyViewSchema,
      handle: ({ body }) => copies.drain(body.name),
    }),
    jsonRoute({
      method: 'POST',
      path: '/copies/resume',
      noun: 'copies',
      summary: 'Send a drained copy requests again',
      body: copyOrderSchema,
      answer: copyViewSchema,
      handle: ({ body }) => copies.resume(body.name),
    }),
    jsonRoute({
      method: 'POST',
      path: '/copies/restart',
      noun: 'copies',
      summary: 'Put a new process in the place of a copy without losing a request',
      body: copyOrderSchema,
      status: 202,
      answer: jobViewSchema,
      handle: ({ body: { name } }) => {
        const restart = copies.restart(name);
        return jobs.start({
          kind: 'model',
          title: `Restart ${name}`,
          command: `millrace copies restart '${name}'`,
          unit: 'seconds',
          run: async (signal, onProgress) => {
            onProgress({ step: `Restart ${name}`, done: 0, total: 0, unit: 'seconds' });
            return (await restart(signal)) ?? { name };
          },
        });
      },
    }),
  ];
}

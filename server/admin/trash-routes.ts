/** Removed models over the API: what can be restored, restoring it, and deleting it for good. */
import { z } from 'zod';
import { parseModelName } from '../models/model-name.ts';
import { jobViewSchema } from '../protocol/admin/job-view.ts';
import { emptiedTrashSchema, newRestorationSchema, trashViewSchema } from '../protocol/admin/trash-view.ts';
import type { EmptiedTrash, NewRestoration, Restoration, TrashView } from '../protocol/admin/trash-view.ts';
import type { JobList } from './job-list.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

/** What the host does for these routes. */
export interface TrashDesk {
  list(): Promise<TrashView[]>;
  /** Throws `unknown-model`, `unknown-version` and `conflict`. */
  restore(wish: NewRestoration): Promise<Restoration>;
  empty(): Promise<EmptiedTrash>;
}

export function trashRoutes(desk: TrashDesk, jobs: JobList): AdminRoute[] {
  const noun = 'trash';
  return [
    jsonRoute({
      method: 'GET',
      path: '/trash',
      noun,
      summary: 'List the removed models and versions that can be restored, the last removed first',
      answer: z.array(trashViewSchema),
      handle: () => desk.list(),
    }),
    jsonRoute({
      method: 'POST',
      path: '/trash/restore',
      noun,
      summary: 'Bring back what was removed last of a model, or one version of it, by a job',
      body: newRestorationSchema,
      status: 202,
      answer: jobViewSchema,
      handle: ({ body }) => {
        const name = parseModelName(body.name);
        const { version } = body;
        return jobs.start({
          kind: 'model',
          title: `Restore ${version === undefined ? name : `version ${version} of ${name}`}`,
          command: `millrace models restore ${name}${version === undefined ? '' : ` --version ${version}`}`,
          unit: 'seconds',
          run: () => desk.restore(body),
        });
      },
    }),
    jsonRoute({
      method: 'DELETE',
      path: '/trash',
      noun,
      summary: 'Delete everything in the trash for good',
      answer: emptiedTrashSchema,
      handle: () => desk.empty(),
    }),
  ];
}

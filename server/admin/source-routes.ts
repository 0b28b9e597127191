/** Sources over the API: which there are, how they went, and what a person can do with them. Long work is a job. Keys only go in. */
import { z } from 'zod';
import { jobViewSchema } from '../protocol/admin/job-view.ts';
import type { JobView } from '../protocol/admin/job-view.ts';
import {
  newPushSchema,
  newSourceSchema,
  newSyncSchema,
  sourceCheckSchema,
  sourceKeySchema,
  sourceRunSchema,
  sourceViewSchema,
} from '../protocol/admin/source-view.ts';
import type { NewPush, NewSource, NewSync, SourceCheck, SourceRun, SourceView } from '../protocol/admin/source-view.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

/** What the host does for these routes. Every function with a name throws `unknown-source`. */
export interface SourceDesk {
  list(): Promise<SourceView[]>;
  /** Throws `invalid-config` and `source-failed`. */
  add(source: NewSource): Promise<SourceView>;
  remove(name: string): Promise<void>;
  setPaused(name: string, isPaused: boolean): Promise<SourceView>;
  /** Undefined forgets it. */
  storeKey(name: string, key: NewSource['key']): Promise<SourceView>;
  check(name: string, signal: AbortSignal): Promise<SourceCheck>;
  history(name: string | undefined, limit: number): Promise<SourceRun[]>;
  startSync(name: string, wish: NewSync): Promise<JobView>;
  startPush(name: string, wish: NewPush): Promise<JobView>;
}

const historyLimit = { default: 50, max: 500 };

export function sourceRoutes(desk: SourceDesk): AdminRoute[] {
  const nameOf = (params: Readonly<Record<string, string>>): string => params['name']!;
  const noun = 'sources';
  return [
    jsonRoute({
      method: 'GET',
      path: '/sources',
      noun,
      summary: 'List the sources with their last sync and the next',
      answer: z.array(sourceViewSchema),
      handle: () => desk.list(),
    }),
    jsonRoute({
      method: 'POST',
      path: '/sources',
      noun,
      summary: 'Add a source: a folder or an S3 bucket',
      body: newSourceSchema,
      status: 201,
      answer: sourceViewSchema,
      handle: ({ body }) => desk.add(body),
    }),
    jsonRoute({
      method: 'GET',
      path: '/source-runs',
      noun,
      summary: 'What the last syncs and pushes did, newest first',
      query: z.strictObject({
        source: z.string().max(64).optional(),
        limit: z.coerce.number().int().min(1).max(historyLimit.max).default(historyLimit.default),
      }),
      answer: z.array(sourceRunSchema),
      handle: ({ query }) => desk.history(query.source, query.limit),
    }),
    jsonRoute({
      method: 'DELETE',
      path: '/sources/{name}',
      noun,
      summary: 'Forget a source and its key; the models that came from it stay',
      answer: z.object({ removed: z.string() }),
      handle: async ({ call }) => {
        await desk.remove(nameOf(call.params));
        return { removed: nameOf(call.params) };
      },
    }),
    jsonRoute({
      method: 'PATCH',
      path: '/sources/{name}',
      noun,
      summary: 'Pause a source, or resume it',
      body: z.strictObject({ paused: z.boolean() }),
      answer: sourceViewSchema,
      handle: ({ body, call }) => desk.setPaused(nameOf(call.params), body.paused),
    }),
    jsonRoute({
      method: 'PUT',
      path: '/sources/{name}/key',
      noun,
      summary: 'Store a key for an S3 source; no route tells it again',
      body: sourceKeySchema,
      answer: sourceViewSchema,
      handle: ({ body, call }) => desk.storeKey(nameOf(call.params), body),
    }),
    jsonRoute({
      method: 'DELETE',
      path: '/sources/{name}/key',
      noun,
      summary: 'Forget the stored key; AWS’s own settings count then',
      answer: sourceViewSchema,
      handle: ({ call }) => desk.storeKey(nameOf(call.params), undefined),
    }),
    jsonRoute({
      method: 'POST',
      path: '/sources/{name}/check',
      noun,
      summary: 'Try a source: is it there, does it let us in, does it list, does it give bytes',
      body: z.strictObject({}),
      answer: sourceCheckSchema,
      handle: ({ call }) => desk.check(nameOf(call.params), call.signal),
    }),
    jsonRoute({
      method: 'POST',
      path: '/sources/{name}/sync',
      noun,
      summary: 'Fetch and import what is new, by a job whose result is the report',
      body: newSyncSchema,
      status: 202,
      answer: jobViewSchema,
      handle: ({ body, call }) => desk.startSync(nameOf(call.params), body),
    }),
    jsonRoute({
      method: 'POST',
      path: '/sources/{name}/push',
      noun,
      summary: 'Publish an imported version to a source, its manifest last, by a job',
      body: newPushSchema,
      status: 202,
      answer: jobViewSchema,
      handle: ({ body, call }) => desk.startPush(nameOf(call.params), body),
    }),
  ];
}

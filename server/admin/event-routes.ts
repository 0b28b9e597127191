/** What happened, newest first and a page at a time; the live stream tells the rest as it comes. */
import { z } from 'zod';
import { eventKindSchema, hostEventSchema } from '../protocol/admin/host-event.ts';
import type { EventKind, HostEvent } from '../protocol/admin/host-event.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

export interface EventQuery {
  /** Only events with a lower number: the page after an earlier answer. */
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
  readonly kind?: EventKind | undefined;
  readonly model?: string | undefined;
}

/** Newest first. */
export type ReadEvents = (query: EventQuery) => readonly HostEvent[];

const maxLimit = 1000;

export function eventRoutes(readEvents: ReadEvents): AdminRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/events',
      noun: 'host',
      summary: 'What happened, newest first',
      query: z.strictObject({
        /** Only events with a lower id. */
        before: z.coerce.number().int().min(0).optional(),
        limit: z.coerce.number().int().min(1).max(maxLimit).default(100),
        kind: eventKindSchema.optional(),
        model: z.string().max(64).optional(),
      }),
      answer: z.array(hostEventSchema),
      handle: ({ query }) => [...readEvents(query)],
    }),
  ];
}

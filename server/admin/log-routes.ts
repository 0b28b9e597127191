/** The last lines of the log, by level and words; who follows it asks again for what came after. */
import { logQuerySchema, logViewSchema } from '../protocol/admin/log-view.ts';
import type { LogQuery, LogView } from '../protocol/admin/log-view.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

export function logRoutes(readLog: (query: LogQuery) => LogView): AdminRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/log',
      noun: 'host',
      summary: 'The last lines of the log that fit a level and words, oldest first',
      query: logQuerySchema,
      answer: logViewSchema,
      handle: ({ query }) => readLog(query),
    }),
  ];
}

/** The past for charts: any series of the host or of a model, in steps that fit the time asked for. */
import { z } from 'zod';
import { seriesNames } from '../metrics/history-bucket.ts';
import type { HistoryAnswer, HistoryQuery } from '../metrics/history.ts';
import { historyViewSchema } from '../protocol/admin/history-view.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

/** ISO 8601, or milliseconds since the epoch. */
const moment = z
  .string()
  .max(40)
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : Date.parse(text)))
  .refine((ms) => Number.isFinite(ms), 'must be a time in ISO 8601, or milliseconds since the epoch');

const quarterHourMs = 900_000;
const maxSeries = 32;

export function historyRoutes(readHistory: (query: HistoryQuery) => HistoryAnswer, now = Date.now): AdminRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/history',
      noun: 'history',
      summary: 'Requests, times, copies, CPU and memory over time, of the host or of a model',
      query: z.strictObject({
        /** Default: 15 minutes before `to`. */
        from: moment.optional(),
        /** Default: now. */
        to: moment.optional(),
        /** Default: the host. */
        model: z.string().min(1).max(64).optional(),
        /** Names with commas between them. */
        series: z.string().max(1000).default('answered,p50Ms,p99Ms,queued,copiesReady'),
        points: z.coerce.number().int().min(1).max(2000).default(600),
      }),
      answer: historyViewSchema,
      handle: ({ query: { from, to = now(), model, series, points } }) => {
        const names = series.split(',').map((name) => name.trim());
        const {
          stepSeconds,
          times,
          series: values,
        } = readHistory({
          fromMs: from ?? to - quarterHourMs,
          toMs: to,
          model,
          series: [...new Set(names)].slice(0, maxSeries),
          maxPoints: points,
        });
        return {
          stepSeconds,
          times: [...times],
          series: Object.fromEntries(Object.entries(values).map(([name, list]) => [name, [...list]])),
        };
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/history/series',
      noun: 'history',
      summary: 'Names of the series that the history has',
      answer: z.array(z.string()),
      handle: () => [...seriesNames],
    }),
  ];
}

/** The past as the admin API tells it: one list of times, and for each series a value or a gap at each of them. */
import { z } from 'zod';

export const historyViewSchema = z.object({
  /** Seconds from one time to the next. */
  stepSeconds: z.number(),
  /** Seconds since the epoch, without holes. */
  times: z.array(z.number()),
  /** As long as `times`; null where nothing was measured. */
  series: z.record(z.string(), z.array(z.number().nullable())),
});
export type HistoryView = z.infer<typeof historyViewSchema>;

/** Lines of the host's own log, for people who look for the cause of something. Events are for everyone else. */
import { z } from 'zod';

const logLevelSchema = z.enum(['debug', 'info', 'warn', 'error']);
export type LogLevelName = z.infer<typeof logLevelSchema>;

export const logEntrySchema = z.object({
  /** Ascending within one run of the host; never given twice. */
  id: z.int(),
  /** ISO 8601. */
  at: z.string(),
  level: logLevelSchema,
  message: z.string(),
  /** Everything else that the line says, as JSON in one line; empty where it says nothing else. */
  facts: z.string(),
});
export type LogEntry = z.infer<typeof logEntrySchema>;

export const logViewSchema = z.object({
  /** Tells this run of the host from others, whose numbers mean other lines. */
  run: z.string(),
  /** Oldest first. */
  entries: z.array(logEntrySchema),
  /** The newest line that there is, whether or not it is listed. */
  lastId: z.int(),
  /** Lines that fit and were left out, because the answer is bounded or they are no longer kept. */
  skipped: z.int(),
});
export type LogView = z.infer<typeof logViewSchema>;

export const logQuerySchema = z.strictObject({
  /** Only lines after this one. */
  after: z.coerce.number().int().min(0).default(0),
  /** This level and above. */
  level: logLevelSchema.default('debug'),
  /** Words that must all be there, in any case. */
  search: z.string().max(200).default(''),
  /** The last so many of those that fit. */
  limit: z.coerce.number().int().min(1).max(2000).default(500),
});
export type LogQuery = z.infer<typeof logQuerySchema>;

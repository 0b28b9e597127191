/** The body of every answer that says no, on both listeners; docs/errors.md lists the codes. */
import { z } from 'zod';

export const errorBodySchema = z.object({
  /** One sentence with the actual values. */
  error: z.string(),
  code: z.string(),
  /** What a person can do about it. */
  hint: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
  /** Finds the line in the log where the client is told less than the log holds. */
  request_id: z.string().optional(),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

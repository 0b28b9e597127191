/** Long work that the admin API starts: an import, a check of the store, a load test. It reports progress and can be canceled. */
import { z } from 'zod';
import { errorBodySchema } from './error-body.ts';

export const jobProgressSchema = z.object({
  /** What is being done now, for people: `Copying iris`. */
  step: z.string(),
  done: z.number(),
  /** 0 while nobody knows. */
  total: z.number(),
  unit: z.enum(['bytes', 'requests', 'seconds', 'files', 'runs']),
  /** What is measured at the moment, by name: of a load test its LoadSnapshot's numbers. */
  measured: z.record(z.string(), z.number()).optional(),
});
export type JobProgress = z.infer<typeof jobProgressSchema>;

export const jobViewSchema = z.object({
  id: z.string(),
  kind: z.enum([
    'import',
    'verify',
    'sync',
    'push',
    'bench',
    'tune',
    'promote',
    'model',
    'self-check',
    'doctor',
    'diagnostics',
  ]),
  /** For people: `Import defects.onnx`. */
  title: z.string(),
  /** The command line that does the same. */
  command: z.string(),
  state: z.enum(['running', 'done', 'failed', 'canceled']),
  progress: jobProgressSchema,
  /** ISO 8601. */
  startedAt: z.string(),
  endedAt: z.string().optional(),
  /** What came out, in the shape of its kind. */
  result: z.unknown().optional(),
  error: errorBodySchema.optional(),
});
export type JobView = z.infer<typeof jobViewSchema>;

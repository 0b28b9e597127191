/** What the admin API and the command line say about sources: each with its last sync, and the history of syncs. */
import { z } from 'zod';
import { sourceSettingsSchema } from './source-settings.ts';

export const sourceRunSchema = z.object({
  id: z.int(),
  source: z.string(),
  /** Who started it. */
  trigger: z.enum(['schedule', 'command', 'push']),
  /** ISO 8601. */
  startedAt: z.string(),
  /** Undefined while it runs. */
  endedAt: z.string().optional(),
  /** `partly`: some versions came and some did not. `interrupted`: its process ended before it did. */
  outcome: z.enum(['running', 'done', 'partly', 'failed', 'interrupted']),
  /** One sentence that stands alone; empty while it runs. */
  sentence: z.string(),
  hint: z.string().optional(),
  imported: z.int(),
  unchanged: z.int(),
  refused: z.int(),
  /** Fetched from the source. */
  bytes: z.int(),
});
export type SourceRun = z.infer<typeof sourceRunSchema>;

export const sourceViewSchema = z.object({
  settings: sourceSettingsSchema,
  /** For people: `s3://models/prod at http://minio:9000`. Never a secret. */
  address: z.string(),
  /** `settings`: in the settings file, changed there. `added`: by the command line or the GUI. */
  origin: z.enum(['settings', 'added']),
  /** What a person last said with pause and resume, else what the settings say. */
  paused: z.boolean(),
  /** How it proves who it is: a stored key, what AWS's own settings give, nothing, or no need to. */
  credentials: z.enum(['stored', 'aws', 'anonymous', 'none']),
  last: sourceRunSchema.optional(),
  /** ISO 8601; undefined where no host runs, it is paused or it has no schedule. */
  nextSyncAt: z.string().optional(),
});
export type SourceView = z.infer<typeof sourceViewSchema>;

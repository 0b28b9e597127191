/** What the admin API and the command line say about sources: each with its last sync, and the history of syncs. */
import { z } from 'zod';
import { errorBodySchema } from './error-body.ts';
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

/** A key of S3. Goes in and never comes out. */
export const sourceKeySchema = z.strictObject({
  accessKeyId: z.string().min(1).max(256),
  secretAccessKey: z.string().min(1).max(1024),
});

export const newSourceSchema = z.strictObject({
  settings: sourceSettingsSchema,
  /** Kept in the data folder, readable by this user only; AWS's own settings count where it is left out. */
  key: sourceKeySchema.optional(),
});
export type NewSource = z.infer<typeof newSourceSchema>;

export const sourceCheckSchema = z.array(
  z.object({
    step: z.enum(['reach', 'auth', 'list', 'read']),
    /** `skipped`: a step before it failed, or there is nothing to try it on. */
    state: z.enum(['ok', 'failed', 'skipped']),
    sentence: z.string(),
    hint: z.string().optional(),
  }),
);
export type SourceCheck = z.infer<typeof sourceCheckSchema>;

export const newSyncSchema = z.strictObject({
  /** Only says what would change. */
  dryRun: z.boolean().optional(),
  /** Fetches again what was refused before. */
  retryRefused: z.boolean().optional(),
});
export type NewSync = z.infer<typeof newSyncSchema>;

export const newPushSchema = z.strictObject({
  model: z.string().min(1).max(64),
  /** The highest where it is left out. */
  version: z.string().max(18).optional(),
});
export type NewPush = z.infer<typeof newPushSchema>;

/** What a sync did, or in a dry run would do: the result of its job. */
export const syncReportSchema = z.object({
  source: z.string(),
  outcome: z.enum(['done', 'partly', 'failed']),
  sentence: z.string(),
  hint: z.string().optional(),
  versions: z.array(
    z.object({
      model: z.string(),
      version: z.string(),
      /** `planned` only in a dry run. `failed`: not its fault, it is tried again. */
      state: z.enum(['imported', 'unchanged', 'waiting', 'refused', 'failed', 'planned']),
      sentence: z.string(),
      hint: z.string().optional(),
      sizeBytes: z.int(),
    }),
  ),
  /** Keys that no model has. */
  problems: z.array(z.object({ subject: z.string(), sentence: z.string() })),
  /** Over the line. */
  fetchedBytes: z.int(),
  /** Why the source could not be used at all. */
  error: errorBodySchema.optional(),
});
export type SyncReportView = z.infer<typeof syncReportSchema>;

export const pushReportSchema = z.object({
  state: z.enum(['pushed', 'unchanged']),
  model: z.string(),
  version: z.string(),
  files: z.int(),
  sentBytes: z.int(),
});

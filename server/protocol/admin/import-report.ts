/**
 * What an import found and did: the result of an import job, and what `models import --json` prints. Refused versions say why,
 * the others what is in them and what their trial measured.
 */
import { z } from 'zod';
import { signatureSchema } from './signature-schema.ts';

const storedVersionSchema = z.object({
  /** `unchanged`: the store had these very contents. */
  state: z.enum(['imported', 'unchanged']),
  name: z.string(),
  version: z.string(),
  /** SHA-256 of the contents. */
  digest: z.string(),
  importedAt: z.string(),
  origin: z.object({
    source: z.string(),
    path: z.string(),
    /** Of the model file as it came. */
    sha256: z.string(),
    changes: z.array(z.string()),
    carried: z.array(z.string()),
  }),
  files: z.record(z.string(), z.object({ sizeBytes: z.int(), sha256: z.string() })),
  model: z.object({
    irVersion: z.number(),
    producer: z.string(),
    opsets: z.record(z.string(), z.number()),
    nodes: z.int(),
    operators: z.array(z.string()),
    initializers: z.int(),
    initializerBytes: z.number(),
    externalFiles: z.array(z.string()),
  }),
  trial: z.object({
    signature: signatureSchema,
    batching: z.string(),
    maxBatchSize: z.int(),
    loadMs: z.number(),
    rssBytes: z.number(),
    peakRssBytes: z.number(),
    samples: z.object({ rows: z.int(), worstError: z.number() }).optional(),
  }),
  notes: z.array(z.string()),
  /** The version that it was compared with. */
  since: z.string().optional(),
  changes: z.array(z.object({ text: z.string(), breaking: z.boolean() })).optional(),
});
export type StoredVersionView = z.infer<typeof storedVersionSchema>;

const refusedVersionSchema = z.object({
  state: z.literal('refused'),
  name: z.string(),
  version: z.string().optional(),
  code: z.string(),
  error: z.string(),
  hint: z.string().optional(),
  /** For programs: `not-onnx`, `external-data-missing`, `samples`, … */
  reason: z.string().optional(),
});
export type RefusedVersionView = z.infer<typeof refusedVersionSchema>;

export const importReportSchema = z.object({
  /** In the order in which they were published. */
  versions: z.array(z.union([storedVersionSchema, refusedVersionSchema])),
  /** Folders and files without a model. */
  passedOver: z.array(z.string()),
  /** True where a host runs that serves what was imported only after a restart. */
  restartNeeded: z.boolean(),
});
export type ImportReportView = z.infer<typeof importReportSchema>;

export const newImportSchema = z
  .strictObject({
    /** A complete upload; it is deleted once it is in the store. */
    uploadId: z.string().max(64).optional(),
    /** A file, folder or zip archive on this machine, absolute. */
    path: z.string().min(1).max(4096).optional(),
    /** Instead of the name that the file or folder gives. */
    name: z.string().max(64).optional(),
    /** Instead of the number that the folder gives or the next free one. */
    version: z.string().max(18).optional(),
    /** Default false: saved test cases gate the import. */
    skipSamples: z.boolean().optional(),
  })
  .refine(({ uploadId, path }) => (uploadId === undefined) !== (path === undefined), {
    error: 'exactly one of uploadId and path is needed',
  });
export type NewImport = z.infer<typeof newImportSchema>;

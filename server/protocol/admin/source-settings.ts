/** A place that models come from, as the settings file and the admin API write it. Secrets are never part of it. */
import { z } from 'zod';

/** The rule for model names, so that a source can name a folder; lower case, so that two never differ in case only. */
const sourceName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,31}[a-z0-9])?$/, {
  error: 'must have 1 to 33 small letters, digits and inner hyphens',
});

const common = {
  name: sourceName,
  /** Seconds from the end of one sync to the start of the next, 300 by default; 0: only when told to. A day at most. */
  everySeconds: z.int().min(0).max(86_400).default(300),
  /** Keeps its settings and is not asked. */
  paused: z.boolean().default(false),
  /** Names of models with `*` and `?`; every model by default. */
  models: z.array(z.string().min(1).max(64)).min(1).max(64).default(['*']),
  /** The highest so many versions of each model, or `all`. 1 by default. */
  versions: z.union([z.literal('all'), z.int().min(1).max(100)]).default(1),
  /** A new highest version is served as soon as it is imported. False: it waits in the store until a person promotes it. */
  promote: z.boolean().default(true),
};

const directorySettingsSchema = z.strictObject({
  kind: z.literal('directory'),
  ...common,
  /** Folder with `<model>/<version>/model.onnx`: a disk, a network share, a folder that another program fills. */
  path: z.string().min(1).max(4096),
});

const s3SettingsSchema = z.strictObject({
  kind: z.literal('s3'),
  ...common,
  bucket: z.string().min(1).max(255),
  /** Keys are `<prefix>/<model>/<version>/model.onnx`. */
  prefix: z
    .string()
    .max(512)
    .transform((prefix) => prefix.replace(/^\/+|\/+$/g, ''))
    .default(''),
  /** `http://minio.factory:9000`; Amazon's own for the region where it is left out. */
  endpoint: z.string().max(2048).optional(),
  region: z.string().min(1).max(64).default('us-east-1'),
  /** The bucket in the path rather than in the host's name. True by default where an endpoint is named. */
  pathStyle: z.boolean().optional(),
  /** Lets the endpoint be in the own network or on this machine. Addresses of cloud metadata stay refused. */
  allowPrivateEndpoint: z.boolean().default(false),
  /** Asks without credentials, for public buckets. */
  anonymous: z.boolean().default(false),
  /** PEM file with the certificate authority of an endpoint that the system does not know. */
  caFile: z.string().min(1).max(4096).optional(),
});

export const sourceSettingsSchema = z.discriminatedUnion('kind', [directorySettingsSchema, s3SettingsSchema]);

export type SourceSettings = z.infer<typeof sourceSettingsSchema>;
export type DirectorySettings = z.infer<typeof directorySettingsSchema>;
export type S3Settings = z.infer<typeof s3SettingsSchema>;

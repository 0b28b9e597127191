/**
 * What the admin API says of a running host and its models: the body of `GET /api/v1/status`, and the state that
 * `GET /api/v1/live` keeps up to date. JSON-ready; the same schemas make the OpenAPI document.
 *
 * The renderer imports the types only, so that zod stays out of its bundle.
 */
import { z } from 'zod';
import { cacheViewSchema, modelCacheViewSchema } from './cache-view.ts';
import { lanBriefSchema } from './lan-view.ts';
import { recipeViewSchema } from './recipe-view.ts';
import { signatureSchema } from './signature-schema.ts';

export const replicaViewSchema = z.object({
  /** Stable name of the place it fills, `<model>/<version>#<number>`; survives restarts. */
  name: z.string(),
  pid: z.int(),
  /** `drained`: loaded, and sent nothing by order of a person. */
  state: z.enum(['starting', 'ready', 'draining', 'drained', 'ejected']),
  /** Where it runs: `cpu`, `cuda:0`, `webgpu`, … */
  device: z.string(),
  inFlight: z.int(),
  /** Requests answered since its process started. */
  answered: z.int(),
  rssBytes: z.int(),
  upSeconds: z.number(),
  /** Processes before this one in its place, restarts by hand included. */
  restarts: z.int(),
  /** How the one before it ended. */
  lastExit: z.string().optional(),
});
export type ReplicaView = z.infer<typeof replicaViewSchema>;

/** In Triton's words; `IDLE`: unloaded until the next request wants it. */
export const versionStateSchema = z.enum(['LOADING', 'READY', 'UNLOADING', 'UNAVAILABLE', 'IDLE']);

export const versionViewSchema = z.object({
  version: z.string(),
  state: versionStateSchema,
  /** Why it is not READY, one sentence; empty while it is. */
  reason: z.string(),
  /** SHA-256 of its contents; undefined for a version served from a plain folder. */
  digest: z.string().optional(),
  sizeBytes: z.int(),
  /** ISO 8601; undefined for a version served from a plain folder. */
  importedAt: z.string().optional(),
  /** Share of the model's requests that name no version, percent. */
  trafficPercent: z.number(),
  /** Receives copies of requests whose answers are thrown away. */
  isShadow: z.boolean(),
  replicas: z.array(replicaViewSchema),
  desiredReplicas: z.int(),
  threads: z.int(),
  restarts: z.int(),
  queued: z.int(),
  answered: z.int(),
  failed: z.int(),
  /** Resident memory of its replicas. */
  rssBytes: z.int(),
  batching: z.string(),
  maxBatchSize: z.int(),
  /** The last lines of a process that died; only of a version that has been given up. */
  lastStderr: z.array(z.string()),
});
export type VersionView = z.infer<typeof versionViewSchema>;

/** Over the last ten seconds, of requests that ended. */
export const trafficViewSchema = z.object({
  requestsPerSecond: z.number(),
  failuresPerSecond: z.number(),
  p50Ms: z.number().optional(),
  p95Ms: z.number().optional(),
  p99Ms: z.number().optional(),
});
export type TrafficView = z.infer<typeof trafficViewSchema>;

export const modelViewSchema = z.object({
  name: z.string(),
  description: z.string().optional(),
  /** Of the version that answers requests which name none. */
  state: versionStateSchema,
  reason: z.string(),
  servedVersion: z.string(),
  /** Set where a person pinned it: no newer version replaces it by itself. */
  pinnedVersion: z.string().optional(),
  /** Newest first. */
  versions: z.array(versionViewSchema),
  /** Undefined until a replica has loaded the model. */
  signature: signatureSchema.optional(),
  labels: z.array(z.string()).optional(),
  featureNames: z.array(z.string()).optional(),
  /** How its inputs are made and its outputs read, where millrace.json says so. */
  recipe: recipeViewSchema.optional(),
  /** One row that the model answers. */
  exampleRow: z.array(z.number()).optional(),
  /** True where the local replicas take `POST /predict`. */
  takesPredict: z.boolean(),
  /** True where answers can be saved as test cases: the model was imported. */
  keepsTestCases: z.boolean(),
  timeoutMs: z.number(),
  strategy: z.string(),
  queued: z.int(),
  traffic: trafficViewSchema,
  cache: modelCacheViewSchema,
});
export type ModelView = z.infer<typeof modelViewSchema>;

export const problemViewSchema = z.object({
  /** What it is about: a model, a file below the model folder, or a part of the host. */
  subject: z.string(),
  message: z.string(),
  hint: z.string(),
});
export type ProblemView = z.infer<typeof problemViewSchema>;

export const hostViewSchema = z.object({
  version: z.string(),
  pid: z.int(),
  /** ISO 8601. */
  startedAt: z.string(),
  upSeconds: z.number(),
  inferenceUrl: z.string(),
  /** Programs of this machine need a key. */
  needsKey: z.boolean(),
  /** The endpoint for the network. */
  lan: lanBriefSchema,
  adminUrl: z.string(),
  dataDirectory: z.string(),
  /** Folder whose models are served: the store's, or one that the settings name. */
  modelsFolder: z.string(),
  /** True while the store is served, so that imports, promotions and removals take effect. */
  servesStore: z.boolean(),
  machine: z.object({
    name: z.string(),
    cores: z.int(),
    totalBytes: z.int(),
    freeBytes: z.int(),
    cpuPercent: z.number(),
    /** All graphics processors together; undefined where none says anything. */
    graphics: z.object({ percent: z.number().optional(), memoryUsedBytes: z.number().optional() }).optional(),
  }),
  rssBytes: z.int(),
  connections: z.int(),
  wardenPid: z.int().optional(),
  traffic: trafficViewSchema,
  /** Undefined where the settings switch the cache off. */
  cache: cacheViewSchema.optional(),
  problems: z.array(problemViewSchema),
  /** By name. */
  models: z.array(modelViewSchema),
});
export type HostView = z.infer<typeof hostViewSchema>;

/**
 * millrace.json: what the owner of a model says about it, parsed.
 *
 * Owns the fields, their ranges and the defaults that depend on nothing else. A field without a default here is
 * `undefined` when absent, and whoever uses it decides (a batch size from the model's shape, replicas from the cores).
 * Does not read files; repository.ts does.
 */

import { z } from 'zod';
import { MillraceError } from '../base/errors.ts';
import { deviceWishPattern } from '../protocol/device.ts';
import type { InputRecipe, OutputRecipe } from '../protocol/recipe.ts';
import { nextUpstreamFailures } from '../protocol/upstream-settings.ts';
import type { NextUpstreamFailure, UpstreamSettings } from '../protocol/upstream-settings.ts';
import { inputRecipes, outputRecipes } from './recipe-schema.ts';
import { oneOf, quantity, record, whole } from './schema-parts.ts';

const STRATEGIES = ['auto', 'round-robin', 'least-connections', 'ip-hash', 'session', 'random'] as const;
const LOAD_MODES = ['start', 'on-demand', 'always'] as const;

/** How the balancer chooses among free slots. */
export type StrategyName = (typeof STRATEGIES)[number];

/** When a model is in memory. */
export type LoadMode = (typeof LOAD_MODES)[number];

/** What tells sessions apart: a request header (lower case) or a cookie; at least one is there. */
export interface SessionSource {
  readonly header?: string | undefined;
  readonly cookie?: string | undefined;
}

export interface ModelManifest {
  /** At most 500 characters. */
  readonly description?: string | undefined;
  /** Names of the input's columns in order, unique; they make `/predict` take objects. */
  readonly features?: readonly string[] | undefined;
  /** How inputs are made of what people have, by the name of the input; docs/recipes.md. */
  readonly inputs?: Readonly<Record<string, InputRecipe>> | undefined;
  /** How outputs are read, by the name of the output. */
  readonly outputs?: Readonly<Record<string, OutputRecipe>> | undefined;
  /** Rows that may run together, 1 to 4096; 0 turns batching off. */
  readonly maxBatchSize?: number | undefined;
  /** How long a batch that is not full waits for more rows, 0 to 1000. Default 0: a busy replica batches without waiting. */
  readonly maxBatchDelayMs: number;
  /** A fixed count of local replicas, 1 to 64. Absent: the autoscaler decides. */
  readonly replicas?: number | undefined;
  /** The autoscaler's policy for this model over the host's `defaults.scaling`; checked by host/scaling-settings.ts. */
  readonly scaling?: Readonly<Record<string, unknown>> | undefined;
  /** Intra-op threads of each replica, 1 to 256. */
  readonly threads?: number | undefined;
  /** `auto`, `cpu`, `gpu`, `gpu:1`, `cuda`, `dml:0`, `webgpu`, … Absent: the host's `devices.device`. */
  readonly device?: string | undefined;
  readonly strategy?: StrategyName | undefined;
  readonly session?: SessionSource | undefined;
  /** Share of the local replicas beside `upstreams`, 0 to 1000. */
  readonly weight?: number | undefined;
  /** Requests that may wait, 1 to 100,000. */
  readonly maxQueue?: number | undefined;
  /** Deadline of a request from arrival to answer, 1 to 3,600,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * `start`: loaded when the host starts, and unloaded only where others need its memory. `on-demand`: loaded by the first
   * request. `always`: never unloaded. Default `start`.
   */
  readonly load: LoadMode;
  /** A model on demand is unloaded after so long without a request, 0 to 2,592,000,000 (30 days). Default 300,000. */
  readonly keepAliveMs: number;
  /** Whether answers are saved and for how long, 1 to 31,536,000 seconds; what is absent is the host's setting. */
  readonly cache?: { readonly enabled?: boolean | undefined; readonly ttlSeconds?: number | undefined } | undefined;
  /** Empty where the model runs on this machine only. */
  readonly upstreams: readonly UpstreamSettings[];
  /** Upstreams that one request may be sent to, 0 to 10; 0 leaves it to the balancer. Default 2. */
  readonly tries: number;
  /** Default: all but `http_500`, which a model that fails on this very input gives everywhere. */
  readonly nextUpstream: readonly NextUpstreamFailure[];
}

const MAX_FEATURES = 65_536;
const MAX_FEATURE_CHARACTERS = 200;
const MAX_UPSTREAMS = 64;
const HOUR_MS = 3_600_000;

/** RFC 9110 token: the characters of header and cookie names. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

const token = z.string('must be a text').regex(TOKEN, 'must be a name of 1 to 100 letters, digits and hyphens');

const session = record({ header: token.toLowerCase().optional(), cookie: token.optional() }).refine(
  (value) => value.header !== undefined || value.cookie !== undefined,
  'must name a header or a cookie',
);

const upstream = record({
  url: z.string('must be a text').refine(isPlainUrl, 'must be an http or https URL without user, password, ? and #'),
  weight: quantity(0, 1000).default(1),
  slots: whole(1, 10_000).default(32),
  connectTimeoutMs: quantity(1, 60_000).default(500),
  readTimeoutMs: quantity(1, HOUR_MS).default(60_000),
  keepalive: whole(0, 10_000).default(32),
  maxFails: whole(0, 1000).optional(),
  failTimeoutMs: quantity(1, HOUR_MS).optional(),
});

const featureError = `must be a text of 1 to ${MAX_FEATURE_CHARACTERS} characters`;

const manifest = record({
  description: z.string('must be a text').max(500, 'must have at most 500 characters').optional(),
  features: z
    .array(z.string(featureError).min(1, featureError).max(MAX_FEATURE_CHARACTERS, featureError), 'must be a list')
    .min(1, 'must name at least one feature')
    .max(MAX_FEATURES, `must name at most ${MAX_FEATURES} features`)
    .refine((names) => new Set(names).size === names.length, 'must name each feature once')
    .optional(),
  inputs: inputRecipes.optional(),
  outputs: outputRecipes.optional(),
  maxBatchSize: whole(0, 4096, 'must be a whole number from 1 to 4096, or 0 for no batching').optional(),
  maxBatchDelayMs: quantity(0, 1000).default(0),
  replicas: whole(1, 64).optional(),
  threads: whole(1, 256).optional(),
  device: z
    .string('must be a text')
    .regex(
      deviceWishPattern,
      'must be auto, cpu, gpu, cuda, tensorrt, dml, coreml or webgpu, some of them with a number as in gpu:1',
    )
    .optional(),
  scaling: z.record(z.string(), z.unknown(), 'must be an object').optional(),
  strategy: oneOf(STRATEGIES).optional(),
  session: session.optional(),
  weight: quantity(0, 1000).optional(),
  maxQueue: whole(1, 100_000).optional(),
  timeoutMs: quantity(1, HOUR_MS).optional(),
  load: oneOf(LOAD_MODES).default('start'),
  keepAliveMs: quantity(0, 30 * 24 * HOUR_MS).default(300_000),
  cache: record({
    enabled: z.boolean('must be true or false').optional(),
    ttlSeconds: whole(1, 31_536_000).optional(),
  }).optional(),
  upstreams: z
    .array(upstream, 'must be a list')
    .max(MAX_UPSTREAMS, `must have at most ${MAX_UPSTREAMS} entries`)
    .superRefine(nameEachOnce)
    .default([]),
  tries: whole(0, 10).default(2),
  nextUpstream: z
    .array(oneOf(nextUpstreamFailures), 'must be a list')
    .default(['error', 'timeout', 'http_502', 'http_503', 'http_504']),
}).refine(({ features, inputs }) => {
  const [only, ...others] = Object.values(inputs ?? {});
  const names = others.length === 0 ? only?.table?.columns.map(({ name }) => name) : undefined;
  return features === undefined || names === undefined || features.join('\0') === names.join('\0');
}, 'names its features twice, in "features" and in a table, and not the same; leave "features" out');

/**
 * The manifest with its defaults filled in. `{}` is a manifest: every field is optional.
 *
 * `where` names the source in messages, as the user knows it: `iris/millrace.json`.
 * Errors: `invalid-manifest`; the message is about the first fault, `details.faults` lists up to 10 of them.
 */
export function parseManifest(raw: unknown, where: string): ModelManifest {
  const result = manifest.safeParse(raw);
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, 10).map((issue) => sentence(issue, raw));
  throw new MillraceError('invalid-manifest', `${where}: ${faults[0]}.`, {
    details: { where, faults },
    hint: `Correct ${where}; until then the model is not served.`,
  });
}

/** A retry goes to another server, and shares are counted by server: an address that is there twice would be two of them. */
function nameEachOnce(upstreams: readonly UpstreamSettings[], context: z.RefinementCtx<unknown>): void {
  const first = new Map<string, number>();
  for (const [index, { url }] of upstreams.entries()) {
    const server = serverOf(url);
    const before = first.get(server);
    if (before === undefined) first.set(server, index);
    else {
      context.addIssue({
        code: 'custom',
        path: [index, 'url'],
        message: `names the same server as upstreams[${before}]; raise the weight or the slots of one entry instead`,
      });
    }
  }
}

/** One text for the ways to write one address: letter case of the host, the usual port, slashes at the end. */
function serverOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? url : parsed.origin + parsed.pathname.replace(/\/+$/, '');
}

function isPlainUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || text !== text.trim()) return false;
  const plain = url.username === '' && url.password === '' && !/[?#]/.test(text);
  return plain && (url.protocol === 'http:' || url.protocol === 'https:');
}

function sentence(issue: z.core.$ZodIssue, raw: unknown): string {
  if (issue.path.length === 0) return `the manifest ${issue.message}`;
  const field = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return `${field.slice(1)} ${issue.message}${shownValue(issue.path, raw)}`;
}

/** The value at fault where it is short and cannot hold a secret: a URL may carry a password. */
function shownValue(path: readonly PropertyKey[], raw: unknown): string {
  if (path.at(-1) === 'url') return '';
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], raw);
  if (value === undefined || (typeof value === 'object' && value !== null)) return '';
  const text = JSON.stringify(value);
  return text.length > 60 ? '' : `, but is ${text}`;
}

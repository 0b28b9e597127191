/**
 * What a load test is asked to do: the body of the admin API's load test and, built from flags, what `millrace bench` runs.
 * Everything in it is bounded, so that no test runs or grows without end.
 */
import { z } from 'zod';

const dayMs = 86_400_000;
export const maxRatePerSecond = 200_000;
export const maxLoadConnections = 4096;

const whole = (min: number, max: number) => z.int().min(min).max(max);

/** The driven quantity goes in a straight line from one value to the other; equal values hold it. */
const stage = (max: number) =>
  z.strictObject({
    from: z.number().min(0).max(max),
    to: z.number().min(0).max(max),
    durationMs: whole(1, dayMs),
  });
const stages = (max: number) =>
  z
    .array(stage(max))
    .min(1)
    .max(100_000)
    .refine((list) => list.reduce((sum, { durationMs }) => sum + durationMs, 0) <= dayMs, 'must not exceed a day')
    .refine((list) => list.some(({ from, to }) => from > 0 || to > 0), 'must ask for some load');

const arrival = z.enum(['constant', 'poisson']).default('constant');

export const loadDriveSchema = z.discriminatedUnion('kind', [
  /** So many connections, each of which sends its next request when the last is answered. */
  z.strictObject({ kind: z.literal('closed'), connections: stages(maxLoadConnections) }),
  /** Requests begin at their times whether or not earlier ones are answered. */
  z.strictObject({ kind: z.literal('open'), arrival, perSecond: stages(maxRatePerSecond) }),
  /** Finds the highest open-loop rate that holds a latency. */
  z.strictObject({
    kind: z.literal('search'),
    arrival,
    percentile: z.number().min(1).max(99.99),
    limitMs: z.number().min(0.1).max(600_000),
    /** Failed requests that are still fine, percent. */
    maxErrorPercent: z.number().min(0).max(100).default(0.1),
    /** Length of one trial. */
    probeMs: whole(500, 3_600_000).default(5000),
    maxPerSecond: z.number().min(1).max(maxRatePerSecond).default(maxRatePerSecond),
  }),
]);

export const loadPlanSchema = z.strictObject({
  /** `http://host:port`, where the paths of the protocol begin. */
  url: z.string().max(2000),
  model: z.string().min(1).max(200),
  version: z.string().min(1).max(50).optional(),
  api: z.enum(['infer', 'predict']).default('infer'),
  format: z.enum(['json', 'binary']).default('json'),
  /** `auto`: samples where there are any. */
  inputs: z.enum(['auto', 'samples', 'random']).default('auto'),
  /** Rows per request, for models whose first dimension is free. */
  rows: whole(1, 4096).default(1),
  /** Sizes of free dimensions, by input: the shape without its first, free dimension. */
  shapes: z.record(z.string(), z.array(whole(1, 1_000_000)).max(16)).default({}),
  /** Different requests, sent in turn. */
  distinct: whole(1, 10_000).default(64),
  /** Same seed, same inputs and same arrivals. */
  seed: whole(0, 0xffff_ffff).default(1),
  /** Sent with every request: a key. */
  headers: z.record(z.string().max(200), z.string().max(8000)).default({}),
  /** False: `Cache-Control: no-store` is sent along, so that each request is computed and leaves no trace. */
  savedAnswers: z.boolean().default(false),
  drive: loadDriveSchema,
  /** Sent before it, not counted: compilers and allocators settle. */
  warmUpMs: whole(0, 600_000).default(1000),
  /** One request; later it counts as failed. */
  timeoutMs: whole(1, 600_000).default(10_000),
  /** Of an open loop; beyond it requests wait here, and their wait counts. */
  maxConnections: whole(1, maxLoadConnections).default(256),
  /** Takes any certificate. */
  insecure: z.boolean().default(false),
});

export type LoadDrive = z.output<typeof loadDriveSchema>;
export type LoadPlan = z.output<typeof loadPlanSchema>;
export type LoadPlanInput = z.input<typeof loadPlanSchema>;
export type SearchDrive = Extract<LoadDrive, { kind: 'search' }>;
export interface Stage {
  readonly from: number;
  readonly to: number;
  readonly durationMs: number;
}

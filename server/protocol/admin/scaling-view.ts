/** What the admin API says of the autoscaler: the present decision of each model version with its reasons, and orders to it. */
import { z } from 'zod';

const whole = z.int().min(0).max(64);

/** `settings`: as the settings say; `auto`: the autoscaler, also where they fix a number. */
export const scalingModeSchema = z.enum(['settings', 'auto', 'paused', 'manual']);

const voteViewSchema = z.object({
  metric: z.string(),
  vote: z.enum(['ratio', 'step', 'veto', 'ceiling']),
  verdict: z.enum(['grow', 'shrink', 'hold', 'unknown']),
  /** Newest value in the metric's unit. */
  value: z.number().optional(),
  unit: z.string(),
  target: z.number().optional(),
  above: z.number().optional(),
  below: z.number().optional(),
  /** How long the value has been where it is. */
  heldMs: z.number(),
  /** Copies that this metric alone asks for. */
  proposes: z.int().optional(),
});

export const scalingViewSchema = z.object({
  model: z.string(),
  version: z.string(),
  mode: scalingModeSchema,
  /** The number that settings or an order fix. */
  fixed: z.int().optional(),
  min: z.int(),
  max: z.int(),
  /** Highest number that is possible now, and what sets it. */
  limit: z.int(),
  limitedBy: z.string().optional(),
  ready: z.int(),
  starting: z.int(),
  spares: z.int(),
  desired: z.int(),
  /** What the metrics want, before windows, rates and limits. */
  wanted: z.int(),
  cause: z.string(),
  saturatedBy: z.string().optional(),
  /** One sentence. */
  explanation: z.string(),
  threads: z.int(),
  slotsPerReplica: z.int(),
  queued: z.number(),
  outstanding: z.number(),
  votes: z.array(voteViewSchema),
  machine: z.object({
    physicalCores: z.int().optional(),
    busyPercent: z.number().optional(),
    availableBytes: z.number().optional(),
    totalBytes: z.number().optional(),
  }),
  /** Largest that one copy has been; undefined before the first is ready. */
  peakRssBytes: z.number().optional(),
  share: z.int().optional(),
});
export type ScalingView = z.infer<typeof scalingViewSchema>;

/** An order to the autoscaler; members that are left out stay as they are. */
export const scalingOrderSchema = z
  .strictObject({
    mode: scalingModeSchema.optional(),
    /** With the mode `manual`. */
    replicas: whole.optional(),
    min: whole.optional(),
    max: whole.optional(),
  })
  .refine(({ mode, replicas }) => (mode === 'manual') === (replicas !== undefined), {
    error: 'replicas and the mode manual come together',
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
    error: 'min must not be higher than max',
  });
export type ScalingOrderBody = z.infer<typeof scalingOrderSchema>;

export const scalingSampleSchema = z.object({
  id: z.int(),
  /** Monotonic milliseconds of the host. */
  atMs: z.number(),
  ready: z.int(),
  starting: z.int(),
  desired: z.int(),
  slotsPerReplica: z.int(),
  metrics: z.record(z.string(), z.union([z.number(), z.array(z.number().nullable())])),
  /** Time of one request in the model, its share of the run. */
  serviceMs: z.number(),
  control: z.string(),
});
export type ScalingSample = z.infer<typeof scalingSampleSchema>;

/** What tuning a model is asked, and what it found: plain data, as `millrace tune --json` prints it. */
import { z } from 'zod';

export const tuneGoalSchema = z.enum(['latency', 'throughput', 'balanced']);
export type TuneGoal = z.infer<typeof tuneGoalSchema>;

export const tuneWishSchema = z.strictObject({
  model: z.string().min(1).max(200),
  /** `latency`: of one request alone; `throughput`: with many at once; `balanced`: both, weighted the same. */
  goal: tuneGoalSchema.default('balanced'),
  /** All of it, about. */
  budgetMs: z.int().min(10_000).max(3_600_000).default(60_000),
  /** False: measure and say, change nothing. */
  save: z.boolean().default(true),
});
export type TuneWish = z.output<typeof tuneWishSchema>;

/** Fields of millrace.json that tuning sets. A field that is missing stays as the model's files have it. */
export const tuneSettingSchema = z.object({
  replicas: z.int().optional(),
  threads: z.int().optional(),
  maxBatchSize: z.int().optional(),
  maxBatchDelayMs: z.number().optional(),
});
export type TuneSetting = z.infer<typeof tuneSettingSchema>;

export interface TuneFigures {
  /** Many connections at once. */
  readonly perSecond: number;
  readonly loadedP99Ms: number;
  /** One connection. */
  readonly aloneP50Ms: number;
  readonly aloneP95Ms: number;
  readonly failed: number;
}

export interface TuneRow extends TuneFigures {
  readonly setting: TuneSetting;
  /** What the host made of the setting. */
  readonly replicas: number;
  readonly threads: number;
  readonly maxBatchSize: number;
}

/** Universal Scalability Law: X(n) = λn / (1 + σ(n − 1) + κn(n − 1)). */
export interface ScalingCurve {
  readonly lambda: number;
  /** Share that only one at a time can do. */
  readonly sigma: number;
  /** What each pair costs for agreeing. */
  readonly kappa: number;
  /** `[cores in use, requests per second]`, the best of each. */
  readonly points: readonly (readonly [number, number])[];
}

export interface TuneResult {
  readonly version: 1;
  readonly model: string;
  readonly goal: TuneGoal;
  readonly cores: number;
  /** In the order in which they were measured; the first is the model as it was. */
  readonly rows: readonly TuneRow[];
  readonly curve: ScalingCurve | undefined;
  /** Empty: nothing better than what the model has was found. */
  readonly pick: TuneSetting;
  /** How the pick did against what the model had, measured in turn at the end: above 1 is better. Undefined where it was not needed. */
  readonly gain: number | undefined;
  readonly sentence: string;
  readonly saved: boolean;
}

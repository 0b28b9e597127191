/**
 * What the controller decided and why, as plain data: the event that is stored, shown on charts and put into words.
 */
import type { Ceiling } from './ceilings.ts';
import type { HpaLimit } from './hpa.ts';
import type { RuleVote } from './rules.ts';
import type { Recommendation } from './stabiliser.ts';

/**
 * Who had the last word.
 *
 * `metrics`: the rules. `no-metrics`: none of them has a value. `bounds`: the count was outside minimum and maximum.
 * `restart-hold`: history is still too short. `wake` and `idle`: from and to no replica. `asleep`: nothing to do.
 * `cancelled`: the load was gone before the ordered replicas came. The rest are orders from outside.
 */
export type Cause =
  | 'metrics'
  | 'no-metrics'
  | 'bounds'
  | 'restart-hold'
  | 'wake'
  | 'idle'
  | 'asleep'
  | 'cancelled'
  | 'paused'
  | 'manual'
  | 'frozen';

/** Bounds of this tick. */
export interface Limits {
  readonly min: number;
  readonly max: number;
  /** Why `max` is lower than the policy's; undefined where it is not. */
  readonly ceiling: Ceiling | undefined;
}

export interface ScalingDecision {
  /** As observed, on the caller's clock. */
  readonly atMs: number;
  /** Ready and starting when it was made. */
  readonly current: number;
  readonly desired: number;
  readonly cause: Cause;
  /** What the rules want, before windows, rates and bounds. */
  readonly wanted: number;
  /** What kept `desired` from `wanted`; only with the cause `metrics`. */
  readonly limitedBy: HpaLimit | undefined;
  /** The earlier, different need that a stabilisation window waits for, with its age. */
  readonly heldBy: (Recommendation & { readonly ageMs: number }) | undefined;
  readonly limits: Limits;
  /** More is wanted than the machine can bear: shed by deadline and look at other levers. Names what binds. */
  readonly saturatedBy: Ceiling['name'] | undefined;
  readonly votes: readonly RuleVote[];
  /** One sentence for a person. */
  readonly explanation: string;
}

/** What a dispatcher is given: its policy, its bounds, and who hears of a panic. Types only. */
import type { SelectionPolicy } from './candidate.ts';

export interface DispatcherOptions {
  readonly policy: SelectionPolicy;
  /** Calls that may wait. */
  readonly maxQueue: number;
  /** Bytes of waiting bodies. */
  readonly maxQueueBytes: number;
  /** Upstreams that one call may be sent to, 2 by default; 0 leaves it to the number of upstreams. */
  readonly maxTries: number;
  readonly nowMs: () => number;
  /** Hears when a panic begins and when it ends. */
  onPanic?(isPanicking: boolean): void;
}

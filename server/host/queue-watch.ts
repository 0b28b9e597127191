/**
 * Whether a queue grows so fast that the next tick is too far away. Pure but for what it remembers of the last looks.
 *
 * Twice what the ordered replicas can do at once is Knative's threshold for panic; three looks in a row tell a queue from a
 * burst that is gone before a process could have started.
 */

export interface QueueLook {
  readonly nowMs: number;
  readonly outstanding: number;
  /** Requests that ready and ordered replicas do at once. */
  readonly capacity: number;
  /** False where the last decision could not have been higher. */
  readonly canGrow: boolean;
}

/** Capacity is exceeded by this factor. */
const urgentFactor = 2;
const looksInARow = 3;
/** Between two decisions that are made early, milliseconds: ten a second are quicker than any process starts. */
const minGapMs = 100;

export class QueueWatch {
  #looks = 0;
  #decidedMs = Number.NEGATIVE_INFINITY;

  /** Looked at every 25 ms while there are requests. */
  isUrgent({ nowMs, outstanding, capacity, canGrow }: QueueLook): boolean {
    const isAbove = canGrow && outstanding > urgentFactor * Math.max(1, capacity);
    this.#looks = isAbove ? this.#looks + 1 : 0;
    return this.#looks >= looksInARow && nowMs - this.#decidedMs >= minGapMs;
  }

  /** A decision has been made, early or not. */
  decided(nowMs: number): void {
    this.#looks = 0;
    this.#decidedMs = nowMs;
  }
}

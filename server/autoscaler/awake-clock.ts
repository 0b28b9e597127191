/**
 * The time that the controller lives in: how long the machine has been awake and the loop running.
 *
 * Clocks jump. A laptop sleeps for ten minutes, a time server moves the wall clock by an hour; neither is ten minutes of load.
 * Whole milliseconds throughout: `1000.3 - 1000.0 >= 0.3` is false.
 */

export interface AwakeClock {
  /** What the given clock showed last. */
  readonly seenMs: number;
  /** Never steps back. */
  readonly awakeMs: number;
}

/** A round may come this many ticks late and still have been awake; above it is a jump. */
const maxLateTicks = 10;

export function startClock(nowMs: number): AwakeClock {
  return { seenMs: nowMs, awakeMs: 0 };
}

/** Passes on what has elapsed. A step back, or one of more than ten ticks, counts as one tick. */
export function advance({ seenMs, awakeMs }: AwakeClock, nowMs: number, tickMs: number): AwakeClock {
  const elapsed = nowMs - seenMs;
  const isJump = elapsed < 0 || elapsed > maxLateTicks * tickMs;
  return { seenMs: nowMs, awakeMs: awakeMs + (isJump ? tickMs : elapsed) };
}

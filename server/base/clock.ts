/**
 * Time as a value that is passed in. Policies take `nowMs` as a parameter; only shells that own timers hold a Clock.
 */

/** Monotonic milliseconds, fractional. The origin is arbitrary: only differences mean something. */
export interface Clock {
  nowMs(): number;
}

/** The process's monotonic clock. It does not jump with wall-clock changes. */
export const systemClock: Clock = { nowMs: () => performance.now() };

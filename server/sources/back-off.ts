/**
 * How long to wait before asking again: full jitter over a doubling span, so that a hundred machines whose server came back
 * do not all ask in the same second (AWS Architecture Blog, "Exponential Backoff and Jitter").
 */

export interface BackOff {
  /** Span of the first wait, milliseconds. */
  readonly baseMs: number;
  /** Longest span, milliseconds. */
  readonly maxMs: number;
}

/** Between tries of one request: up to 0.5 s, 1 s, 2 s … 30 s. */
export const requestBackOff: BackOff = { baseMs: 500, maxMs: 30_000 };

/** `failures` is 1 after the first failure; `chance` is in [0, 1). */
export function backOffMs(failures: number, chance: number, { baseMs, maxMs }: BackOff = requestBackOff): number {
  if (failures < 1) return 0;
  // 2^60 is far beyond any cap and still a number.
  const spanMs = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 60));
  return Math.round(spanMs * chance);
}

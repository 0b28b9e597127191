/**
 * How many requests a model held, as means over the last moments: samples of exact counts, weighted by the time they stood.
 *
 * A mean over the last second shows a load as it is; one over the last tenth shows a queue that has just begun to grow. A count
 * that is not sampled stands until the next sample, so a model without requests needs no timer.
 */

export interface Occupancy {
  /** In flight and waiting. */
  readonly outstanding: number;
  /** Waiting in the host. */
  readonly queued: number;
}

interface Mark {
  readonly atMs: number;
  /** Counts since this moment. */
  readonly counts: Occupancy;
  /** Count × milliseconds up to this moment. */
  readonly sums: Occupancy;
}

/** What is older is not asked for; with a sample every 25 ms that is 48 marks. */
const keptMs = 1200;
const maxMarks = 256;

export class OccupancyMeter {
  #marks: Mark[];

  constructor(nowMs: number) {
    this.#marks = [{ atMs: nowMs, counts: { outstanding: 0, queued: 0 }, sums: { outstanding: 0, queued: 0 } }];
  }

  /** The counts as they are now. A clock that stepped back counts as one that stood. */
  sample(nowMs: number, counts: Occupancy): void {
    const last = this.#marks.at(-1)!;
    const atMs = Math.max(last.atMs, nowMs);
    this.#marks.push({ atMs, counts, sums: sumsAt(last, atMs) });
    const old = this.#marks.findIndex((mark) => mark.atMs > atMs - keptMs);
    // The mark before the oldest one that is kept says what stood when it began.
    if (old > 1 || this.#marks.length > maxMarks)
      this.#marks.splice(0, Math.max(old - 1, this.#marks.length - maxMarks));
  }

  /** Means over the last `windowMs`, or over what is known of it. */
  mean(nowMs: number, windowMs: number): Occupancy {
    const last = this.#marks.at(-1)!;
    const endMs = Math.max(last.atMs, nowMs);
    const fromMs = Math.max(this.#marks[0]!.atMs, endMs - windowMs);
    if (endMs <= fromMs) return last.counts;
    const start = this.#marks.findLast((mark) => mark.atMs <= fromMs)!;
    const [before, after] = [sumsAt(start, fromMs), sumsAt(last, endMs)];
    return {
      outstanding: (after.outstanding - before.outstanding) / (endMs - fromMs),
      queued: (after.queued - before.queued) / (endMs - fromMs),
    };
  }
}

function sumsAt({ atMs, counts, sums }: Mark, thenMs: number): Occupancy {
  const elapsedMs = thenMs - atMs;
  return {
    outstanding: sums.outstanding + counts.outstanding * elapsedMs,
    queued: sums.queued + counts.queued * elapsedMs,
  };
}

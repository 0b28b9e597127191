/** A Prometheus histogram in fixed memory: cumulative when it is written, one increment when it is recorded. */

/** Upper bounds in seconds: from a tiny model's run to the default deadline. */
export const durationBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;

/** Upper bounds in rows. */
export const batchBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const;

export class Histogram {
  readonly bounds: readonly number[];
  /** Per bucket, not cumulative; the last one is everything above the last bound. */
  readonly counts: Float64Array;
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  record(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > this.bounds[bucket]!) bucket++;
    this.counts[bucket]! += 1;
    this.sum += value;
    this.count += 1;
  }
}

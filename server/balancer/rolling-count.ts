/**
 * How often something happened lately, in fixed memory: a ring of equal buckets and their running sum.
 *
 * Shared by whatever judges "in the last N seconds": recent picks, error rates, the retry budget. Time is passed in.
 */

/**
 * Counts over the last `buckets × bucketMs` milliseconds. The oldest bucket drops out whole, so the true span lies
 * between that and one bucket less.
 */
export class RollingCount {
  readonly #bucketMs: number;
  readonly #ring: Float64Array;
  #newest = Number.NEGATIVE_INFINITY;
  #sum = 0;

  constructor(buckets: number, bucketMs: number) {
    this.#ring = new Float64Array(buckets);
    this.#bucketMs = bucketMs;
  }

  add(nowMs: number): void {
    this.#advance(nowMs);
    this.#ring[this.#newest % this.#ring.length]! += 1;
    this.#sum += 1;
  }

  total(nowMs: number): number {
    this.#advance(nowMs);
    return this.#sum;
  }

  reset(): void {
    this.#ring.fill(0);
    this.#sum = 0;
  }

  /** Empties the buckets that time has passed since the last call; a clock that stands still or steps back changes nothing. */
  #advance(nowMs: number): void {
    const bucket = Math.floor(nowMs / this.#bucketMs);
    if (bucket <= this.#newest) return;
    if (bucket - this.#newest >= this.#ring.length) {
      this.reset();
    } else {
      for (let passed = this.#newest + 1; passed <= bucket; passed++) {
        const slot = passed % this.#ring.length;
        this.#sum -= this.#ring[slot]!;
        this.#ring[slot] = 0;
      }
    }
    this.#newest = bucket;
  }
}

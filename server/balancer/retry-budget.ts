/**
 * The cap on retries that all requests of a model share: without one a full outage multiplies the load by the tries.
 *
 * Counts only; whether a failure deserves a retry is retry.ts. Time is passed in; memory is two rings of one-second
 * buckets, whatever the load.
 */

import { RollingCount } from './rolling-count.ts';

export interface RetryBudgetOptions {
  /** Retries per completed request of the window. Default 0.1; Envoy's and Finagle's is 0.2. */
  readonly ratio?: number;
  /** Retries that may run at once however few requests completed. Default 3, Envoy's min_retry_concurrency. */
  readonly minConcurrent?: number;
  /** Default 10, Finagle's. */
  readonly windowSeconds?: number;
}

/** The right to one retry, held until that retry has ended. Releasing it again does nothing. */
export class RetryPermit implements Disposable {
  #onRelease: (() => void) | undefined;

  constructor(onRelease: () => void) {
    this.#onRelease = onRelease;
  }

  release(): void {
    this.#onRelease?.();
    this.#onRelease = undefined;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/**
 * A retry is allowed while fewer than `minConcurrent` run, or while those begun in the window are fewer than `ratio` of
 * the requests completed in it. So a crash after a quiet hour is absorbed, and an outage under load costs a tenth more.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #minConcurrent: number;
  readonly #completed: RollingCount;
  readonly #begun: RollingCount;
  readonly #onRelease = (): void => {
    this.#running -= 1;
  };
  #running = 0;

  constructor({ ratio = 0.1, minConcurrent = 3, windowSeconds = 10 }: RetryBudgetOptions = {}) {
    this.#ratio = ratio;
    this.#minConcurrent = minConcurrent;
    this.#completed = new RollingCount(windowSeconds, 1_000);
    this.#begun = new RollingCount(windowSeconds, 1_000);
  }

  /** Retries that hold a permit now. */
  get running(): number {
    return this.#running;
  }

  /** A request, retried or not, got its final answer. */
  onCompleted(nowMs: number): void {
    this.#completed.add(nowMs);
  }

  /** A permit, or undefined where the budget is spent. */
  acquire(nowMs: number): RetryPermit | undefined {
    const earned = Math.floor(this.#ratio * this.#completed.total(nowMs));
    if (this.#running >= this.#minConcurrent && this.#begun.total(nowMs) >= earned) return undefined;
    this.#begun.add(nowMs);
    this.#running += 1;
    return new RetryPermit(this.#onRelease);
  }
}

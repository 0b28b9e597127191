/**
 * How many bytes of request bodies the host may hold at once: being received, waiting and in flight together.
 *
 * A permit is a value. Whoever holds it releases it exactly once; it grows while a body of unknown length arrives.
 */

export class MemoryBudget {
  readonly limitBytes: number;
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /**
   * Whether a permit that holds `heldBytes` could hold `bytes` more. One body is always admitted, however large, while nobody
   * else holds anything.
   */
  fits(bytes: number, heldBytes: number): boolean {
    const othersBytes = this.#usedBytes - heldBytes;
    return bytes <= 0 || othersBytes === 0 || this.#usedBytes + bytes <= this.limitBytes;
  }

  /** Changes what one permit holds; false, and no change, where it does not fit. */
  change(bytes: number, heldBytes: number): boolean {
    if (!this.fits(bytes, heldBytes)) return false;
    this.#usedBytes += bytes;
    return true;
  }
}

export class MemoryPermit {
  readonly #budget: MemoryBudget;
  #bytes = 0;

  /** Holds nothing yet. */
  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** Whether `grow` would succeed at this moment. */
  couldGrow(bytes: number): boolean {
    return this.#budget.fits(bytes, this.#bytes);
  }

  /** False where the budget has no room; what the permit held before stays held. */
  grow(bytes: number): boolean {
    if (!this.#budget.change(bytes, this.#bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Idempotent. */
  release(): void {
    this.#budget.change(-this.#bytes, this.#bytes);
    this.#bytes = 0;
  }
}

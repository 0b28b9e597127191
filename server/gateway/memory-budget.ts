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

  /** Changes what one permit holds. One body is always admitted, however large, while nobody else holds anything. */
  change(bytes: number, heldBytes: number): boolean {
    const othersBytes = this.#usedBytes - heldBytes;
    if (bytes > 0 && othersBytes > 0 && this.#usedBytes + bytes > this.limitBytes) return false;
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

/**
 * The last rows of some columns of numbers, in arrays of fixed size: what the charts draw. A missing value is NaN and is
 * drawn as a gap.
 */

export class RingBuffer {
  readonly #columns: readonly Float64Array[];
  readonly #capacity: number;
  #next = 0;
  #length = 0;

  constructor(columns: number, capacity: number) {
    this.#columns = Array.from({ length: columns }, () => new Float64Array(capacity));
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#length;
  }

  /** `row` has one number per column; the oldest row makes room. */
  push(row: readonly number[]): void {
    for (const [index, column] of this.#columns.entries()) column[this.#next] = row[index] ?? Number.NaN;
    this.#next = (this.#next + 1) % this.#capacity;
    if (this.#length < this.#capacity) this.#length += 1;
  }

  /** One column, oldest first, at most the last `limit` rows. A copy. */
  column(index: number, limit = this.#length): number[] {
    const length = Math.min(limit, this.#length);
    const source = this.#columns[index]!;
    const start = this.#next - length + this.#capacity;
    return Array.from({ length }, (_, offset) => source[(start + offset) % this.#capacity]!);
  }
}

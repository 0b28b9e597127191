/**
 * The median of what has been seen lately, in one number: it goes up by a twentieth where a value lies above it, and down where
 * one lies below.
 *
 * Not a mean, because times on a busy machine have a long tail: of a small model's runs one in ten takes ten times as long as
 * the others, interrupted by other processes, and says nothing about the model.
 */
const step = 1.05;

export class RunningMedian {
  #value: number | undefined;

  /** Undefined until the first value. */
  get value(): number | undefined {
    return this.#value;
  }

  /** Takes a positive value. */
  add(value: number): void {
    if (this.#value === undefined) this.#value = value;
    else if (value > this.#value) this.#value *= step;
    else this.#value /= step;
  }
}

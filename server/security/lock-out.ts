/**
 * How often an address may be wrong. Pure but for its counts; times are passed in.
 *
 * What is right is always let through: secrets of 256 bits cannot be guessed, so the lock-out is there to keep wrong ones
 * from costing work and lines in the log, and a stale script must not lock its owner out.
 */

/** Wrong tries per address and window. A person mistypes a few times, a script that is wrong is wrong each second. */
const maxTries = 20;
const windowMs = 60_000;

/** Addresses that are remembered; the one that has been quiet longest makes room. */
const maxAddresses = 1024;

export interface Locked {
  /** Whole seconds. */
  readonly waitSeconds: number;
  /** True once per window: worth telling a person. */
  readonly isFirst: boolean;
}

interface Tries {
  readonly sinceMs: number;
  count: number;
}

export class LockOut {
  readonly #tries = new Map<string, Tries>();

  /** Counts a wrong try. Says how long to wait where the address has been wrong too often. */
  onWrong(address: string, nowMs: number): Locked | undefined {
    const known = this.#tries.get(address);
    const tries = known !== undefined && nowMs - known.sinceMs < windowMs ? known : { sinceMs: nowMs, count: 0 };
    tries.count++;
    this.#tries.delete(address);
    this.#tries.set(address, tries);
    if (this.#tries.size > maxAddresses) this.#tries.delete(this.#tries.keys().next().value!);
    if (tries.count <= maxTries) return undefined;
    const waitSeconds = Math.ceil((tries.sinceMs + windowMs - nowMs) / 1000);
    return { waitSeconds, isFirst: tries.count === maxTries + 1 };
  }
}

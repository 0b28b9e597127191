/**
 * One-time codes that open the GUI: in the fragment of a link, exchanged once for a session. Only their hashes are kept.
 * Bounded in number and life.
 */
import { hashSecret, makeSecret, sameHash } from './secret.ts';

/** An hour: `millrace serve` prints a link that a person may get to later. */
export const printedCodeMs = 3_600_000;

/** Codes that wait at once; the oldest makes room. More than one person clicks through in an hour. */
const maxCodes = 16;

interface WaitingCode {
  readonly hash: string;
  readonly endsMs: number;
}

export class LaunchCodes {
  #waiting: readonly WaitingCode[] = [];

  /** A new code that is good once, until `lifeMs` have passed. */
  make(nowMs: number, lifeMs: number): string {
    const code = makeSecret();
    this.#waiting = [...this.#living(nowMs), { hash: hashSecret(code), endsMs: nowMs + lifeMs }].slice(-maxCodes);
    return code;
  }

  /** True once for each code, while it lives. */
  take(code: string, nowMs: number): boolean {
    const hash = hashSecret(code);
    const living = this.#living(nowMs);
    this.#waiting = living.filter((waiting) => !sameHash(waiting.hash, hash));
    return this.#waiting.length < living.length;
  }

  #living(nowMs: number): readonly WaitingCode[] {
    return this.#waiting.filter(({ endsMs }) => endsMs > nowMs);
  }
}

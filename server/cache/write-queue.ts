/**
 * Answers on their way to the store: kept in memory until the next flush, found there meanwhile, and dropped where more come
 * than can be written. Bounded by number and bytes; no timer, no store.
 */
import type { NewAnswer } from './prediction-cache.ts';

/** About two seconds of what SQLite takes in the time it is given. */
const maxAnswers = 4096;
/** 8 MiB: the host's memory is promised. */
const maxBytes = 8 * 1024 * 1024;

export class WriteQueue {
  readonly #answers = new Map<string, NewAnswer>();
  #bytes = 0;

  get size(): number {
    return this.#answers.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(key: string): NewAnswer | undefined {
    return this.#answers.get(key);
  }

  /** False where the queue is full: what waits is as good as what comes, and has been taken already. */
  add(answer: NewAnswer): boolean {
    this.#remove(answer.key);
    if (this.#answers.size >= maxAnswers || this.#bytes + answer.outputs.length > maxBytes) return false;
    this.#answers.set(answer.key, answer);
    this.#bytes += answer.outputs.length;
    return true;
  }

  /** Oldest first. Taking one out while iterating is allowed. */
  [Symbol.iterator](): Iterator<NewAnswer> {
    return this.#answers.values();
  }

  /** Takes out an answer that has been written, unless a newer one has taken its place since. */
  done(answer: NewAnswer): void {
    if (this.#answers.get(answer.key) === answer) this.#remove(answer.key);
  }

  /** Takes out the answers of one model, or all. Returns how many. */
  clear(model: string | undefined): number {
    let removed = 0;
    for (const answer of this.#answers.values()) {
      if (model !== undefined && answer.model !== model) continue;
      this.#remove(answer.key);
      removed++;
    }
    return removed;
  }

  #remove(key: string): void {
    const present = this.#answers.get(key);
    if (present === undefined) return;
    this.#answers.delete(key);
    this.#bytes -= present.outputs.length;
  }
}

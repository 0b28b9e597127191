/**
 * What a store of saved answers does, wherever it keeps them. Two implementations, sqlite-cache.ts and redis-cache.ts; one
 * contract suite, test/contract/prediction-cache.test.ts.
 *
 * A store never fails a request: what it cannot read is not there, what it cannot write is counted, and why is its `problem`.
 */
import { MillraceError } from '../base/errors.ts';

export interface SavedAnswer {
  /** As packed-outputs.ts writes them. */
  readonly outputs: Buffer;
  /** When the model computed it, milliseconds since the epoch. */
  readonly storedMs: number;
  /** What that took, milliseconds. */
  readonly runMs: number;
}

export interface NewAnswer extends SavedAnswer {
  readonly model: string;
  readonly key: string;
  /** From when on it is not found, milliseconds since the epoch. */
  readonly expiresMs: number;
}

export interface CacheUsage {
  readonly entries: number;
  readonly bytes: number;
}

export interface CacheReading {
  /** Undefined where the store cannot say without counting. */
  readonly usage: CacheUsage | undefined;
  /** Answers written since the start. */
  readonly written: number;
  /** Answers that were not kept, because writing could not keep up or was not possible. */
  readonly dropped: number;
  /** Removed because their time was over, and because room was needed. */
  readonly expired: number;
  readonly evicted: number;
  readonly problem: CacheProblem | undefined;
}

export interface CacheProblem {
  /** One sentence for people. No path of the disk, no password. */
  readonly message: string;
  readonly hint: string;
}

export interface PredictionCache {
  readonly kind: 'sqlite' | 'redis';
  /** True where looking and saving make sense now. */
  readonly isUsable: boolean;
  /**
   * Calls `onFound` once, at once or within milliseconds, with the answer saved under this key and not expired at `nowMs`
   * (since the epoch), or with undefined. What `save` was given is found from then on, written or not.
   */
  look(model: string, key: string, nowMs: number, onFound: (answer: SavedAnswer | undefined) => void): void;
  /** Takes an answer; it is written soon, off the request's path. A newer one replaces an older one. Never throws. */
  save(answer: NewAnswer): void;
  /** Removes the answers of one model, or all. Resolves with their number once none of them is found. Throws `storage-failed`. */
  clear(model: string | undefined): Promise<number>;
  /** Cheap: of counters. */
  reading(): CacheReading;
  /** Of one model's answers; undefined where the store cannot say without counting. */
  usageOf(model: string): CacheUsage | undefined;
  /** Writes what waits. Nothing is called afterwards. */
  close(): Promise<void>;
}

/** Why `clear` could not. */
export function cacheUnavailable(problem: CacheProblem): MillraceError {
  return new MillraceError('storage-failed', problem.message, { hint: problem.hint, retryable: true });
}

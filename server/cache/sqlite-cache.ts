/**
 * Saved answers in a SQLite file: reads at once (7 µs), writes in batches of a few milliseconds, oldest answers leave first.
 *
 *   save ─► write queue ─► flush every 50 ms, at most 2 ms of writing ─► table ─► prune: expired, then oldest
 *   look ─► write queue, then presence filter, then table
 *
 * A file that cannot be used costs answers, never requests. Damaged: set aside and begun anew. Anything else: the cache is
 * off, says why, and tries again after a second, then two, up to a minute.
 */
import { renameSync, rmSync } from 'node:fs';
import { codeOf, isDamage, openDatabase } from '../storage/database.ts';
import type { Database } from '../storage/database.ts';
import { AnswerTable, answerTableSteps, keyNumber } from './answer-table.ts';
import { cacheUnavailable } from './prediction-cache.ts';
import type {
  CacheProblem,
  CacheReading,
  CacheUsage,
  NewAnswer,
  PredictionCache,
  SavedAnswer,
} from './prediction-cache.ts';
import { PresenceFilter } from './presence-filter.ts';
import { WriteQueue } from './write-queue.ts';

export interface SqliteCacheOptions {
  /** Absolute path of the file; its folder is made where it is missing. */
  readonly path: string;
  /** What the file may grow to, bytes; the write-ahead log comes to that. */
  readonly maxBytes: number;
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Hears of trouble and, with undefined, of its end. */
  onProblem(problem: CacheProblem | undefined): void;
}

/** Between the first answer that waits and the flush, milliseconds. */
const flushDelayMs = 50;
/** What one flush may take of the host's only thread, milliseconds: 4 of 100 at the worst, 2,000 answers a second and more. */
const flushBudgetMs = 2;
/** Rows between two looks at the clock. */
const rowsPerLook = 8;
/** Rows removed by one statement, about half a millisecond. */
const rowsPerPrune = 64;
/** How often expired answers are looked for, milliseconds. */
const pruneIntervalMs = 60_000;
/** First and longest wait before a file that could not be used is tried again, milliseconds. */
const firstRetryMs = 1000;
const longestRetryMs = 60_000;
/** Numbers read in one step while the presence filter is filled. */
const numbersPerStep = 5000;
/** Removed answers after which the filter is filled anew: a third of what it is made for. */
const refillAfterRemoved = 200_000;

export class SqliteCache implements PredictionCache {
  readonly kind = 'sqlite';
  readonly #options: SqliteCacheOptions;
  readonly #queue = new WriteQueue();
  readonly #filter = new PresenceFilter();
  #database: Database | undefined;
  #table: AnswerTable | undefined;
  #problem: CacheProblem | undefined;
  #retryDelayMs = firstRetryMs;
  #retryTimer: NodeJS.Timeout | undefined;
  #flushTimer: NodeJS.Timeout | undefined;
  #pruneTimer: NodeJS.Timeout | undefined;
  #fillTimer: NodeJS.Timeout | undefined;
  #filterIsFull = false;
  #removedSinceFill = 0;
  /** Models that are being cleared; `undefined` among them means all. */
  readonly #clearing = new Set<string | undefined>();
  #closed = false;
  #written = 0;
  #dropped = 0;
  #expired = 0;
  #evicted = 0;

  /** Opens the file; where that fails the cache exists nonetheless and says so. */
  constructor(options: SqliteCacheOptions) {
    this.#options = options;
    this.#open();
    this.#pruneTimer = setInterval(() => this.#guard(() => this.#pruneExpired()), pruneIntervalMs).unref();
  }

  get isUsable(): boolean {
    return this.#table !== undefined;
  }

  look(model: string, key: string, nowMs: number, onFound: (answer: SavedAnswer | undefined) => void): void {
    onFound(this.#find(model, key, nowMs));
  }

  save(answer: NewAnswer): void {
    if (this.#closed || this.#table === undefined || !this.#queue.add(answer)) {
      this.#dropped++;
      return;
    }
    this.#scheduleFlush(flushDelayMs);
  }

  async clear(model: string | undefined): Promise<number> {
    if (this.#table === undefined) throw cacheUnavailable(this.#problem ?? closedProblem);
    let removed = this.#queue.clear(model);
    this.#clearing.add(model);
    try {
      const newestSeq = this.#table.newestSeq();
      for (;;) {
        const step = this.#guard((table) => table.removeUpTo(newestSeq, model, rowsPerPrune * 8));
        if (step === undefined) throw cacheUnavailable(this.#problem ?? closedProblem);
        removed += step;
        this.#removedSinceFill += step;
        if (step === 0) return removed;
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      this.#clearing.delete(model);
    }
  }

  reading(): CacheReading {
    const table = this.#table;
    const usage = this.#guard(() => table && { entries: table.entries + this.#queue.size, bytes: table.usedBytes });
    return {
      usage,
      written: this.#written,
      dropped: this.#dropped,
      expired: this.#expired,
      evicted: this.#evicted,
      problem: this.#problem,
    };
  }

  usageOf(model: string): CacheUsage | undefined {
    return this.#table?.usageOf(model);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#pruneTimer);
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#flushTimer);
    clearTimeout(this.#fillTimer);
    // All that waits: at most a few thousand rows, some tens of milliseconds, and nobody is waiting any more.
    this.#guard((table) => this.#writeBatch(table, Infinity));
    this.#closeFile();
  }

  #find(model: string, key: string, nowMs: number): SavedAnswer | undefined {
    const waiting = this.#queue.find(key);
    if (waiting !== undefined) return waiting.expiresMs > nowMs ? waiting : undefined;
    if (this.#table === undefined) return undefined;
    if (this.#filterIsFull && !this.#filter.mayHold(keyNumber(key))) return undefined;
    if (this.#clearing.size > 0 && (this.#clearing.has(model) || this.#clearing.has(undefined))) return undefined;
    return this.#guard((table) => table.find(key, nowMs));
  }

  /** Runs work on the table; what SQLite throws becomes trouble of the cache and undefined. */
  #guard<T>(work: (table: AnswerTable) => T): T | undefined {
    if (this.#table === undefined) return undefined;
    try {
      return work(this.#table);
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #scheduleFlush(delayMs: number): void {
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined;
      this.#guard((table) => this.#flush(table));
    }, delayMs).unref();
  }

  /** Writes or makes room, never both at length: while the file is too large only room is made. */
  #flush(table: AnswerTable): void {
    const isTooLarge = table.usedBytes > this.#options.maxBytes;
    if (isTooLarge) this.#makeRoom(table);
    else this.#writeBatch(table, performance.now() + flushBudgetMs);
    if (this.#queue.size > 0 || table.usedBytes > this.#options.maxBytes) this.#scheduleFlush(flushDelayMs);
    if (this.#removedSinceFill > refillAfterRemoved) this.#startFilling();
  }

  #writeBatch(table: AnswerTable, untilMs: number): void {
    const batch: NewAnswer[] = [];
    table.transaction(() => {
      for (const answer of this.#queue) {
        table.put(answer);
        batch.push(answer);
        if (batch.length % rowsPerLook === 0 && performance.now() > untilMs) break;
      }
    });
    for (const answer of batch) {
      this.#queue.done(answer);
      this.#filter.add(keyNumber(answer.key));
    }
    this.#written += batch.length;
  }

  #makeRoom(table: AnswerTable): void {
    const untilMs = performance.now() + flushBudgetMs;
    do {
      const expired = table.removeExpired(this.#options.nowMs(), rowsPerPrune);
      const evicted = expired > 0 ? 0 : table.removeOldest(rowsPerPrune);
      this.#expired += expired;
      this.#evicted += evicted;
      this.#removedSinceFill += expired + evicted;
      if (expired + evicted === 0) return;
    } while (table.usedBytes > this.#options.maxBytes && performance.now() < untilMs);
  }

  #pruneExpired(): void {
    const removed = this.#guard((table) => table.removeExpired(this.#options.nowMs(), rowsPerPrune)) ?? 0;
    this.#expired += removed;
    this.#removedSinceFill += removed;
    if (removed === rowsPerPrune && !this.#closed) setTimeout(() => this.#pruneExpired(), flushDelayMs).unref();
  }

  #open(): void {
    try {
      this.#database = openDatabase({
        path: this.#options.path,
        steps: answerTableSteps,
        kind: 'rebuildable',
        // Requests wait while this runs, and a cache is not worth a pause.
        busyTimeoutMs: 0,
        onSetAside: () => this.#options.onProblem(damagedProblem),
      });
      this.#table = new AnswerTable(this.#database);
      // A disk that is still full shows with the first write, not with the opening.
      if (this.#queue.size > 0) this.#writeBatch(this.#table, performance.now() + flushBudgetMs);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#retryDelayMs = firstRetryMs;
    this.#startFilling();
    if (this.#queue.size > 0) this.#scheduleFlush(flushDelayMs);
    if (this.#problem !== undefined) {
      this.#problem = undefined;
      this.#options.onProblem(undefined);
    }
  }

  #fail(error: unknown): void {
    const inner = (error as { cause?: unknown }).cause ?? error;
    this.#closeFile();
    if (isDamage(inner)) this.#setAside();
    const problem = problemOf(inner);
    if (this.#problem?.message !== problem.message) this.#options.onProblem(problem);
    this.#problem = problem;
    if (this.#closed) return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#open(), this.#retryDelayMs).unref();
    this.#retryDelayMs = Math.min(longestRetryMs, this.#retryDelayMs * 2);
  }

  /** Out of the way, for whoever wants to look at it; where even that fails the next try says why. */
  #setAside(): void {
    const { path } = this.#options;
    try {
      for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
      renameSync(path, `${path}.damaged`);
    } catch {
      // Opening it again fails, and is reported.
    }
  }

  #closeFile(): void {
    this.#table = undefined;
    clearTimeout(this.#fillTimer);
    this.#filterIsFull = false;
    try {
      this.#database?.close();
    } catch {
      // A file that is broken may not close in order; its handle goes with the object.
    }
    this.#database = undefined;
  }

  #startFilling(): void {
    this.#filterIsFull = false;
    this.#removedSinceFill = 0;
    this.#filter.empty();
    clearTimeout(this.#fillTimer);
    this.#fill(-1);
  }

  /** One step; until the last one every look asks the table. Answers that come meanwhile are added as they are written. */
  #fill(after: number): void {
    const numbers = this.#guard((table) => table.numbersAfter(after, numbersPerStep));
    if (numbers === undefined) return;
    for (const number of numbers) this.#filter.add(number);
    if (numbers.length < numbersPerStep) this.#filterIsFull = true;
    else this.#fillTimer = setTimeout(() => this.#fill(numbers.at(-1)!), 1).unref();
  }
}

const closedProblem: CacheProblem = { message: 'The cache is closed.', hint: 'The host is stopping.' };

const damagedProblem: CacheProblem = {
  message: 'The file of saved answers was damaged and has been set aside; saving begins anew.',
  hint: 'If this happens again, check the disk.',
};

function problemOf(error: unknown): CacheProblem {
  const code = codeOf(error);
  if (isDamage(error)) return damagedProblem;
  if (code.startsWith('SQLITE_FULL')) {
    return {
      message: 'Answers are not saved: the disk is full.',
      hint: 'Make room on the disk of the data folder, or lower cache.maxBytes.',
    };
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return {
      message: 'Answers are not saved: another program holds the file.',
      hint: 'Close the program that has answers.sqlite of the data folder open.',
    };
  }
  if (/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/.test(code) || code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return {
      message: 'Answers are not saved: the file may not be written.',
      hint: 'Give the user who runs Millrace the right to write into the data folder.',
    };
  }
  return {
    message: `Answers are not saved: the file cannot be used (${code === '' ? 'unknown reason' : code}).`,
    hint: 'Look at the data folder: its disk, its permissions, its free space. `millrace doctor` says more.',
  };
}

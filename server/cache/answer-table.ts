/**
 * The saved answers in an open SQLite database: statements, and sums that are kept as rows come and go. Decides nothing;
 * sqlite-cache.ts says when. Every method may throw what SQLite throws.
 *
 * Rows are numbered in the order of their coming, so that the oldest lie together and their pages come free as a whole, and
 * found through a 52-bit number cut from their key. Two keys with the same number are one in 10^4 caches; the later one wins,
 * and the key itself is compared on every read.
 */
import { crc32 } from 'node:zlib';
import type { Database } from '../storage/database.ts';
import type { CacheUsage, NewAnswer, SavedAnswer } from './prediction-cache.ts';

/** Steps of the file's version; see openDatabase. */
export const answerTableSteps = [
  `CREATE TABLE model (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
   CREATE TABLE answer (
     seq INTEGER PRIMARY KEY,
     number INTEGER NOT NULL UNIQUE,
     key TEXT NOT NULL,
     model INTEGER NOT NULL,
     outputs BLOB NOT NULL,
     bytes INTEGER NOT NULL,
     checksum INTEGER NOT NULL,
     run_ms REAL NOT NULL,
     stored_ms INTEGER NOT NULL,
     expires_ms INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX answer_model ON answer (model, bytes);
   CREATE INDEX answer_expires ON answer (expires_ms);`,
];

/** The first 52 bits of a key: whole numbers up to there are exact in JavaScript. */
export function keyNumber(key: string): number {
  return Number.parseInt(key.slice(0, 13), 16);
}

interface RemovedRow {
  readonly model: number;
  readonly bytes: number;
}

export class AnswerTable {
  readonly #database: Database;
  readonly #modelIds = new Map<string, number>();
  readonly #usage = new Map<number, { entries: number; bytes: number }>();
  readonly #pageBytes: number;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database) {
    this.#database = database;
    // Nothing here is worth waiting for a disk. What a power cut breaks is found, thrown away and begun anew.
    database.pragma('synchronous = OFF');
    // The log goes back to this size after a burst, 8 MiB.
    database.pragma('journal_size_limit = 8388608');
    this.#pageBytes = database.pragma('page_size', { simple: true }) as number;
    this.#statements = prepare(database);
    for (const { id, name } of database.prepare('SELECT id, name FROM model').all() as { id: number; name: string }[])
      this.#modelIds.set(name, id);
    const sums = database.prepare('SELECT model, count(*) AS entries, sum(bytes) AS bytes FROM answer GROUP BY model');
    for (const { model, entries, bytes } of sums.all() as { model: number; entries: number; bytes: number }[])
      this.#usage.set(model, { entries, bytes });
  }

  /** Pages in use, bytes: what the answers, their keys and indices take on disk, the write-ahead log aside. */
  get usedBytes(): number {
    const { pages, free } = this.#statements.pages.get() as { pages: number; free: number };
    return (pages - free) * this.#pageBytes;
  }

  get entries(): number {
    let sum = 0;
    for (const { entries } of this.#usage.values()) sum += entries;
    return sum;
  }

  usageOf(model: string): CacheUsage {
    return this.#usage.get(this.#modelIds.get(model) ?? 0) ?? { entries: 0, bytes: 0 };
  }

  find(key: string, nowMs: number): SavedAnswer | undefined {
    const row = this.#statements.find.get(keyNumber(key), key, nowMs) as
      { outputs: Buffer; checksum: number; stored_ms: number; run_ms: number } | undefined;
    // SQLite does not notice a bit that has flipped inside a value, and a wrong answer is worse than none.
    if (row === undefined || crc32(row.outputs) !== row.checksum) return undefined;
    return { outputs: row.outputs, storedMs: row.stored_ms, runMs: row.run_ms };
  }

  /** Runs `work` as one transaction. A failed one leaves nothing behind, sums aside: then the table is to be opened anew. */
  transaction(work: () => void): void {
    this.#database.transaction(work).immediate();
  }

  put({ key, model, outputs, storedMs, runMs, expiresMs }: NewAnswer): void {
    const number = keyNumber(key);
    const id = this.#modelId(model);
    const bytes = outputs.length;
    const row = [number, key, id, outputs, bytes, crc32(outputs), runMs, Math.round(storedMs), Math.round(expiresMs)];
    if (this.#statements.insert.run(...row).changes === 0) {
      this.#forget(this.#statements.removeNumber.all(number));
      this.#statements.insert.run(...row);
    }
    let usage = this.#usage.get(id);
    if (usage === undefined) this.#usage.set(id, (usage = { entries: 0, bytes: 0 }));
    usage.entries++;
    usage.bytes += bytes;
  }

  /** Removes up to `limit` rows whose time is over. Returns how many. */
  removeExpired(nowMs: number, limit: number): number {
    return this.#forget(this.#statements.removeExpired.all(nowMs, limit));
  }

  removeOldest(limit: number): number {
    return this.#forget(this.#statements.removeOldest.all(limit));
  }

  /** Removes up to `limit` rows of a model, or of all, that were there when `newestSeq` was the newest. */
  removeUpTo(newestSeq: number, model: string | undefined, limit: number): number {
    return model === undefined
      ? this.#forget(this.#statements.removeAnyUpTo.all(newestSeq, limit))
      : this.#forget(this.#statements.removeModelUpTo.all(this.#modelIds.get(model) ?? 0, newestSeq, limit));
  }

  newestSeq(): number {
    return (this.#statements.newest.get() as { seq: number | null }).seq ?? 0;
  }

  /** The next numbers above `after`, ascending, at most `limit`. */
  numbersAfter(after: number, limit: number): readonly number[] {
    return this.#statements.numbers.all(after, limit) as number[];
  }

  #modelId(name: string): number {
    let id = this.#modelIds.get(name);
    if (id === undefined) {
      id = (this.#statements.addModel.get(name) as { id: number }).id;
      this.#modelIds.set(name, id);
    }
    return id;
  }

  #forget(removed: unknown[]): number {
    for (const { model, bytes } of removed as RemovedRow[]) {
      const usage = this.#usage.get(model);
      if (usage === undefined) continue;
      usage.entries--;
      usage.bytes -= bytes;
    }
    return removed.length;
  }
}

function prepare(database: Database) {
  const remove = (which: string) => database.prepare(`DELETE FROM answer WHERE ${which} RETURNING model, bytes`);
  return {
    find: database.prepare(
      'SELECT outputs, checksum, stored_ms, run_ms FROM answer WHERE number = ? AND key = ? AND expires_ms > ?',
    ),
    insert: database.prepare(
      `INSERT INTO answer (number, key, model, outputs, bytes, checksum, run_ms, stored_ms, expires_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO NOTHING`,
    ),
    // A name that another process has added meanwhile is there already; DO NOTHING would return no row.
    addModel: database.prepare(
      'INSERT INTO model (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET name = name RETURNING id',
    ),
    removeNumber: remove('number = ?'),
    removeExpired: remove('seq IN (SELECT seq FROM answer WHERE expires_ms <= ? ORDER BY expires_ms LIMIT ?)'),
    removeOldest: remove('seq IN (SELECT seq FROM answer ORDER BY seq LIMIT ?)'),
    removeAnyUpTo: remove('seq IN (SELECT seq FROM answer WHERE seq <= ? ORDER BY seq LIMIT ?)'),
    removeModelUpTo: remove('seq IN (SELECT seq FROM answer WHERE model = ? AND seq <= ? LIMIT ?)'),
    newest: database.prepare('SELECT max(seq) AS seq FROM answer'),
    numbers: database.prepare('SELECT number FROM answer WHERE number > ? ORDER BY number LIMIT ?').pluck(),
    pages: database.prepare(
      `SELECT page_count AS pages, freelist_count AS free FROM pragma_page_count(), pragma_freelist_count()`,
    ),
  };
}

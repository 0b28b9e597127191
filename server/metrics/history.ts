/**
 * The past in SQLite: each second for 15 minutes, ten seconds for a day, five minutes for 30 days, for the host and for each
 * model. Bounded: about 18,000 rows of 100 to 450 bytes per subject, 8 MB of a busy one, and at most 64 subjects.
 *
 * Coarse rows are made from finer ones when their time is over, also after a restart, so a host that is killed loses a second.
 * A time in which nothing was measured has no row and stays a gap. While the file cannot be used nothing is kept, said once.
 */
import { MillraceError } from '../base/errors.ts';
import { openDatabase } from '../storage/database.ts';
import type { Database } from '../storage/database.ts';
import { bucketOf, mergeBuckets, seriesNames, valueIn } from './history-bucket.ts';
import type { HistoryBucket, HistorySample } from './history-bucket.ts';

export interface HistoryOptions {
  readonly path: string;
  readonly onTrouble: (message: string, error?: unknown) => void;
}

export interface HistoryQuery {
  /** Milliseconds since the epoch; `toMs` is not part of it. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Undefined: the host. */
  readonly model?: string | undefined;
  readonly series: readonly string[];
  /** 1 to 2000. Default 600: what a chart can show. */
  readonly maxPoints?: number | undefined;
}

export interface HistoryAnswer {
  readonly stepSeconds: number;
  /** Seconds since the epoch, one per step, without holes. */
  readonly times: readonly number[];
  /** As long as `times`; null where nothing was measured. */
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

interface Resolution {
  readonly seconds: number;
  readonly keptSeconds: number;
}

const daySeconds = 86_400;
export const resolutions: readonly Resolution[] = [
  { seconds: 1, keptSeconds: 900 },
  { seconds: 10, keptSeconds: daySeconds },
  { seconds: 300, keptSeconds: 30 * daySeconds },
];

/** More models than this on one machine are not looked at one by one. */
export const maxSubjects = 64;
const defaultPoints = 600;
const pruneEverySeconds = 60;
const retryMs = 60_000;
/** The subject of the host itself; no model has an empty name. */
const hostSubject = '';

const steps = [
  `CREATE TABLE subjects (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
   CREATE TABLE buckets (
     resolution INTEGER NOT NULL,
     subject INTEGER NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
     at INTEGER NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (resolution, subject, at)
   ) WITHOUT ROWID;
   CREATE INDEX buckets_by_subject ON buckets (subject);`,
];

interface Row {
  readonly at: number;
  readonly body: string;
}

export class History {
  readonly #options: HistoryOptions;
  #database: Database | undefined;
  #statements: ReturnType<typeof prepare> | undefined;
  /** Ids by name. */
  #subjects = new Map<string, number>();
  /** From when on each coarse resolution has not been made yet, seconds. */
  readonly #madeUpTo = new Map<number, number>();
  #prunedAt = 0;
  #nextTryMs = 0;
  #toldTrouble = false;
  #isClosed = false;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Keeps one second, by model name; the host's own under the empty one. Never throws for a file's sake. */
  append(atMs: number, samples: ReadonlyMap<string, HistorySample>): void {
    if (this.#isClosed || (this.#database === undefined && atMs < this.#nextTryMs)) return;
    this.#attempt(atMs, () => {
      if (this.#database === undefined) this.#open(atMs);
      const at = Math.floor(atMs / 1000);
      this.#database!.transaction(() => {
        this.#makeCoarse(at);
        for (const [name, sample] of samples) this.#write(name, at, sample);
        if (Math.abs(at - this.#prunedAt) >= pruneEverySeconds) this.#prune(at);
      })();
    });
  }

  /** Picks the finest steps that reach back so far and are no more than `maxPoints`. Errors: `invalid-request`. */
  read(query: HistoryQuery, nowMs: number): HistoryAnswer {
    const unknown = query.series.filter((name) => !seriesNames.includes(name));
    if (unknown.length > 0) {
      throw new MillraceError('invalid-request', `There is no series '${unknown[0]}'.`, {
        hint: `There are: ${seriesNames.join(', ')}.`,
      });
    }
    const { resolution, stepSeconds } = stepFor(query, nowMs);
    const from = Math.floor(query.fromMs / 1000 / stepSeconds) * stepSeconds;
    const to = Math.ceil(query.toMs / 1000);
    const times = Array.from(
      { length: Math.max(0, Math.ceil((to - from) / stepSeconds)) },
      (_, index) => from + index * stepSeconds,
    );
    const grid: HistoryBucket[][] = times.map(() => []);
    for (const { at, body } of this.#rows(query.model ?? hostSubject, resolution, from, to))
      grid[Math.floor((at - from) / stepSeconds)]?.push(JSON.parse(body) as HistoryBucket);
    const merged = grid.map((buckets) => (buckets.length === 0 ? undefined : mergeBuckets(buckets)));
    const series = query.series.map(
      (name) => [name, merged.map((bucket) => (bucket === undefined ? null : valueIn(bucket, name)))] as const,
    );
    return { stepSeconds, times, series: Object.fromEntries(series) };
  }

  close(): void {
    this.#isClosed = true;
    this.#closeFile();
  }

  /** Rows of the resolution, and where it has not been made yet, those of the finer ones. */
  #rows(name: string, resolution: number, from: number, to: number): Row[] {
    const statements = this.#statements;
    const subject = this.#subjects.get(name);
    if (statements === undefined || subject === undefined) return [];
    const rows: Row[] = [];
    let begin = from;
    for (const { seconds } of resolutions.filter((one) => one.seconds <= resolution).toReversed()) {
      const end = seconds === 1 ? to : Math.min(to, this.#madeUpTo.get(seconds) ?? from);
      if (end > begin) rows.push(...(statements.range.all(seconds, subject, begin, end) as Row[]));
      begin = Math.max(begin, end);
    }
    return rows;
  }

  #open(nowMs: number): void {
    this.#nextTryMs = nowMs + retryMs;
    const { path, onTrouble } = this.#options;
    this.#database = openDatabase({
      path,
      steps,
      kind: 'rebuildable',
      onSetAside: (aside) => onTrouble(`The history was damaged and is begun anew; the old one is ${aside}.`),
    });
    this.#statements = prepare(this.#database);
    const known = this.#statements.subjects.all() as { id: number; name: string }[];
    this.#subjects = new Map(known.map(({ id, name }) => [name, id]));
    this.#madeUpTo.clear();
    const now = Math.floor(nowMs / 1000);
    for (const [index, { seconds }] of resolutions.entries()) {
      if (index === 0) continue;
      const last = this.#statements.last.get(seconds) as number | null;
      const oldest = now - resolutions[index - 1]!.keptSeconds;
      this.#madeUpTo.set(seconds, floorTo(Math.max(oldest, last === null ? oldest : last + seconds), seconds));
    }
    this.#prune(now);
    if (this.#toldTrouble) onTrouble('The history can be written again.');
    this.#toldTrouble = false;
  }

  #write(name: string, at: number, sample: HistorySample): void {
    const subject = this.#subjects.get(name) ?? this.#addSubject(name, at);
    if (subject === undefined) return;
    const bucket = bucketOf(sample);
    // Two samples may fall into one second.
    const before = this.#statements!.one.get(1, subject, at) as string | undefined;
    const merged = before === undefined ? bucket : mergeBuckets([JSON.parse(before) as HistoryBucket, bucket]);
    this.#statements!.put.run(1, subject, at, JSON.stringify(merged));
  }

  #addSubject(name: string, at: number): number | undefined {
    if (this.#subjects.size >= maxSubjects) this.#prune(at);
    if (this.#subjects.size >= maxSubjects) return undefined;
    const id = Number(this.#statements!.addSubject.run(name).lastInsertRowid);
    this.#subjects.set(name, id);
    return id;
  }

  /** Makes the coarse rows whose time is over. */
  #makeCoarse(at: number): void {
    for (const [index, { seconds }] of resolutions.entries()) {
      if (index === 0) continue;
      const finer = resolutions[index - 1]!;
      // After a jump of the clock what is older is gone anyway.
      let begin = Math.max(this.#madeUpTo.get(seconds)!, floorTo(at - finer.keptSeconds, seconds));
      if (begin > at) begin = floorTo(at, seconds);
      for (; begin + seconds <= at; begin += seconds) {
        for (const subject of this.#subjects.values()) this.#makeOne(subject, finer.seconds, seconds, begin);
      }
      this.#madeUpTo.set(seconds, begin);
    }
  }

  #makeOne(subject: number, finer: number, seconds: number, begin: number): void {
    const rows = this.#statements!.range.all(finer, subject, begin, begin + seconds) as Row[];
    if (rows.length === 0) return;
    const merged = mergeBuckets(rows.map(({ body }) => JSON.parse(body) as HistoryBucket));
    this.#statements!.put.run(seconds, subject, begin, JSON.stringify(merged));
  }

  /** Removes what is too old, and subjects of which nothing is left. */
  #prune(at: number): void {
    this.#prunedAt = at;
    for (const [name, subject] of this.#subjects) {
      for (const { seconds, keptSeconds } of resolutions)
        this.#statements!.remove.run(seconds, subject, at - keptSeconds, at + seconds);
      if (this.#statements!.any.get(subject) !== undefined) continue;
      this.#statements!.removeSubject.run(subject);
      this.#subjects.delete(name);
    }
  }

  #attempt(nowMs: number, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#closeFile();
      this.#nextTryMs = nowMs + retryMs;
      if (!this.#toldTrouble)
        this.#options.onTrouble('The history cannot be written; charts have a gap until it can.', error);
      this.#toldTrouble = true;
    }
  }

  #closeFile(): void {
    const database = this.#database;
    this.#database = undefined;
    this.#statements = undefined;
    this.#subjects = new Map();
    database?.close();
  }
}

/** The coarsest resolution that shows as much as can be shown, among those that reach back far enough. */
function stepFor({ fromMs, toMs, maxPoints = defaultPoints }: HistoryQuery, nowMs: number) {
  const span = Math.max(1, (toMs - fromMs) / 1000);
  const age = (nowMs - fromMs) / 1000;
  const reaching = resolutions.filter(({ keptSeconds }) => age <= keptSeconds + 60);
  const usable = reaching.length > 0 ? reaching : resolutions.slice(-1);
  const needed = span / Math.max(1, maxPoints);
  const resolution = usable.findLast(({ seconds }) => seconds <= needed) ?? usable[0]!;
  return { resolution: resolution.seconds, stepSeconds: resolution.seconds * Math.ceil(needed / resolution.seconds) };
}

function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}

function prepare(database: Database) {
  return {
    subjects: database.prepare('SELECT id, name FROM subjects'),
    addSubject: database.prepare('INSERT INTO subjects (name) VALUES (?)'),
    removeSubject: database.prepare('DELETE FROM subjects WHERE id = ?'),
    any: database.prepare('SELECT 1 FROM buckets WHERE subject = ? LIMIT 1'),
    put: database.prepare('INSERT OR REPLACE INTO buckets (resolution, subject, at, body) VALUES (?, ?, ?, ?)'),
    one: database.prepare('SELECT body FROM buckets WHERE resolution = ? AND subject = ? AND at = ?').pluck(),
    range: database.prepare(
      'SELECT at, body FROM buckets WHERE resolution = ? AND subject = ? AND at >= ? AND at < ? ORDER BY at',
    ),
    last: database.prepare('SELECT max(at) FROM buckets WHERE resolution = ?').pluck(),
    // What lies in the future was written under another clock.
    remove: database.prepare('DELETE FROM buckets WHERE resolution = ? AND subject = ? AND (at < ? OR at > ?)'),
  };
}

/**
 * What is remembered of sources between syncs, in `<data>/sources.db`: what was fetched and what came of it, who is syncing now, and
 * the history. A file that is lost costs a comparison of what is fetched with what is stored, nothing else.
 *
 * Used by several processes at once: a host, the process that syncs for it, and commands.
 */
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import type { SourceRun } from '../protocol/admin/source-view.ts';
import { openDatabase } from '../storage/database.ts';
import type { Database } from '../storage/database.ts';
import type { SourceEntry } from './model-source.ts';
import type { KnownVersion } from './sync-plan.ts';

const steps = [
  `CREATE TABLE objects (
     source TEXT NOT NULL, key TEXT NOT NULL, etag TEXT NOT NULL, size_bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
     PRIMARY KEY (source, key)
   ) WITHOUT ROWID;
   CREATE TABLE versions (
     source TEXT NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL, fingerprint TEXT NOT NULL,
     outcome TEXT NOT NULL CHECK (outcome IN ('imported', 'refused')),
     sentence TEXT NOT NULL, hint TEXT, retry_at_ms INTEGER NOT NULL,
     PRIMARY KEY (source, model, version)
   ) WITHOUT ROWID;
   CREATE TABLE seen (
     source TEXT NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL, fingerprint TEXT NOT NULL, since_ms INTEGER NOT NULL,
     PRIMARY KEY (source, model, version)
   ) WITHOUT ROWID;
   CREATE TABLE runs (
     id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, trigger TEXT NOT NULL, pid INTEGER NOT NULL,
     started_ms INTEGER NOT NULL, beat_ms INTEGER NOT NULL, ended_ms INTEGER, outcome TEXT NOT NULL, sentence TEXT NOT NULL,
     hint TEXT, imported INTEGER NOT NULL DEFAULT 0, unchanged INTEGER NOT NULL DEFAULT 0,
     refused INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0
   );
   CREATE INDEX runs_of_source ON runs (source, id);`,
];

/** Runs kept of each source: at one every five minutes, two days. */
const keptRuns = 600;
/** A run that has not said anything for so long has ended without a word. Its process beats every five seconds. */
const silentMs = 60_000;
export const beatMs = 5000;

export interface RunResult {
  readonly outcome: 'done' | 'partly' | 'failed';
  readonly sentence: string;
  readonly hint: string | undefined;
  readonly imported: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly bytes: number;
}

interface RunRow {
  readonly id: number;
  readonly source: string;
  readonly trigger: SourceRun['trigger'];
  readonly pid: number;
  readonly started_ms: number;
  readonly beat_ms: number;
  readonly ended_ms: number | null;
  readonly outcome: 'running' | RunResult['outcome'];
  readonly sentence: string;
  readonly hint: string | null;
  readonly imported: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly bytes: number;
}

export class SourceMemory {
  readonly #database: Database;
  readonly #now: () => number;

  private constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Throws `storage-failed`. */
  static open(dataDirectory: string, now: () => number = Date.now): SourceMemory {
    const path = join(dataDirectory, 'sources.db');
    return new SourceMemory(openDatabase({ path, steps, kind: 'rebuildable' }), now);
  }

  close(): void {
    this.#database.close();
  }

  /** Begins a run, and with it the source is taken. Throws `source-busy` while another process works on it. */
  begin(source: string, trigger: SourceRun['trigger']): number {
    const nowMs = this.#now();
    return this.#database
      .transaction(() => {
        const running = this.#rows(source, 1).find((row) => this.#isRunning(row));
        if (running !== undefined) {
          throw new MillraceError(
            'source-busy',
            `The source ${source} is being worked on by process ${running.pid} since ${new Date(running.started_ms).toISOString()}.`,
            { hint: 'Wait until it is done.', retryable: true },
          );
        }
        const { lastInsertRowid } = this.#database
          .prepare(
            `INSERT INTO runs (source, trigger, pid, started_ms, beat_ms, outcome, sentence) VALUES (?, ?, ?, ?, ?, 'running', '')`,
          )
          .run(source, trigger, process.pid, nowMs, nowMs);
        this.#database
          .prepare(
            `DELETE FROM runs WHERE source = ? AND id <= (SELECT id FROM runs WHERE source = ? ORDER BY id DESC LIMIT 1 OFFSET ${keptRuns})`,
          )
          .run(source, source);
        return Number(lastInsertRowid);
      })
      .immediate();
  }

  /** Says that a run goes on. */
  beat(run: number): void {
    this.#database.prepare('UPDATE runs SET beat_ms = ? WHERE id = ?').run(this.#now(), run);
  }

  end(run: number, { outcome, sentence, hint, imported, unchanged, refused, bytes }: RunResult): void {
    this.#database
      .prepare(
        `UPDATE runs SET ended_ms = ?, outcome = ?, sentence = ?, hint = ?, imported = ?, unchanged = ?, refused = ?, bytes = ?
         WHERE id = ?`,
      )
      .run(this.#now(), outcome, sentence, hint ?? null, imported, unchanged, refused, bytes, run);
  }

  /** Newest first; of every source where none is named. */
  history(source: string | undefined, limit: number): SourceRun[] {
    return this.#rows(source, limit).map((row) => this.#asRun(row));
  }

  /** SHA-256 of an object's bytes where exactly this object was fetched before. */
  sha256Of(source: string, { key, etag, sizeBytes }: SourceEntry): string | undefined {
    const row = this.#database
      .prepare('SELECT sha256 FROM objects WHERE source = ? AND key = ? AND etag = ? AND size_bytes = ?')
      .get(source, key, etag, sizeBytes) as { readonly sha256: string } | undefined;
    return row?.sha256;
  }

  rememberObject(source: string, { key, etag, sizeBytes }: SourceEntry, sha256: string): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)')
      .run(source, key, etag, sizeBytes, sha256);
  }

  known(source: string, model: string, version: string): KnownVersion | undefined {
    const row = this.#database
      .prepare('SELECT * FROM versions WHERE source = ? AND model = ? AND version = ?')
      .get(source, model, version) as
      | (Pick<KnownVersion, 'fingerprint' | 'outcome' | 'sentence'> & { hint: string | null; retry_at_ms: number })
      | undefined;
    if (row === undefined) return undefined;
    const { fingerprint, outcome, sentence, hint, retry_at_ms: retryAtMs } = row;
    return { fingerprint, outcome, sentence, hint: hint ?? undefined, retryAtMs };
  }

  rememberVersion(source: string, model: string, version: string, known: KnownVersion): void {
    const { fingerprint, outcome, sentence, hint, retryAtMs } = known;
    this.#database
      .prepare('INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(source, model, version, fingerprint, outcome, sentence, hint ?? null, Math.round(retryAtMs));
  }

  /** Notes that a version is listed like this now; since when it has been, milliseconds of the clock. */
  see(source: string, model: string, version: string, fingerprint: string): number {
    const nowMs = Math.round(this.#now());
    const row = this.#database
      .prepare('SELECT fingerprint, since_ms FROM seen WHERE source = ? AND model = ? AND version = ?')
      .get(source, model, version) as { readonly fingerprint: string; readonly since_ms: number } | undefined;
    // A clock that was set back must not make a version wait for ever.
    if (row?.fingerprint === fingerprint && row.since_ms <= nowMs) return row.since_ms;
    this.#database
      .prepare('INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)')
      .run(source, model, version, fingerprint, nowMs);
    return nowMs;
  }

  /** Since when a version has been listed like this, without noting anything. */
  seenSince(source: string, model: string, version: string, fingerprint: string): number | undefined {
    const row = this.#database
      .prepare('SELECT since_ms FROM seen WHERE source = ? AND model = ? AND version = ? AND fingerprint = ?')
      .get(source, model, version, fingerprint) as { readonly since_ms: number } | undefined;
    return row?.since_ms;
  }

  /** Forgets objects that are no longer listed. */
  keepObjects(source: string, keys: ReadonlySet<string>): void {
    const remove = this.#database.prepare('DELETE FROM objects WHERE source = ? AND key = ?');
    const present = this.#database.prepare('SELECT key FROM objects WHERE source = ?').pluck().all(source) as string[];
    this.#database.transaction(() => {
      for (const key of present) if (!keys.has(key)) remove.run(source, key);
    })();
  }

  /** Everything about a source that was removed. */
  forget(source: string): void {
    this.#database.transaction(() => {
      for (const table of ['objects', 'versions', 'seen', 'runs']) {
        this.#database.prepare(`DELETE FROM ${table} WHERE source = ?`).run(source);
      }
    })();
  }

  #rows(source: string | undefined, limit: number): RunRow[] {
    const of = source === undefined ? '' : 'WHERE source = ?';
    const values = source === undefined ? [limit] : [source, limit];
    return this.#database.prepare(`SELECT * FROM runs ${of} ORDER BY id DESC LIMIT ?`).all(...values) as RunRow[];
  }

  #isRunning({ ended_ms: endedMs, beat_ms: heardMs, pid }: RunRow): boolean {
    return endedMs === null && Math.abs(this.#now() - heardMs) < silentMs && exists(pid);
  }

  #asRun(row: RunRow): SourceRun {
    const isLost = row.ended_ms === null && !this.#isRunning(row);
    const { id, source, trigger, imported, unchanged, refused, bytes, hint } = row;
    return {
      id,
      source,
      trigger,
      startedAt: new Date(row.started_ms).toISOString(),
      ...(row.ended_ms !== null && { endedAt: new Date(row.ended_ms).toISOString() }),
      outcome: isLost ? 'interrupted' : row.outcome,
      sentence: isLost ? 'Its process ended before it was done.' : row.sentence,
      ...(hint !== null && { hint }),
      imported,
      unchanged,
      refused,
      bytes,
    };
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

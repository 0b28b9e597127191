/**
 * Opens SQLite files: the only importer of better-sqlite3.
 *
 * Every file has a version (`user_version`) and grows by steps that run once each, in a transaction. WAL with
 * `synchronous = NORMAL`: a power cut loses the last commits at most, never the file (sqlite.org/wal.html). Calls are
 * synchronous; a read by primary key costs about 7 µs, so only what touches few rows belongs on the request path.
 *
 * What is in a file is its owner's: cache/, events/, history/ and so on each have one.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { MillraceError } from '../base/errors.ts';

export type Database = Sqlite.Database;

export interface DatabaseOptions {
  /** Absolute path; its folder is made where it is missing. */
  readonly path: string;
  /** SQL of each version, oldest first; what has run once is never changed, the next version is added. */
  readonly steps: readonly string[];
  /**
   * What a file is worth that cannot be read. `rebuildable`: a cache or a history, set aside as `<path>.damaged` and begun
   * anew. `precious`: nothing is touched, and opening fails.
   */
  readonly kind: 'rebuildable' | 'precious';
  /** How long a call waits for another process that writes, milliseconds. Default 250; longer would hold up every request. */
  readonly busyTimeoutMs?: number;
  /** Hears that a damaged file was set aside. */
  onSetAside?(path: string): void;
}

const defaultBusyTimeoutMs = 250;

const damagedCodes = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);

/** Throws `storage-failed` where the file cannot be opened: read-only, locked, full, of a newer Millrace, or damaged. */
export function openDatabase(options: DatabaseOptions): Database {
  try {
    return open(options);
  } catch (error) {
    if (options.kind === 'precious' || !isDamage(error)) throw storageFailed(options.path, error);
  }
  try {
    const aside = `${options.path}.damaged`;
    for (const suffix of ['-wal', '-shm']) rmSync(options.path + suffix, { force: true });
    renameSync(options.path, aside);
    const database = open(options);
    options.onSetAside?.(aside);
    return database;
  } catch (error) {
    throw storageFailed(options.path, error);
  }
}

/** True where the error says that the file itself is broken, rather than busy, full or forbidden. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return [...damagedCodes].some((damaged) => code.startsWith(damaged));
}

/** SQLite's error code, e.g. `SQLITE_FULL`; empty for other errors. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** A file that is there, to look at and not to change. Throws better-sqlite3's own errors. */
export function openReadOnly(path: string): Database {
  return new Sqlite(path, { readonly: true, fileMustExist: true, timeout: defaultBusyTimeoutMs });
}

function open({ path, steps, busyTimeoutMs = defaultBusyTimeoutMs }: DatabaseOptions): Database {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new Sqlite(path, { timeout: busyTimeoutMs });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    migrate(database, path, steps);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function migrate(database: Database, path: string, steps: readonly string[]): void {
  const present = database.pragma('user_version', { simple: true }) as number;
  if (present > steps.length) {
    throw new MillraceError(
      'storage-failed',
      `${path} has version ${present}; this Millrace knows versions up to ${steps.length}.`,
      { hint: 'It was written by a newer Millrace: use that one, or another data folder.' },
    );
  }
  // IMMEDIATE: of two hosts that start on one folder the second waits, and then finds nothing to do.
  database
    .transaction(() => {
      for (
        let version = database.pragma('user_version', { simple: true }) as number;
        version < steps.length;
        version++
      ) {
        database.exec(steps[version]!);
        database.pragma(`user_version = ${version + 1}`);
      }
    })
    .immediate();
}

function storageFailed(path: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new MillraceError('storage-failed', `The database ${path} cannot be used: ${reason}.`, {
    hint: 'Look at the permissions of its folder, the free space, and whether another program holds it.',
    cause: error,
  });
}

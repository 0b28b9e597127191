import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../server/storage/database.ts';
import { openDatabase } from '../../server/storage/database.ts';
import type { MillraceError } from '../../server/base/errors.ts';

const steps = [
  'CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)',
  'ALTER TABLE notes ADD COLUMN at INTEGER',
];

function refusal(action: () => unknown): MillraceError {
  try {
    action();
  } catch (error) {
    return error as MillraceError;
  }
  throw new Error('Nothing was refused.');
}

describe('a database', () => {
  let folder: string;
  let path: string;
  let open: Database[] = [];

  const opened = (options: Partial<Parameters<typeof openDatabase>[0]> = {}): Database => {
    const database = openDatabase({ path, steps, kind: 'precious', ...options });
    open.push(database);
    return database;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'database-'));
    path = join(folder, 'below', 'notes.db');
  });

  afterEach(() => {
    for (const database of open) database.close();
    open = [];
    rmSync(folder, { recursive: true, force: true });
  });

  it('is made with its folder and all of its steps', () => {
    const database = opened();
    expect(database.prepare('INSERT INTO notes (text, at) VALUES (?, ?)').run('one', 1).changes).toBe(1);
    expect(database.pragma('user_version', { simple: true })).toBe(2);
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
  });

  it('keeps its rows when a later version adds a step', () => {
    const first = opened({ steps: steps.slice(0, 1) });
    first.prepare('INSERT INTO notes (text) VALUES (?)').run('kept');
    first.close();
    expect(opened().prepare('SELECT text, at FROM notes').all()).toEqual([{ text: 'kept', at: null }]);
  });

  it('runs no step a second time', () => {
    opened().close();
    expect(() => opened()).not.toThrow();
  });

  it('undoes a step that fails, and what ran with it', () => {
    expect(() => opened({ steps: [steps[0]!, 'CREATE TABLE broken ('] })).toThrow('incomplete input');
    expect(opened({ steps: [] }).prepare('SELECT name FROM sqlite_master').all()).toEqual([]);
  });

  it('of a newer Millrace is refused with both versions', () => {
    opened().close();
    expect(refusal(() => opened({ steps: steps.slice(0, 1) }))).toMatchObject({
      code: 'storage-failed',
      message: expect.stringContaining('version 2; this Millrace knows versions up to 1'),
    });
  });

  it('that is damaged and rebuildable is set aside and begun anew', () => {
    opened().close();
    writeFileSync(path, 'this is no database, however long one looks at it'.repeat(100));
    let aside = '';
    const database = opened({ kind: 'rebuildable', onSetAside: (at) => (aside = at) });
    expect(database.prepare('SELECT count(*) AS n FROM notes').get()).toEqual({ n: 0 });
    expect(readFileSync(aside, 'utf8')).toContain('no database');
  });

  it('that is damaged and precious is left as it is', () => {
    opened().close();
    writeFileSync(path, 'garbage'.repeat(1000));
    expect(refusal(() => opened()).code).toBe('storage-failed');
    expect(readFileSync(path, 'utf8')).toContain('garbage');
    expect(existsSync(`${path}.damaged`)).toBe(false);
  });

  it('that is only busy is not taken for damaged', () => {
    const holder = opened();
    holder.exec('BEGIN EXCLUSIVE');
    expect(refusal(() => opened({ kind: 'rebuildable', steps: [...steps, 'SELECT 1'] }))).toMatchObject({
      code: 'storage-failed',
      message: expect.stringContaining('locked'),
    });
    expect(existsSync(`${path}.damaged`)).toBe(false);
  });
});

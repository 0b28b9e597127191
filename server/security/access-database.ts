/**
 * What is kept of keys and of who may call: `access.db` in the data folder, for its owner only. Of a key there is its SHA-256
 * and never its text.
 */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { openDatabase } from '../storage/database.ts';
import type { Database } from '../storage/database.ts';
import type { KeyRecord } from './client-key.ts';

export interface StoredKey {
  readonly record: KeyRecord;
  readonly lastUsedMs: number | undefined;
  readonly lastAddress: string | undefined;
  /** Set where it is refused because a person revoked it; its name is kept to say so. */
  readonly revokedMs: number | undefined;
}

interface KeyRow {
  readonly id: string;
  readonly hash: string;
  readonly name: string;
  readonly limits: string;
  readonly created_ms: number;
  readonly expires_ms: number | null;
  readonly last_used_ms: number | null;
  readonly last_address: string | null;
  readonly revoked_ms: number | null;
}

type Limits = Pick<KeyRecord, 'rights' | 'models' | 'addresses' | 'ratePerSecond' | 'share' | 'hasPrivateCache'>;

const steps = [
  `CREATE TABLE keys (
     id TEXT PRIMARY KEY,
     hash TEXT NOT NULL,
     name TEXT NOT NULL,
     limits TEXT NOT NULL,
     created_ms INTEGER NOT NULL,
     expires_ms INTEGER,
     last_used_ms INTEGER,
     last_address TEXT,
     revoked_ms INTEGER
   ) STRICT;
   CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`,
];

/** Revoked keys whose name is remembered. */
const maxRevoked = 100;

export class AccessDatabase {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** Throws `storage-failed`: without it nobody knows which keys are good, so a host that cannot read it does not start. */
  static open(path: string): AccessDatabase {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // SQLite gives its other files the mode of this one.
    closeSync(openSync(path, 'a', 0o600));
    if (process.platform !== 'win32') chmodSync(path, 0o600);
    return new AccessDatabase(openDatabase({ path, steps, kind: 'precious' }));
  }

  keys(): StoredKey[] {
    return (this.#database.prepare('SELECT * FROM keys ORDER BY created_ms, id').all() as KeyRow[]).map(fromRow);
  }

  add({ id, hash, name, createdMs, expiresMs, ...limits }: KeyRecord): void {
    this.#database
      .prepare('INSERT INTO keys (id, hash, name, limits, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?)')
      .run(id, hash, name, JSON.stringify(limits), createdMs, expiresMs ?? null);
  }

  revoke(id: string, nowMs: number): void {
    this.#database.prepare('UPDATE keys SET revoked_ms = ? WHERE id = ?').run(nowMs, id);
    this.#database
      .prepare(
        `DELETE FROM keys WHERE revoked_ms IS NOT NULL AND id NOT IN
           (SELECT id FROM keys WHERE revoked_ms IS NOT NULL ORDER BY revoked_ms DESC LIMIT ?)`,
      )
      .run(maxRevoked);
  }

  noteUse(id: string, usedMs: number, address: string): void {
    this.#database.prepare('UPDATE keys SET last_used_ms = ?, last_address = ? WHERE id = ?').run(usedMs, address, id);
  }

  /** Undefined where it was never set. JSON. */
  setting(name: string): unknown {
    const row = this.#database.prepare('SELECT value FROM settings WHERE name = ?').get(name) as
      { readonly value: string } | undefined;
    return row === undefined ? undefined : (JSON.parse(row.value) as unknown);
  }

  /** Undefined forgets it. */
  set(name: string, value: unknown): void {
    if (value === undefined) this.#database.prepare('DELETE FROM settings WHERE name = ?').run(name);
    else
      this.#database
        .prepare(
          'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
        )
        .run(name, JSON.stringify(value));
  }

  close(): void {
    this.#database.close();
  }
}

function fromRow(row: KeyRow): StoredKey {
  const limits = JSON.parse(row.limits) as Limits;
  return {
    record: {
      id: row.id,
      hash: row.hash,
      name: row.name,
      rights: limits.rights,
      models: limits.models,
      addresses: limits.addresses,
      ratePerSecond: limits.ratePerSecond,
      share: limits.share,
      hasPrivateCache: limits.hasPrivateCache,
      createdMs: row.created_ms,
      expiresMs: row.expires_ms ?? undefined,
    },
    lastUsedMs: row.last_used_ms ?? undefined,
    lastAddress: row.last_address ?? undefined,
    revokedMs: row.revoked_ms ?? undefined,
  };
}

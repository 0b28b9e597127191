/** Keys as other hosts take them: from a settings file, by their hash. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { newKeySchema } from '../../server/protocol/admin/key-view.ts';
import { AccessDatabase } from '../../server/security/access-database.ts';
import { KeyRing } from '../../server/security/key-ring.ts';

const nowMs = 1_800_000_000_000;
let folder: string;
let database: AccessDatabase;
let ring: KeyRing;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-key-ring-'));
  database = AccessDatabase.open(join(folder, 'access.db'));
  ring = new KeyRing(database);
});
afterEach(() => {
  ring.close();
  database.close();
  rmSync(folder, { recursive: true });
});

const make = (wish: object): string => ring.make(newKeySchema.parse(wish), nowMs).secret;

it('a host that gets them in its settings lets the same texts in, with the same limits, and no others', () => {
  const secret = make({ name: 'Line 3', models: ['defects'], ratePerSecond: 20, share: 2, hasPrivateCache: true });
  const gone = make({ name: 'gone' });
  ring.revoke('gone', nowMs);
  const { keys, ending } = ring.forSettings(nowMs);
  expect(ending).toEqual([]);
  expect(JSON.stringify(keys)).not.toContain(secret);
  const other = AccessDatabase.open(join(folder, 'other', 'access.db'));
  const there = new KeyRing(other, keys);
  try {
    const found = there.find(secret, nowMs);
    expect(found.state).toBe('good');
    expect(there.views(nowMs)).toMatchObject([
      { name: 'Line 3', models: ['defects'], ratePerSecond: 20, share: 2, hasPrivateCache: true, isFixed: true },
    ]);
    expect(there.find(gone, nowMs).state).toBe('unknown');
    // And from there they can be taken further.
    expect(there.forSettings(nowMs)).toEqual({ keys, ending: [] });
  } finally {
    there.close();
    other.close();
  }
});

it('keys with an end are named and left out, those that have ended and the program’s own are not even named', () => {
  make({ name: 'guest', days: 2 });
  make({ name: 'was here', days: 1 });
  ring.makePassing('a load test', 60_000, nowMs);
  expect(ring.forSettings(nowMs + 1.5 * 86_400_000)).toEqual({ keys: [], ending: ['guest'] });
});

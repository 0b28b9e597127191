import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { NewKey } from '../../server/protocol/admin/key-view.ts';
import { AccessDatabase } from '../../server/security/access-database.ts';
import { hasRight, isKey, keyIdOf, makeKeyText, plainAddress } from '../../server/security/client-key.ts';
import { KeyRing } from '../../server/security/key-ring.ts';
import { hashSecret } from '../../server/security/secret.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-key-ring-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

const dayMs = 86_400_000;
const plain = { rights: ['infer' as const], share: 1, hasPrivateCache: false };

function setUp(path = join(folder, `${++count}.db`)) {
  const database = AccessDatabase.open(path);
  const keys = new KeyRing(database);
  const make = (name: string, change: Partial<NewKey> = {}) => keys.make({ name, ...plain, ...change }, 1000);
  const codeOf = (act: () => unknown): unknown => {
    try {
      act();
      return undefined;
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  const close = (): void => {
    keys.close();
    database.close();
  };
  return { path, database, keys, make, codeOf, close };
}

describe('the text of a key', () => {
  it('has an id and 256 bits, and no two are alike', () => {
    const texts = Array.from({ length: 200 }, () => makeKeyText());
    expect(new Set(texts.map(({ text }) => text)).size).toBe(200);
    for (const { id, text } of texts) {
      expect(text).toMatch(/^mr_[0-9a-f]{8}_[\w-]{43}$/);
      expect(keyIdOf(text)).toBe(id);
    }
  });

  it.each([
    '',
    'mr_',
    'mr_12345678_short',
    `mr_1234567G_${'a'.repeat(43)}`,
    ` mr_12345678_${'a'.repeat(43)}`,
    `mr_12345678_${'a'.repeat(44)}`,
  ])('%j is none', (text) => {
    expect(keyIdOf(text)).toBeUndefined();
  });

  it('fits its hash and no other', () => {
    const { text } = makeKeyText();
    expect(isKey(text, hashSecret(text))).toBe(true);
    expect(isKey(`${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`, hashSecret(text))).toBe(false);
  });

  it('has its rights, and that to manage has all', () => {
    expect(hasRight(['infer'], 'infer')).toBe(true);
    expect(hasRight(['infer'], 'metrics')).toBe(false);
    expect(hasRight(['metrics'], 'admin')).toBe(false);
    expect(hasRight(['admin'], 'metrics')).toBe(true);
  });

  it('is compared with addresses as people write them', () => {
    expect(plainAddress('::ffff:10.0.3.7')).toBe('10.0.3.7');
    expect(plainAddress('::ffff:a')).toBe('::ffff:a');
    expect(plainAddress('fd00::7')).toBe('fd00::7');
    expect(plainAddress(undefined)).toBe('');
  });
});

describe('the key ring', () => {
  it('finds a key by its text only', () => {
    const { keys, make, close } = setUp();
    const { key, secret } = make('a');
    expect(keys.find(secret, 2000)).toMatchObject({ state: 'good' });
    expect(keys.find(`mr_${key.id}_${'A'.repeat(43)}`, 2000)).toEqual({ state: 'unknown', name: undefined });
    expect(keys.find('', 2000)).toEqual({ state: 'unknown', name: undefined });
    close();
  });

  it('knows its keys after a restart, with when they were last used', () => {
    const first = setUp();
    const { secret } = first.make('a', {
      models: ['iris'],
      ratePerSecond: 2,
      share: 3,
      hasPrivateCache: true,
      days: 2,
    });
    const found = first.keys.find(secret, 2000);
    if (found.state === 'good') found.key.onUse(5000, '10.0.0.1');
    first.close();
    const second = setUp(first.path);
    expect(second.keys.views(3000)).toMatchObject([
      {
        name: 'a',
        models: ['iris'],
        ratePerSecond: 2,
        share: 3,
        hasPrivateCache: true,
        lastAddress: '10.0.0.1',
        lastUsedAt: new Date(5000).toISOString(),
        expiresAt: new Date(1000 + 2 * dayMs).toISOString(),
      },
    ]);
    expect(second.keys.find(secret, 3000)).toMatchObject({ state: 'good', key: { client: { share: 3 } } });
    second.close();
  });

  it('lets a key go when its time is over, and no longer opens by it', () => {
    const { keys, make, close } = setUp();
    const { secret } = make('a', { days: 1 });
    expect(keys.find(secret, 999 + dayMs)).toMatchObject({ state: 'good' });
    expect(keys.find(secret, 1000 + dayMs)).toEqual({ state: 'expired', name: 'a' });
    expect(keys.countGood(1000 + dayMs)).toBe(0);
    // One that has ended still says that keys are in use.
    expect(keys.hasAny).toBe(true);
    close();
  });

  it('knows the name of what was revoked, for the right secret only, also after a restart', () => {
    const first = setUp();
    const { key, secret } = first.make('a');
    const before = first.keys.generation;
    first.keys.revoke('a', 2000);
    expect(first.keys.generation).toBeGreaterThan(before);
    expect(first.keys.find(secret, 3000)).toEqual({ state: 'revoked', name: 'a' });
    expect(first.keys.find(`mr_${key.id}_${'A'.repeat(43)}`, 3000)).toEqual({ state: 'unknown', name: undefined });
    first.close();
    const second = setUp(first.path);
    expect(second.keys.find(secret, 3000)).toEqual({ state: 'revoked', name: 'a' });
    expect(second.keys.hasAny).toBe(false);
    expect(second.codeOf(() => second.keys.revoke('a', 3000))).toBe('not-found');
    second.close();
  });

  it('refuses a name that is taken, and a key for administration that is for models', () => {
    const { make, codeOf, close } = setUp();
    make('a');
    expect(codeOf(() => make('a'))).toBe('conflict');
    expect(codeOf(() => make('b', { rights: ['admin'], models: ['iris'] }))).toBe('invalid-request');
    close();
  });

  it('keeps the program’s own keys out of every list, and few of them', () => {
    const { keys, close } = setUp();
    const texts = Array.from({ length: 20 }, (_, at) => keys.makePassing(`own ${at}`, 1000, at));
    expect(keys.views(20)).toEqual([]);
    expect(keys.hasAny).toBe(false);
    expect(texts.filter((text) => keys.find(text, 20).state === 'good')).toHaveLength(16);
    keys.endPassing(texts.at(-1)!);
    expect(keys.find(texts.at(-1)!, 20).state).toBe('unknown');
    close();
  });

  it('takes keys of the settings, which cannot be revoked here', () => {
    const database = AccessDatabase.open(join(folder, 'settings.db'));
    const { id, text } = makeKeyText();
    const keys = new KeyRing(database, [{ id, sha256: hashSecret(text), name: 'cluster', ...plain }]);
    expect(keys.find(text, 0)).toMatchObject({ state: 'good' });
    expect(keys.views(0)).toMatchObject([{ name: 'cluster', isFixed: true }]);
    expect(() => keys.revoke('cluster', 0)).toThrow('settings file');
    keys.close();
    database.close();
  });
});

/** What every feature store does: one suite, all implementations, real SQLite and a real Redis. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FeatureStore } from '../../server/features/feature-store.ts';
import { RedisFeatures } from '../../server/features/redis-features.ts';
import { SqliteFeatures } from '../../server/features/sqlite-features.ts';
import { Redis } from '../../server/storage/redis.ts';
import { until } from '../support/host-process.ts';
import { redisInstalled, redisSkip, startRedis } from '../support/redis-server.ts';
import type { TestRedis } from '../support/redis-server.ts';

let folder = '';
let redis: TestRedis | undefined;
let nowMs = 1_800_000_000_000;
const now = (): number => nowMs;

const subjects = [
  {
    name: 'SQLite',
    skipped: false,
    begin: async () => {
      folder = await mkdtemp(join(tmpdir(), 'millrace-features-'));
    },
    open: (): Promise<FeatureStore> =>
      Promise.resolve(new SqliteFeatures({ path: join(folder, 'below', 'features.db'), nowMs: now })),
    end: () => rm(folder, { recursive: true, force: true }),
  },
  {
    name: `Redis${redisSkip}`,
    skipped: !redisInstalled,
    begin: async () => {
      redis = await startRedis();
    },
    open: async (): Promise<FeatureStore> => {
      const connection = new Redis({ url: redis!.url, onTrouble: () => {} });
      await until('Redis is connected', 10_000, () => Promise.resolve(connection.isReady));
      return new RedisFeatures(connection, now);
    },
    end: async () => {
      await redis?.[Symbol.asyncDispose]();
    },
  },
];

describe.each(subjects)('a feature store in $name', (subject) => {
  const test = it.skipIf(subject.skipped);
  let store: FeatureStore;
  beforeAll(() => (subject.skipped ? undefined : subject.begin()));
  afterAll(() => (subject.skipped ? undefined : subject.end()));
  beforeEach(async () => {
    if (subject.skipped) return;
    store = await subject.open();
    for (const { name } of await store.sets()) await store.drop(name);
  });
  afterEach(async () => {
    if (!subject.skipped) await store.close();
  });

  test('knows no set and no entity before one was written', async () => {
    expect(await store.sets()).toEqual([]);
    expect(await store.schema('p')).toBeUndefined();
    expect(await store.get('p', ['1', '2'])).toEqual([undefined, undefined]);
    expect(await store.remove('p', '1')).toBe(false);
    expect(await store.drop('p')).toBe(false);
    expect(await store.page('p', undefined, 10)).toEqual({ entities: [], next: undefined });
  });

  test('gives back what was written, in the order that is asked for, also to another', async () => {
    const features = { age: 61, bmi: 27.4, smoker: false, 'größe "x"': 'ü\n', tiny: 5e-324 };
    await store.put('p', [
      { id: '42', features },
      { id: 'a/b:c', features: { age: 1 } },
    ]);
    const other = await subject.open();
    expect(await other.get('p', ['a/b:c', 'none', '42'])).toEqual([
      { id: 'a/b:c', features: { age: 1 }, schemaVersion: 1, writtenMs: nowMs },
      undefined,
      { id: '42', features, schemaVersion: 1, writtenMs: nowMs },
    ]);
    await other.close();
  });

  test('replaces an entity as a whole', async () => {
    await store.put('p', [{ id: '1', features: { a: 1, b: 2 } }]);
    await store.put('p', [{ id: '1', features: { b: 3 } }]);
    expect((await store.get('p', ['1']))[0]?.features).toEqual({ b: 3 });
    expect(await store.count('p')).toBe(1);
  });

  test('grows the schema by versions, and each entity says under which it was written', async () => {
    await store.put('p', [{ id: '1', features: { a: 1 } }]);
    await store.put('p', [{ id: '2', features: { a: 2 } }]);
    const schema = await store.put('p', [{ id: '3', features: { a: 3, b: 'x' } }]);
    expect(schema).toMatchObject({ version: 2, types: { a: 'number', b: 'text' } });
    expect((await store.get('p', ['1', '2', '3'])).map((entity) => entity?.schemaVersion)).toEqual([1, 1, 2]);
    expect(await store.sets()).toEqual([{ name: 'p', schema }]);
  });

  test('refuses another type, and writes nothing of what came with it', async () => {
    await store.put('p', [{ id: '1', features: { a: 1 } }]);
    const write = store.put('p', [
      { id: '2', features: { a: 2, c: true } },
      { id: '3', features: { a: 'three' } },
    ]);
    await expect(write).rejects.toMatchObject({ code: 'invalid-features', message: expect.stringContaining('"a"') });
    expect(await store.get('p', ['2', '3'])).toEqual([undefined, undefined]);
    expect(await store.schema('p')).toMatchObject({ version: 1, types: { a: 'number' } });
  });

  test('finds entities for their time, and again when it is made longer', async () => {
    await store.put('p', [{ id: '1', features: { a: 1 } }]);
    expect(await store.setTtl('p', 60)).toMatchObject({ version: 1, ttlSeconds: 60 });
    nowMs += 59_999;
    expect((await store.get('p', ['1']))[0]).toBeDefined();
    nowMs += 1;
    expect((await store.get('p', ['1']))[0]).toBeUndefined();
    expect((await store.page('p', undefined, 10)).entities).toEqual([]);
    await store.setTtl('p', undefined);
    expect((await store.get('p', ['1']))[0]).toBeDefined();
  });

  test('removes an entity, and a set with all of its own', async () => {
    await store.put('p', [{ id: '1', features: { a: 1 } }]);
    await store.put('q', [{ id: '1', features: { a: 'text' } }]);
    expect(await store.remove('p', '1')).toBe(true);
    expect(await store.count('p')).toBe(0);
    expect(await store.drop('p')).toBe(true);
    expect((await store.sets()).map(({ name }) => name)).toEqual(['q']);
    expect((await store.get('q', ['1']))[0]?.features).toEqual({ a: 'text' });
  });

  test('gives all entities page by page, each once', async () => {
    const entities = Array.from({ length: 1000 }, (_, index) => ({ id: `e${index}`, features: { n: index } }));
    await store.put('p', entities);
    const found: string[] = [];
    let next: string | undefined;
    let pages = 0;
    do {
      const page = await store.page('p', next, 64);
      found.push(...page.entities.map(({ id }) => id));
      next = page.next;
      pages++;
    } while (next !== undefined);
    expect(pages).toBeGreaterThan(3);
    expect(new Set(found)).toEqual(new Set(entities.map(({ id }) => id)));
    expect(found).toHaveLength(1000);
  });

  test('takes writes of several at once without losing a feature of the schema', async () => {
    const writes = Array.from({ length: 8 }, (_, index) =>
      store.put('p', [{ id: `${index}`, features: { [`f${index}`]: 1 } }]),
    );
    await Promise.all(writes);
    expect(Object.keys((await store.schema('p'))!.types).toSorted()).toEqual([
      'f0',
      'f1',
      'f2',
      'f3',
      'f4',
      'f5',
      'f6',
      'f7',
    ]);
    expect(await store.count('p')).toBe(8);
  });
});

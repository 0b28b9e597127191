/** What every store of saved answers does: one suite, all implementations, real SQLite and a real Redis. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NewAnswer, PredictionCache, SavedAnswer } from '../../server/cache/prediction-cache.ts';
import { RedisCache } from '../../server/cache/redis-cache.ts';
import { SqliteCache } from '../../server/cache/sqlite-cache.ts';
import { Redis } from '../../server/storage/redis.ts';
import { until } from '../support/host-process.ts';
import { redisInstalled, redisSkip, startRedis } from '../support/redis-server.ts';
import type { TestRedis } from '../support/redis-server.ts';

interface Subject {
  readonly name: string;
  readonly skipped: boolean;
  begin(): Promise<void>;
  /** Opens what `begin` has prepared; a second time it is the same place. */
  open(): Promise<PredictionCache>;
  end(): Promise<void>;
}

let folder = '';
let redis: TestRedis | undefined;

const subjects: readonly Subject[] = [
  {
    name: 'SQLite',
    skipped: false,
    begin: async () => {
      folder = await mkdtemp(join(tmpdir(), 'millrace-cache-'));
    },
    open: () =>
      Promise.resolve(
        new SqliteCache({
          path: join(folder, 'below', 'answers.sqlite'),
          maxBytes: 64 * 1024 * 1024,
          nowMs: () => Date.now(),
          onProblem: () => {},
        }),
      ),
    end: () => rm(folder, { recursive: true, force: true }),
  },
  {
    name: `Redis${redisSkip}`,
    skipped: !redisInstalled,
    begin: async () => {
      redis = await startRedis();
    },
    open: async () => {
      const connection = new Redis({ url: redis!.url, onTrouble: () => {} });
      await until('Redis is connected', 10_000, () => Promise.resolve(connection.isReady));
      return new RedisCache(connection);
    },
    end: async () => {
      await redis?.[Symbol.asyncDispose]();
    },
  },
];

const keyFor = (text: string): string => createHash('sha256').update(text).digest('hex');

function answer(text: string, changes: Partial<NewAnswer> = {}): NewAnswer {
  const nowMs = Date.now();
  return {
    model: 'm',
    key: keyFor(text),
    outputs: Buffer.from(`outputs of ${text}`),
    storedMs: nowMs,
    runMs: 1.5,
    expiresMs: nowMs + 60_000,
    ...changes,
  };
}

function look(cache: PredictionCache, text: string, model = 'm', nowMs = Date.now()): Promise<SavedAnswer | undefined> {
  return new Promise((resolve) => cache.look(model, keyFor(text), nowMs, resolve));
}

describe.each(subjects)('a cache in $name', (subject) => {
  const test = it.skipIf(subject.skipped);
  let opened: PredictionCache[] = [];

  const open = async (): Promise<PredictionCache> => {
    const cache = await subject.open();
    opened.push(cache);
    return cache;
  };
  /** Written, and read back by another that never saw it in memory. */
  const reopen = async (cache: PredictionCache): Promise<PredictionCache> => {
    await cache.close();
    return open();
  };

  beforeAll(() => (subject.skipped ? undefined : subject.begin()));
  afterAll(() => (subject.skipped ? undefined : subject.end()));
  beforeEach(async () => {
    if (subject.skipped) return;
    opened = [];
    const cache = await subject.open();
    await cache.clear(undefined);
    await cache.close();
  });
  afterEach(async () => {
    for (const cache of opened) await cache.close();
  });

  test('finds nothing before anything was saved', async () => {
    expect(await look(await open(), 'a')).toBeUndefined();
  });

  test('finds an answer at once, as it was saved', async () => {
    const cache = await open();
    const saved = answer('a');
    cache.save(saved);
    expect(await look(cache, 'a')).toMatchObject({
      outputs: saved.outputs,
      storedMs: saved.storedMs,
      runMs: 1.5,
    });
  });

  test('finds it after a restart, byte by byte', async () => {
    const first = await open();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    const saved = answer('a', { outputs: bytes });
    first.save(saved);
    const second = await reopen(first);
    const found = await look(second, 'a');
    expect(found?.outputs.equals(bytes)).toBe(true);
    expect(found).toMatchObject({ storedMs: saved.storedMs, runMs: 1.5 });
  });

  test('keeps answers of 256 KiB and answers of nothing', async () => {
    const first = await open();
    first.save(answer('large', { outputs: Buffer.alloc(256 * 1024, 7) }));
    first.save(answer('empty', { outputs: Buffer.alloc(0) }));
    const second = await reopen(first);
    expect((await look(second, 'large'))?.outputs.length).toBe(256 * 1024);
    expect((await look(second, 'empty'))?.outputs.length).toBe(0);
  });

  test('replaces an older answer by a newer one, in memory and in the store', async () => {
    const first = await open();
    first.save(answer('a', { outputs: Buffer.from('old') }));
    const second = await reopen(first);
    second.save(answer('a', { outputs: Buffer.from('new') }));
    expect(String((await look(second, 'a'))?.outputs)).toBe('new');
    const third = await reopen(second);
    expect(String((await look(third, 'a'))?.outputs)).toBe('new');
  });

  test('finds no answer whose time is over, whether it is written or not', async () => {
    const first = await open();
    const soon = Date.now() + 300;
    first.save(answer('a', { expiresMs: soon }));
    expect(await look(first, 'a', 'm', soon - 1)).toBeDefined();
    const second = await reopen(first);
    await until('its time is over', 5000, () => Promise.resolve(Date.now() >= soon));
    expect(await look(second, 'a', 'm', Date.now())).toBeUndefined();
  });

  test('clears one model and leaves the others', async () => {
    const first = await open();
    first.save(answer('a', { model: 'm' }));
    first.save(answer('b', { model: 'm' }));
    first.save(answer('c', { model: 'm.2' }));
    const second = await reopen(first);
    expect(await second.clear('m')).toBe(2);
    expect(await look(second, 'a')).toBeUndefined();
    expect(await look(second, 'c', 'm.2')).toBeDefined();
    const third = await reopen(second);
    expect(await look(third, 'b')).toBeUndefined();
    expect(await look(third, 'c', 'm.2')).toBeDefined();
  });

  test('clears what has just been saved as well, and all models at once', async () => {
    const cache = await open();
    for (let index = 0; index < 700; index++) cache.save(answer(`n${index}`, { model: index % 2 === 0 ? 'a' : 'b' }));
    await cache.clear(undefined);
    const again = await reopen(cache);
    for (let index = 0; index < 700; index += 99) {
      expect(await look(again, `n${index}`, index % 2 === 0 ? 'a' : 'b')).toBeUndefined();
    }
  });

  test('goes on saving after it was cleared', async () => {
    const cache = await open();
    cache.save(answer('a'));
    await cache.clear('m');
    cache.save(answer('a'));
    expect(await look(await reopen(cache), 'a')).toBeDefined();
  });

  test('counts what it wrote and has no problem', async () => {
    const cache = await open();
    for (let index = 0; index < 20; index++) cache.save(answer(`n${index}`));
    await until('all are written', 10_000, () => Promise.resolve(cache.reading().written === 20));
    expect(cache.reading()).toMatchObject({ written: 20, dropped: 0, problem: undefined });
    expect(cache.isUsable).toBe(true);
  });

  test('drops what comes faster than it can be written, and says how many', async () => {
    const cache = await open();
    for (let index = 0; index < 6000; index++) cache.save(answer(`n${index}`));
    expect(cache.reading().dropped).toBe(6000 - 4096);
    expect(await look(cache, 'n0')).toBeDefined();
  });

  test('takes nothing after it was closed, and may be closed twice', async () => {
    const cache = await open();
    await cache.close();
    await cache.close();
    cache.save(answer('a'));
    expect(cache.reading().dropped).toBe(1);
  });
});

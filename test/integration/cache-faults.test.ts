/** The store of saved answers in trouble: serving goes on, people hear of it, and it comes back when it can. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheProblem, NewAnswer } from '../../server/cache/prediction-cache.ts';
import { RedisCache } from '../../server/cache/redis-cache.ts';
import { SqliteCache } from '../../server/cache/sqlite-cache.ts';
import { openDatabase } from '../../server/storage/database.ts';
import { Redis } from '../../server/storage/redis.ts';
import { until } from '../support/host-process.ts';
import { identityModel } from '../support/models.ts';
import { freePort, redisInstalled, redisSkip, startRedis } from '../support/redis-server.ts';
import { TestHost } from '../support/test-host.ts';

const keyFor = (text: string): string => createHash('sha256').update(text).digest('hex');

function answer(text: string, changes: Partial<NewAnswer> = {}): NewAnswer {
  const nowMs = Date.now();
  return {
    model: 'm',
    key: keyFor(text),
    outputs: Buffer.from(text),
    storedMs: nowMs,
    runMs: 1,
    expiresMs: nowMs + 60_000,
    ...changes,
  };
}

function found(cache: SqliteCache | RedisCache, text: string): Promise<string | undefined> {
  return new Promise((resolve) =>
    cache.look('m', keyFor(text), Date.now(), (saved) => resolve(saved?.outputs.toString())),
  );
}

let folder: string;
let path: string;
let problems: (CacheProblem | undefined)[];
let opened: SqliteCache[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-cache-faults-'));
  path = join(folder, 'cache', 'answers.sqlite');
  problems = [];
  opened = [];
});
afterEach(async () => {
  for (const cache of opened) await cache.close();
  await rm(folder, { recursive: true, force: true });
});

function openCache(changes: Partial<ConstructorParameters<typeof SqliteCache>[0]> = {}): SqliteCache {
  const cache = new SqliteCache({
    path,
    maxBytes: 64 * 1024 * 1024,
    nowMs: () => Date.now(),
    onProblem: (problem) => problems.push(problem),
    ...changes,
  });
  opened.push(cache);
  return cache;
}

const written = (cache: SqliteCache, count: number): Promise<unknown> =>
  until(`${count} answers are written`, 20_000, () => Promise.resolve(cache.reading().written >= count));
const usable = (cache: SqliteCache): Promise<unknown> =>
  until('the cache works again', 20_000, () => Promise.resolve(cache.isUsable));
/** `chmod` says nothing to root. */
const isRoot = process.getuid?.() === 0;

/** By its path: these are for systems that have them there, and this test skips elsewhere. */
const program = (name: string): string => join('/usr/bin', name);

/** False where this user may not. */
function mountSmall(folder: string, size: string): boolean {
  try {
    execFileSync(program('mount'), ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a file of saved answers', () => {
  it('that is no database is set aside, and saving begins anew', async () => {
    await mkdir(join(folder, 'cache'));
    await writeFile(path, 'this is no database, however long it is '.repeat(200));
    const cache = openCache();
    expect(cache.isUsable).toBe(true);
    expect(problems.map((problem) => problem?.message)).toEqual([
      'The file of saved answers was damaged and has been set aside; saving begins anew.',
    ]);
    cache.save(answer('a'));
    await written(cache, 1);
    expect(await found(cache, 'a')).toBe('a');
    expect(existsSync(`${path}.damaged`)).toBe(true);
  });

  it('that is damaged while it is open costs answers, never more', async () => {
    const cache = openCache();
    for (let index = 0; index < 3000; index++) cache.save(answer(`n${index}`, { outputs: Buffer.alloc(2000, index) }));
    await written(cache, 3000);
    await cache.close();
    const size = (await stat(path)).size;
    const file = await open(path, 'r+');
    for (let at = 8192; at < size - 4096; at += 4096) await file.write(Buffer.alloc(512, 0xa5), 0, 512, at);
    await file.close();
    const again = openCache();
    const looks = await Promise.all(Array.from({ length: 3000 }, (_, index) => found(again, `n${index}`)));
    // What is still found is what was saved: a value with a flipped bit is not.
    for (const [index, text] of looks.entries()) {
      if (text !== undefined) expect(Buffer.from(text)).toEqual(Buffer.from(Buffer.alloc(2000, index).toString()));
    }
    await usable(again);
    again.save(answer('new'));
    await written(again, 1);
    expect(await found(again, 'new')).toBe('new');
  });

  it('is not believed where a bit of an answer has flipped', async () => {
    const cache = openCache();
    cache.save(answer('a', { outputs: Buffer.from('this answer is the right one') }));
    await cache.close();
    const database = openDatabase({ path, steps: [''], kind: 'rebuildable' });
    database.prepare('UPDATE answer SET outputs = ?').run(Buffer.from('this answer is the wrong one'));
    database.close();
    expect(await found(openCache(), 'a')).toBeUndefined();
  });

  it('that may not be written is said, and used as soon as it may be', async ({ skip }) => {
    const place = join(folder, 'cache');
    await mkdir(place);
    if (isRoot && !mountSmall(place, '4m')) skip('NOT TESTED HERE: root may write everywhere, and may not mount here');
    try {
      await openCache().close();
      if (isRoot) execFileSync(program('mount'), ['-o', 'remount,ro', place]);
      else for (const each of [path, place]) await chmod(each, 0o500);
      const cache = openCache();
      expect(cache.isUsable).toBe(false);
      expect(cache.reading().problem?.message).toBe('Answers are not saved: the file may not be written.');
      expect(await found(cache, 'a')).toBeUndefined();
      if (isRoot) execFileSync(program('mount'), ['-o', 'remount,rw', place]);
      else for (const each of [place, path]) await chmod(each, 0o700);
      await usable(cache);
      expect(problems.at(-1)).toBeUndefined();
    } finally {
      for (const cache of opened) await cache.close();
      if (isRoot) execFileSync(program('umount'), [place]);
    }
  });

  it('whose place is taken by a folder is said, and used as soon as it is free', async () => {
    await mkdir(path, { recursive: true });
    const cache = openCache();
    expect(cache.isUsable).toBe(false);
    expect(cache.reading().problem?.message).toContain('Answers are not saved');
    cache.save(answer('a'));
    expect(cache.reading().dropped).toBe(1);
    await expect(cache.clear('m')).rejects.toMatchObject({ code: 'storage-failed' });
    await rm(path, { recursive: true });
    await usable(cache);
    expect(problems.at(-1)).toBeUndefined();
    expect(cache.reading().problem).toBeUndefined();
  });

  it('that another program holds is given up at once and taken up again', async () => {
    const cache = openCache();
    cache.save(answer('a'));
    await written(cache, 1);
    const other = openDatabase({ path, steps: [''], kind: 'rebuildable' });
    other.exec('BEGIN IMMEDIATE');
    cache.save(answer('b'));
    await until('the trouble is noticed', 10_000, () => Promise.resolve(cache.reading().problem !== undefined));
    expect(cache.reading().problem?.message).toBe('Answers are not saved: another program holds the file.');
    const startedMs = performance.now();
    await found(cache, 'a');
    expect(performance.now() - startedMs).toBeLessThan(200);
    other.exec('COMMIT');
    other.close();
    await usable(cache);
    await until('what waited is written', 10_000, async () => cache.reading().written === 2);
    expect(await found(cache, 'b')).toBe('b');
  });

  it('keeps to its size: the expired go first, then the oldest', async () => {
    let nowMs = Date.now();
    const cache = openCache({ maxBytes: 1024 * 1024, nowMs: () => nowMs });
    const save = (name: string, expiresMs: number): void =>
      cache.save(answer(name, { outputs: Buffer.alloc(1000, 1), storedMs: nowMs, expiresMs }));
    for (let index = 0; index < 200; index++) save(`old${index}`, nowMs + 3_600_000);
    for (let index = 0; index < 200; index++) save(`short${index}`, nowMs + 1000);
    await written(cache, 400);
    nowMs += 2000;
    for (let index = 0; index < 450; index++) save(`new${index}`, nowMs + 3_600_000);
    await written(cache, 850);
    for (let index = 0; index < 300; index++) save(`newer${index}`, nowMs + 3_600_000);
    await written(cache, 1150);
    await until('it is small enough', 10_000, () => Promise.resolve(cache.reading().usage!.bytes <= 1024 * 1024));
    const { expired, evicted } = cache.reading();
    expect(expired).toBe(200);
    expect(evicted).toBeGreaterThan(0);
    const kept = async (name: string, count: number): Promise<number> =>
      (await Promise.all(Array.from({ length: count }, (_, index) => found(cache, name + index)))).filter(
        (text) => text !== undefined,
      ).length;
    expect(await kept('newer', 300)).toBe(300);
    expect(await kept('old', 200)).toBe(Math.max(0, 200 - evicted));
    expect((await stat(path)).size).toBeLessThan(1.5 * 1024 * 1024);
  });

  it('on a full disk is said, and written again when there is room', async ({ skip }) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    if (!mountSmall(disk, '1m')) skip('NOT TESTED HERE: this user may not mount a small disk');
    try {
      const cache = openCache({ path: join(disk, 'answers.sqlite') });
      for (let index = 0; index < 400; index++) cache.save(answer(`n${index}`, { outputs: Buffer.alloc(10_000, 1) }));
      await until('the trouble is noticed', 20_000, () => Promise.resolve(cache.reading().problem !== undefined));
      expect(cache.reading().problem?.message).toBe('Answers are not saved: the disk is full.');
      expect(await found(cache, 'n0')).toBeDefined();
      execFileSync(program('mount'), ['-o', 'remount,size=32m', disk]);
      await until('it is written', 30_000, () => Promise.resolve(cache.reading().written >= 400));
      expect(cache.reading().problem).toBeUndefined();
    } finally {
      for (const cache of opened) await cache.close();
      execFileSync(program('umount'), [disk]);
    }
  });
});

describe.skipIf(!redisInstalled)(`Redis${redisSkip}`, () => {
  it('that is not there, goes, or stalls costs answers, never time', { timeout: 90_000 }, async () => {
    const port = await freePort();
    const troubles: (string | undefined)[] = [];
    const cache = new RedisCache(
      new Redis({ url: `redis://:secret-word@127.0.0.1:${port}`, onTrouble: (reason) => troubles.push(reason) }),
    );
    try {
      await until('it is said that it is missing', 10_000, () => Promise.resolve(troubles.length > 0));
      expect(cache.isUsable).toBe(false);
      expect(cache.reading().problem?.message).toContain(`127.0.0.1:${port}`);
      expect(await found(cache, 'a')).toBeUndefined();

      await using first = await startRedis(['--requirepass', 'secret-word'], port);
      await until('it is connected', 20_000, () => Promise.resolve(cache.isUsable));
      expect(troubles.at(-1)).toBeUndefined();
      cache.save(answer('a'));
      await until('it is written', 5000, () => Promise.resolve(cache.reading().written === 1));
      expect(await found(cache, 'a')).toBe('a');

      first.pause();
      const startedMs = performance.now();
      for (let index = 0; index < 30; index++) await found(cache, 'a');
      // Ten looks wait for 5 ms each; then nobody waits any more.
      expect(performance.now() - startedMs).toBeLessThan(1000);
      expect(cache.isUsable).toBe(false);
      first.resume();
      await until('it is used again', 20_000, () => Promise.resolve(cache.isUsable));
      expect(await found(cache, 'a')).toBe('a');

      await first.kill();
      await until('the loss is noticed', 10_000, () => Promise.resolve(!cache.isUsable));
      expect(await found(cache, 'a')).toBeUndefined();
      await using _second = await startRedis(['--requirepass', 'secret-word'], port);
      await until('it is connected again', 30_000, () => Promise.resolve(cache.isUsable));
      expect(troubles.join(' ')).not.toContain('secret-word');
    } finally {
      await cache.close();
    }
  });

  it('is shared by two hosts, and its end is noticed by no client', { timeout: 60_000 }, async () => {
    await using redis = await startRedis();
    const settings = { cache: { redis: redis.url } };
    const models = [{ name: 'echo', bytes: identityModel('FLOAT') }];
    await using one = await TestHost.start({ models, settings });
    await using two = await TestHost.start({ models, settings });
    const ask = async (host: TestHost, value: number): Promise<string | undefined> => {
      const answer = await host.post('/predict/echo', { features: [value] });
      expect(answer.status, answer.text).toBe(200);
      return answer.headers['x-millrace-cache'] as string | undefined;
    };
    for (const host of [one, two]) {
      await until('it is connected', 10_000, async () => !(await ask(host, 0))!.startsWith('off'));
    }
    expect(await ask(one, 1)).toBe('miss');
    await until('the other finds it', 5000, async () => (await ask(two, 1))!.startsWith('hit'));
    await redis.kill();
    for (let index = 0; index < 20; index++) await ask(one, index);
    await until('it is said', 10_000, async () =>
      (await one.status()).problems.some(({ subject }) => subject === 'cache'),
    );
    expect(await ask(one, 1)).toBe('off; reason=unavailable');
  });
});

describe('a host', () => {
  it('serves without its cache where the file cannot be used, and shows why', async () => {
    await using host = await TestHost.start({
      models: [{ name: 'echo', bytes: identityModel('FLOAT') }],
      settings: { cache: {} },
      prepare: async (dataDirectory) =>
        void (await mkdir(join(dataDirectory, 'cache', 'answers.sqlite'), { recursive: true })),
    });
    const answer = await host.post('/predict/echo', { features: [1, 2] });
    expect([answer.status, answer.headers['x-millrace-cache']]).toEqual([200, 'off; reason=unavailable']);
    const { problems: shown, cache } = await host.status();
    expect(shown.map(({ subject }) => subject)).toEqual(['cache']);
    expect(cache?.problem?.message).toContain('Answers are not saved');
    expect(JSON.stringify(shown)).not.toContain(host.dataDirectory);
    expect(
      await host.metrics().then((samples) => samples.find(({ name }) => name === 'millrace_cache_usable')?.value),
    ).toBe(0);
  });
});

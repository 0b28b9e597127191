import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadObject } from '../../server/sources/download.ts';
import type { DownloadJob } from '../../server/sources/download.ts';
import { sourceFailure } from '../../server/sources/source-failure.ts';
import { MemorySource } from '../fakes/memory-source.ts';

let folder = '';
let source: MemorySource;
let waits: number[] = [];
const key = 'iris/1/w.bin';
const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
const sha256 = createHash('sha256').update(bytes).digest('hex');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-download-'));
  source = new MemorySource();
  source.put(key, bytes);
  waits = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const limits = { silenceMs: 60_000, tries: 3, progressBytes: 100, floorBytesPerSecond: 1000 };

function download(more: Partial<DownloadJob> = {}): Promise<string> {
  return downloadObject({
    source,
    entry: source.entry(key),
    partPath: join(folder, 'parts', 'p'),
    finalPath: join(folder, 'final', 'w.bin'),
    sha256: undefined,
    limits,
    random: () => 0.5,
    wait: async (ms) => void waits.push(ms),
    ...more,
  });
}

const final = (): Promise<Buffer> => readFile(join(folder, 'final', 'w.bin'));
const left = async (): Promise<string[]> => (await readdir(join(folder, 'parts'))).toSorted();

describe('a download', () => {
  it('brings the bytes and their SHA-256, and leaves no part', async () => {
    const heard: [number, boolean][] = [];
    expect(await download({ sha256, onBytes: (...news) => heard.push(news) })).toBe(sha256);
    expect(await final()).toEqual(bytes);
    expect(await left()).toEqual([]);
    expect(heard.reduce((sum, [count]) => sum + count, 0)).toBe(1000);
    expect(heard.every(([, isKept]) => !isKept)).toBe(true);
    if (process.platform !== 'win32') expect((await stat(join(folder, 'final', 'w.bin'))).mode & 0o777).toBe(0o600);
  });

  it('of an empty object asks nobody', async () => {
    source.put(key, '');
    expect(await download()).toBe(createHash('sha256').digest('hex'));
    expect(await final()).toEqual(Buffer.alloc(0));
    expect(source.opened).toEqual([]);
  });

  it('goes on from where it was cut, after a wait', async () => {
    source.faults.set(key, [{ cutAfter: 400 }, { cutAfter: 300 }]);
    expect(await download({ sha256 })).toBe(sha256);
    expect(source.opened).toEqual([`${key} 0`, `${key} 400`, `${key} 700`]);
    // Each brought enough to count as progress, so the span does not grow.
    expect(waits).toEqual([250, 250]);
    expect(await final()).toEqual(bytes);
  });

  it('begins again where the server does not know ranges', async () => {
    source.faults.set(key, [{ cutAfter: 400 }, { ignoresRange: true }]);
    expect(await download({ sha256 })).toBe(sha256);
    expect(await final()).toEqual(bytes);
  });

  it('gives up on a server that brings nothing, and keeps the part for the next time', async () => {
    source.faults.set(key, [{ cutAfter: 400 }, { cutAfter: 10 }, { cutAfter: 10 }, { cutAfter: 10 }]);
    await expect(download()).rejects.toMatchObject({ details: { reason: 'cut' }, retryable: true });
    expect(waits).toEqual([250, 500]);
    expect(await left()).toEqual(['p', 'p.json']);
    const heard: [number, boolean][] = [];
    source.faults.clear();
    expect(await download({ sha256, onBytes: (...news) => heard.push(news) })).toBe(sha256);
    expect(source.opened.at(-1)).toBe(`${key} 420`);
    expect(heard[0]).toEqual([420, true]);
  });

  it('takes no part of an object that has changed since', async () => {
    source.faults.set(key, [{ cutAfter: 400 }, ...Array.from({ length: 3 }, () => ({ cutAfter: 0 }))]);
    await expect(download()).rejects.toMatchObject({ retryable: true });
    const other = Buffer.alloc(1000, 7);
    source.put(key, other);
    source.faults.clear();
    expect(await download()).toBe(createHash('sha256').update(other).digest('hex'));
    expect(source.opened.at(-1)).toBe(`${key} 0`);
    expect(await final()).toEqual(other);
  });

  it('trusts only as much of a part as its note says survived', async () => {
    source.faults.set(
      key,
      Array.from({ length: 3 }, () => ({ cutAfter: 50 })),
    );
    await expect(download()).rejects.toMatchObject({ retryable: true });
    // As after a power cut: more bytes than were synced, and they are rubbish.
    await writeFile(join(folder, 'parts', 'p'), Buffer.concat([bytes.subarray(0, 150), Buffer.alloc(500, 255)]));
    expect(await download({ sha256 })).toBe(sha256);
    expect(source.opened.at(-1)).toBe(`${key} 150`);
  });

  it.each(['', '{', '{"key":"iris/1/w.bin"}', '{"key":"other","etag":"e","sizeBytes":1000,"syncedBytes":5}'])(
    'begins anew with a note like %j',
    async (note) => {
      source.faults.set(
        key,
        Array.from({ length: 3 }, () => ({ cutAfter: 50 })),
      );
      await expect(download()).rejects.toMatchObject({ retryable: true });
      await writeFile(join(folder, 'parts', 'p.json'), note);
      expect(await download({ sha256 })).toBe(sha256);
      expect(source.opened.at(-1)).toBe(`${key} 0`);
    },
  );
});

describe('an object that is not what it was said to be', () => {
  it('with another SHA-256 is refused, and its part taken away', async () => {
    const wrong = 'b'.repeat(64);
    await expect(download({ sha256: wrong })).rejects.toMatchObject({
      details: { reason: 'checksum' },
      retryable: false,
    });
    expect(await left()).toEqual([]);
    await expect(final()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('with another size is refused before its bytes are read', async () => {
    source.faults.set(key, [{ claims: 999 }]);
    await expect(download()).rejects.toMatchObject({ details: { reason: 'size' } });
    expect(await left()).toEqual([]);
  });

  it('that sends more than it claims is refused', async () => {
    source.faults.set(key, [{ extra: 1, claims: 1000 }]);
    await expect(download()).rejects.toMatchObject({ details: { reason: 'size' } });
    await expect(final()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that changed since it was listed is refused', async () => {
    const entry = source.entry(key);
    source.put(key, Buffer.alloc(1000));
    await expect(download({ entry })).rejects.toMatchObject({ details: { reason: 'changed' } });
    expect(waits).toEqual([]);
  });

  it('that changes between two pieces is refused', async () => {
    source.faults.set(key, [{ cutAfter: 400 }]);
    source.beforeOpen = () => {
      if (source.opened.length === 2) source.put(key, Buffer.alloc(1000));
    };
    await expect(download()).rejects.toMatchObject({ details: { reason: 'changed' } });
    expect(await left()).toEqual([]);
  });
});

describe('a download that cannot go on', () => {
  it('tries again only what may pass', async () => {
    source.faults.set(key, [
      { throws: sourceFailure('unreachable', 'Away.', 'Wait.') },
      { throws: sourceFailure('forbidden', 'No.', 'Ask.') },
    ]);
    await expect(download()).rejects.toMatchObject({ details: { reason: 'forbidden' } });
    expect(source.opened).toHaveLength(2);
  });

  it('stops for an aborted signal with its reason, and keeps its part', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    source.faults.set(key, [{ cutAfter: 400 }]);
    await expect(
      download({
        signal: stop.signal,
        wait: async () => {
          stop.abort(reason);
          throw reason;
        },
      }),
    ).rejects.toBe(reason);
    expect(await left()).toEqual(['p', 'p.json']);
    expect((await readFile(join(folder, 'parts', 'p'))).length).toBe(400);
  });

  it('ends when the line is slower than the slowest that is waited for', async () => {
    let nowMs = 0;
    // 1000 bytes at 1000 bytes a second and five minutes' grace.
    const at = (ms: number) => download({ now: () => nowMs, onBytes: () => (nowMs += ms) });
    await expect(at(301_001)).rejects.toMatchObject({ details: { reason: 'limit' }, retryable: false });
    nowMs = 0;
    expect(await at(75_000)).toBe(sha256);
  });
});

/** What every kind of source must do, as model-source.ts says. Run against a folder, s3rver, and an S3 server of our own. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sourceSettingsSchema } from '../../server/protocol/admin/source-settings.ts';
import type { S3Settings } from '../../server/protocol/admin/source-settings.ts';
import { DirectorySource } from '../../server/sources/directory-source.ts';
import type { ModelSource, SourceEntry } from '../../server/sources/model-source.ts';
import { S3Source } from '../../server/sources/s3-source.ts';
import { FakeS3 } from '../support/fake-s3.ts';
import { S3Rver, s3rverKey } from '../support/s3-servers.ts';

interface Opened {
  readonly source: ModelSource;
  close(): Promise<void>;
}

const s3Settings = (endpoint: string, prefix = 'prod/eu'): S3Settings =>
  sourceSettingsSchema.parse({
    kind: 's3',
    name: 'a',
    bucket: 'models',
    prefix,
    endpoint,
    allowPrivateEndpoint: true,
  }) as S3Settings;

const kinds: readonly (readonly [string, () => Promise<Opened>])[] = [
  [
    'a folder',
    async () => {
      const path = await realpath(await mkdtemp(join(tmpdir(), 'millrace-source-')));
      return { source: new DirectorySource({ path }), close: () => rm(path, { recursive: true, force: true }) };
    },
  ],
  [
    's3rver',
    async () => {
      const server = await S3Rver.start();
      return {
        source: await S3Source.open(s3Settings(server.endpoint), s3rverKey),
        close: () => server[Symbol.asyncDispose](),
      };
    },
  ],
  [
    'an S3 server that pages and knows If-Match',
    async () => {
      const server = await FakeS3.start();
      server.pageSize = 3;
      return {
        source: await S3Source.open(s3Settings(server.endpoint), s3rverKey),
        close: () => server[Symbol.asyncDispose](),
      };
    },
  ],
];

describe.each(kinds)('%s as a source', (_kind, open) => {
  let opened: Opened;
  let source: ModelSource;
  beforeEach(async () => {
    opened = await open();
    ({ source } = opened);
  });
  afterEach(async () => {
    source.close();
    await opened.close();
  });

  const put = (key: string, bytes: Buffer): Promise<void> =>
    source.put(key, { sizeBytes: bytes.length, body: () => Readable.from([bytes], { objectMode: false }) });
  const list = async (): Promise<SourceEntry[]> => {
    const all: SourceEntry[] = [];
    for await (const page of source.list()) all.push(...page);
    return all.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  };
  const entryOf = async (key: string): Promise<SourceEntry> => (await list()).find((entry) => entry.key === key)!;
  const read = async ({ key, etag }: SourceEntry, fromByte = 0): Promise<Buffer> => {
    const { body, ...facts } = await source.open(key, { etag, fromByte });
    const pieces: Buffer[] = [];
    for await (const piece of body as AsyncIterable<Buffer>) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    expect(facts.fromByte).toBeLessThanOrEqual(fromByte);
    expect(bytes.length).toBe(facts.sizeBytes - facts.fromByte);
    return bytes.subarray(fromByte - facts.fromByte);
  };

  it('lists nothing where nothing is', async () => {
    expect(await list()).toEqual([]);
  });

  it('lists what was put, with sizes, over all pages', async () => {
    const keys = ['a/1/model.onnx', 'a/1/w/part 1.bin', 'a/2/model.onnx', 'b/1/ä+&.bin', 'b/labels.txt', 'z'];
    for (const [index, key] of keys.entries()) await put(key, Buffer.alloc(index + 1));
    const entries = await list();
    expect(entries.map(({ key, sizeBytes }) => [key, sizeBytes])).toEqual(keys.map((key, index) => [key, index + 1]));
    for (const { etag } of entries) expect(etag).toMatch(/\S/);
  });

  it('gives the bytes, whole and from the middle', async () => {
    const bytes = randomBytes(300_000);
    await put('a/1/w.bin', bytes);
    const entry = await entryOf('a/1/w.bin');
    expect((await read(entry)).equals(bytes)).toBe(true);
    expect((await read(entry, 123_456)).equals(bytes.subarray(123_456))).toBe(true);
    expect((await read(entry, 299_999)).equals(bytes.subarray(299_999))).toBe(true);
  });

  it('has the same etag as long as nothing is written, and another one afterwards', async () => {
    await put('a/1/w.bin', Buffer.from('one'));
    const before = await entryOf('a/1/w.bin');
    await put('a/1/other.bin', Buffer.from('one'));
    expect(await entryOf('a/1/w.bin')).toEqual(before);
    await put('a/1/w.bin', Buffer.from('two'));
    expect((await entryOf('a/1/w.bin')).etag).not.toBe(before.etag);
  });

  it('refuses to give other bytes than those that were listed', async () => {
    await put('a/1/w.bin', Buffer.from('one'));
    const before = await entryOf('a/1/w.bin');
    await put('a/1/w.bin', Buffer.from('two'));
    await expect(source.open(before.key, { etag: before.etag })).rejects.toMatchObject({
      code: 'source-failed',
      details: { reason: 'changed' },
      retryable: false,
    });
  });

  it('says that an object is missing', async () => {
    await expect(source.open('a/1/none', { etag: 'e' })).rejects.toMatchObject({
      code: 'source-failed',
      details: { reason: 'missing' },
    });
  });

  it('replaces an object whole, also one of many megabytes', { timeout: 60_000 }, async () => {
    const bytes = randomBytes(20_000_000);
    let sent = 0;
    await source.put('a/1/w.bin', {
      sizeBytes: bytes.length,
      body: () => Readable.from(pieces(bytes), { objectMode: false }),
      onBytes: (count) => (sent += count),
    });
    expect(sent).toBe(bytes.length);
    expect((await read(await entryOf('a/1/w.bin'))).equals(bytes)).toBe(true);
    expect(await list()).toHaveLength(1);
  });

  it('stops where it is told to, with the reason', async () => {
    await put('a/1/w.bin', Buffer.alloc(10));
    const { etag } = await entryOf('a/1/w.bin');
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(source.open('a/1/w.bin', { etag, signal })).rejects.toBe(reason);
    await expect(
      source.put('a/1/x', { sizeBytes: 1, body: () => Readable.from([Buffer.alloc(1)]), signal }),
    ).rejects.toBe(reason);
    const pages = source.list(signal)[Symbol.asyncIterator]();
    await expect(pages.next()).rejects.toBe(reason);
    expect((await list()).map(({ key }) => key)).toEqual(['a/1/w.bin']);
  });

  it('that is gone says that it cannot be reached, and that this may pass', async () => {
    await opened.close();
    await expect(list()).rejects.toMatchObject({
      code: 'source-failed',
      details: { reason: 'unreachable' },
      retryable: true,
    });
    opened = { source, close: async () => {} };
  });
});

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

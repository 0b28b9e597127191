import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { MillraceError } from '../../server/base/errors.ts';
import { MemoryBudget, MemoryPermit } from '../../server/gateway/memory-budget.ts';
import { decompress, readBody } from '../../server/gateway/request-body.ts';
import type { ReceivedBody } from '../../server/gateway/request-body.ts';

const limits = { maxBodyBytes: 1000 };

interface Reading {
  readonly request: PassThrough;
  readonly budget: MemoryBudget;
  readonly permit: MemoryPermit;
  /** Body or code, once it is known; the callback's calls are counted. */
  readonly outcomes: (string | number)[];
}

function read(contentLength: number | undefined, limitBytes = 10_000, maxBodyBytes = limits.maxBodyBytes): Reading {
  const request = new PassThrough();
  const budget = new MemoryBudget(limitBytes);
  const permit = new MemoryPermit(budget);
  const outcomes: (string | number)[] = [];
  readBody(request as unknown as IncomingMessage, contentLength, { maxBodyBytes }, permit, (body, error) => {
    outcomes.push(error === undefined ? Buffer.concat(body!.pieces).toString() : error.code);
  });
  return { request, budget, permit, outcomes };
}

/** Streams pass their events on in later turns. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('readBody', () => {
  it('gives a body of one chunk as it came', async () => {
    const { request, outcomes } = read(5);
    request.end('hello');
    await settle();
    expect(outcomes).toEqual(['hello']);
  });

  it('joins many chunks, with and without an announced length', async () => {
    for (const length of [10, undefined]) {
      const { request, outcomes } = read(length);
      for (const chunk of ['ab', 'c', '', 'defg', 'hij']) request.write(chunk);
      request.end();
      await settle();
      expect(outcomes).toEqual(['abcdefghij']);
    }
  });

  it('gives an empty body', async () => {
    for (const length of [0, undefined]) {
      const { request, outcomes } = read(length);
      request.end();
      await settle();
      expect(outcomes).toEqual(['']);
    }
  });

  it('refuses by the announced length, before a byte is read', () => {
    expect(read(1001).outcomes).toEqual(['payload-too-large']);
    expect(read(1000).outcomes).toEqual([]);
  });

  it('refuses by what arrives, whatever was announced', async () => {
    const { request, outcomes } = read(undefined);
    request.write(Buffer.alloc(600));
    request.write(Buffer.alloc(600));
    request.end();
    await settle();
    expect(outcomes).toEqual(['payload-too-large']);
  });

  it('holds of the memory what has arrived, not what was announced', async () => {
    const { request, budget, permit } = read(1000);
    expect(budget.usedBytes).toBe(0);
    request.write(Buffer.alloc(300));
    request.write(Buffer.alloc(50));
    await settle();
    expect(budget.usedBytes).toBe(350);
    permit.release();
    expect(budget.usedBytes).toBe(0);
  });

  it('refuses what was announced where there is no room for it now', () => {
    const budget = new MemoryBudget(1000);
    new MemoryPermit(budget).grow(500);
    const outcomes: string[] = [];
    readBody(new PassThrough() as unknown as IncomingMessage, 501, limits, new MemoryPermit(budget), (_body, error) => {
      outcomes.push(error!.code);
    });
    expect(outcomes).toEqual(['memory-full']);
    expect(budget.usedBytes).toBe(500);
  });

  it('refuses in the middle where others have taken the room', async () => {
    for (const length of [400, undefined]) {
      const budget = new MemoryBudget(500);
      const other = new MemoryPermit(budget);
      other.grow(100);
      const outcomes: string[] = [];
      const request = new PassThrough();
      readBody(request as unknown as IncomingMessage, length, limits, new MemoryPermit(budget), (_body, error) => {
        outcomes.push(error!.code);
      });
      request.write(Buffer.alloc(200));
      await settle();
      other.grow(150);
      request.end(Buffer.alloc(200));
      await settle();
      expect(outcomes).toEqual(['memory-full']);
    }
  });

  it('refuses too many chunks of a body without a length, not of one with a length', async () => {
    for (const [length, wanted] of [
      [undefined, 'payload-too-large'],
      [70_000, 'x'.repeat(70_000)],
    ] as const) {
      const { request, outcomes } = read(length, 1e6, 1e6);
      for (let sent = 0; sent < 70_000; sent++) request.emit('data', Buffer.from('x'));
      request.emit('end');
      expect(outcomes).toEqual([wanted]);
    }
  });

  it('reports a client that leaves, once', async () => {
    const { request, outcomes } = read(10);
    request.write('abc');
    await settle();
    request.destroy(new Error('aborted'));
    await settle();
    expect(outcomes).toEqual(['client-gone']);
  });

  it('reports nothing more after the end', async () => {
    const { request, outcomes } = read(3);
    request.end('abc');
    await settle();
    request.destroy();
    await settle();
    expect(outcomes).toEqual(['abc']);
  });

  it('keeps large chunks as they came and puts small ones together', async () => {
    const large = Buffer.alloc(5000, 'L');
    const pieces = await new Promise<readonly Buffer[]>((resolve) => {
      const request = new PassThrough();
      const permit = new MemoryPermit(new MemoryBudget(1e6));
      readBody(request as unknown as IncomingMessage, undefined, { maxBodyBytes: 1e6 }, permit, (body) => {
        resolve(body!.pieces);
      });
      for (const chunk of [Buffer.from('a'), Buffer.from('b'), large, Buffer.from('c')]) request.emit('data', chunk);
      request.emit('end');
    });
    expect(pieces.map(({ length }) => length)).toEqual([2, 5000, 1]);
    expect(pieces[1]).toBe(large);
  });
});

describe('decompress', () => {
  const permit = (limitBytes = 10_000): MemoryPermit => new MemoryPermit(new MemoryBudget(limitBytes));
  async function codeOf(body: Buffer, encoding: string, held = permit()): Promise<string> {
    const received: ReceivedBody = { pieces: [body], bytes: body.length };
    return await decompress(received, encoding, limits, held).then(
      ({ pieces }) => Buffer.concat(pieces).toString(),
      (error: unknown) => (error as MillraceError).code,
    );
  }

  it('undoes gzip, deflate and nothing, in any case', async () => {
    for (const [encoding, body] of [
      ['gzip', gzipSync('text')],
      ['GZip', gzipSync('text')],
      ['deflate', deflateSync('text')],
      ['identity', Buffer.from('text')],
    ] as const) {
      expect(await codeOf(body, encoding)).toBe('text');
    }
  });

  it('refuses other codings', async () => {
    for (const encoding of ['br', 'x-gzip', '', 'gzip, gzip']) {
      expect(await codeOf(gzipSync('text'), encoding)).toBe('unsupported-encoding');
    }
  });

  it('refuses what is damaged, cut short or something else', async () => {
    const whole = gzipSync('text '.repeat(50));
    expect(await codeOf(whole.subarray(0, 20), 'gzip')).toBe('invalid-request');
    expect(await codeOf(Buffer.from('text'), 'gzip')).toBe('invalid-request');
    expect(await codeOf(whole, 'deflate')).toBe('invalid-request');
  });

  it('refuses what unfolds beyond the limit or the memory', async () => {
    expect(await codeOf(gzipSync(Buffer.alloc(1001)), 'gzip')).toBe('payload-too-large');
    const budget = new MemoryBudget(500);
    new MemoryPermit(budget).grow(400);
    const held = new MemoryPermit(budget);
    expect(await codeOf(gzipSync(Buffer.alloc(200)), 'gzip', held)).toBe('memory-full');
    held.release();
    expect(budget.usedBytes).toBe(400);
  });
});

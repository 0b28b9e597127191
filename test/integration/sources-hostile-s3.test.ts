/** S36 over a real wire: what a server of somebody else may send, and that nothing of it is taken or kept. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Hook } from '../support/fake-s3.ts';

import {
  bench,
  events,
  model,
  onGet,
  open,
  publish,
  requestsFor,
  server,
  states,
  sync,
  useHostileS3,
  versions,
  weights,
  weightsKey,
} from '../support/hostile-s3.ts';

useHostileS3();

describe('an S3 server', () => {
  it('with more than a thousand keys is listed whole', async () => {
    for (let index = 0; index < 2500; index++) server.put(`prod/m${index}/1/model.onnx`, 'x');
    server.put('prod/zzz/1/model.onnx', model(1));
    const source = await open();
    const keys: string[] = [];
    for await (const page of source.list()) keys.push(...page.map(({ key }) => key));
    source.close();
    expect(keys).toHaveLength(2501);
    expect(new Set(keys).size).toBe(2501);
    expect(keys).toContain('zzz/1/model.onnx');
    expect(server.requests).toHaveLength(3);
  });

  it('that never stops listing is left after a bound', async () => {
    let page = 0;
    server.hook = (_request, response) => {
      const key = `prod/a/1/f${page++}`;
      response.end(
        `<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>${key}</Key><ETag>"e"</ETag><Size>1</Size></Contents><NextContinuationToken>again</NextContinuationToken></ListBucketResult>`,
      );
      return true;
    };
    expect((await sync()).error).toMatchObject({ details: { reason: 'limit' } });
    expect(page).toBe(1000);
  });

  it('that answers with a listing of a gigabyte is stopped at 16 MB, in little memory', async () => {
    const piece = Buffer.alloc(1024 * 1024, ' ');
    let sent = 0;
    server.hook = (_request, response) => {
      response.write('<?xml version="1.0"?><ListBucketResult>');
      const more = (): void => {
        while (sent < 1024 && !response.destroyed) {
          sent++;
          if (!response.write(piece)) return void response.once('drain', more);
        }
      };
      more();
      return true;
    };
    const beforeBytes = process.memoryUsage.rss();
    const report = await sync();
    expect(report.error).toMatchObject({ details: { reason: 'limit' } });
    expect(sent).toBeLessThan(64);
    expect(process.memoryUsage.rss() - beforeBytes).toBeLessThan(200e6);
  });

  it('with a manifest of a gigabyte is not asked for it', async () => {
    publish('1');
    const { etag } = server.objects.get('prod/iris/1/millrace-manifest.json')!;
    server.objects.set('prod/iris/1/millrace-manifest.json', { sizeBytes: 1e9, etag, read: () => [] });
    expect(states(await sync())).toEqual(['iris 1 refused']);
    expect(server.requests.filter((request) => request.includes('millrace-manifest.json'))).toEqual([]);
  });

  it('whose manifest is longer than it was listed is refused', async () => {
    publish('1');
    onGet('prod/iris/1/millrace-manifest.json', 9, (_request, response) => {
      const { etag } = server.objects.get('prod/iris/1/millrace-manifest.json')!;
      response.writeHead(200, { ETag: `"${etag}"` });
      response.end(Buffer.alloc(10_000, ' '));
      return true;
    });
    expect((await sync()).versions).toMatchObject([
      { state: 'refused', sentence: expect.stringContaining('could not be read (size)') },
    ]);
  });

  it('with keys that climb out of a folder has them left alone, and said once', async () => {
    for (const key of ['prod/../../etc/x', 'prod/iris/1/../../../x', 'prod//etc/x', 'prod/iris/1/a\\..\\x'])
      server.put(key, 'x');
    publish('1');
    const report = await sync();
    expect(states(report)).toEqual(['iris 1 imported']);
    expect(report.problems).toHaveLength(4);
    await sync();
    expect(events.filter(({ severity }) => severity === 'attention')).toHaveLength(4);
    expect(server.requests.filter((request) => request.includes('etc') && request.startsWith('GET /models/'))).toEqual(
      [],
    );
    expect(await readdir(bench.folder)).toEqual(['data']);
    expect(existsSync(join(bench.data, 'etc'))).toBe(false);
  });
});

describe('an object', () => {
  it('that comes in spite of cuts is whole', async () => {
    publish('1');
    onGet(weightsKey, 2, (request, response) => {
      const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
      response.writeHead(from > 0 ? 206 : 200, {
        ETag: `"${server.objects.get(weightsKey)!.etag}"`,
        'Content-Length': weights.length - from,
        ...(from > 0 && { 'Content-Range': `bytes ${from}-${weights.length - 1}/${weights.length}` }),
      });
      response.write(weights.subarray(from, from + 100_000), () => response.destroy());
      return true;
    });
    expect(states(await sync())).toEqual(['iris 1 imported']);
    expect(requestsFor(weightsKey)).toHaveLength(3);
    expect(server.headers.filter(({ range }) => range !== undefined).length).toBeGreaterThan(0);
  });

  it('that stalls is waited for as long as is said, and left for the next sync', async () => {
    publish('1');
    onGet(weightsKey, 99, (_request, response) => {
      response.writeHead(200, { ETag: `"${server.objects.get(weightsKey)!.etag}"`, 'Content-Length': weights.length });
      response.write(weights.subarray(0, 10));
      return true;
    });
    const startedMs = performance.now();
    const report = await sync();
    expect(states(report)).toEqual(['iris 1 failed']);
    expect(report.versions[0]!.sentence).toContain('said nothing for 0 s');
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    server.hook = () => false;
    expect(states(await sync())).toEqual(['iris 1 imported']);
  });

  it('of a server that does not even begin to answer is left for the next sync', async () => {
    publish('1');
    onGet(weightsKey, 99, () => true);
    expect((await sync()).versions).toMatchObject([
      { state: 'failed', sentence: expect.stringContaining('did not answer in time') },
    ]);
  });

  it('with another SHA-256 than its manifest says is refused, and the version before stays', async () => {
    publish('1');
    await sync();
    publish('2', { sha256: 'b'.repeat(64) });
    const report = await sync();
    expect(report.versions).toMatchObject([
      { version: '2', state: 'refused', sentence: expect.stringContaining('SHA-256') },
    ]);
    expect(await versions()).toEqual(['1']);
    expect(events.at(-1)).toMatchObject({ severity: 'attention', model: 'iris' });
  });

  it('with another size than was listed is refused: shorter, longer, or longer than it says itself', async () => {
    const lies: Hook[] = [
      (_request, response) => (respond(response, weights.subarray(1)), true),
      (_request, response) => (respond(response, Buffer.concat([weights, weights])), true),
      (_request, response) => {
        response.writeHead(200, { ETag: `"${server.objects.get(weightsKey)!.etag}"` });
        response.end(Buffer.concat([weights, weights]));
        return true;
      },
    ];
    for (const [index, lie] of lies.entries()) {
      const version = String(index + 1);
      publish(version);
      const key = `prod/iris/${version}/weights.bin`;
      onGet(key, 99, lie);
      const report = await sync();
      expect(report.versions.at(-1)).toMatchObject({
        version,
        state: 'refused',
        sentence: expect.stringContaining('was listed with 300000 bytes'),
      });
      server.hook = () => false;
    }
    expect(await versions()).toEqual([]);
  });

  it('that changes between the listing and the request is refused', async () => {
    publish('1');
    onGet(weightsKey, 1, () => {
      server.put(weightsKey, Buffer.alloc(weights.length, 1));
      return false;
    });
    const report = await sync();
    expect(report.versions).toMatchObject([{ state: 'failed', sentence: expect.stringContaining('changed') }]);
    expect(server.headers.some((headers) => headers['if-match'] !== undefined)).toBe(true);
    expect(await versions()).toEqual([]);
  });

  it('that changes on a server that does not know If-Match is refused too', async () => {
    publish('1');
    onGet(weightsKey, 1, (_request, response) => {
      response.writeHead(200, { ETag: '"another"', 'Content-Length': weights.length });
      response.end(weights);
      return true;
    });
    expect((await sync()).versions).toMatchObject([{ state: 'failed', sentence: expect.stringContaining('changed') }]);
    expect(await versions()).toEqual([]);
  });

  function respond(response: Parameters<Hook>[1], bytes: Buffer): void {
    response.writeHead(200, { ETag: `"${server.objects.get(weightsKey)!.etag}"`, 'Content-Length': bytes.length });
    response.end(bytes);
  }
});

/** S36 and S37 over a real wire: what a server of somebody else may try, and that nothing of it is taken, kept or followed. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelStore } from '../../server/models/model-store.ts';
import type { NewHostEvent } from '../../server/protocol/admin/host-event.ts';
import { sourceSettingsSchema } from '../../server/protocol/admin/source-settings.ts';
import type { S3Settings } from '../../server/protocol/admin/source-settings.ts';
import type { Resolve } from '../../server/sources/checked-agent.ts';
import { S3Source } from '../../server/sources/s3-source.ts';
import { checkSource } from '../../server/sources/source-check.ts';
import { manifestText } from '../../server/sources/source-manifest.ts';
import { SourceMemory } from '../../server/sources/source-memory.ts';
import { syncSource } from '../../server/sources/sync.ts';
import type { SyncReport } from '../../server/sources/sync.ts';
import { externalDataModel } from '../support/foreign-models.ts';
import { fail, FakeS3 } from '../support/fake-s3.ts';
import type { Hook } from '../support/fake-s3.ts';
import { loopbackCertificate, loopbackKey } from '../support/loopback-certificate.ts';
import { ImportBench } from '../support/model-imports.ts';
import { identityModel } from '../support/models.ts';
import { s3rverKey } from '../support/s3-servers.ts';

let bench: ImportBench;
let server: FakeS3;
let memory: SourceMemory;
let events: NewHostEvent[] = [];

beforeEach(async () => {
  bench = await ImportBench.open();
  await mkdir(bench.data, { recursive: true });
  server = await FakeS3.start();
  memory = SourceMemory.open(bench.data);
  events = [];
});
afterEach(async () => {
  memory.close();
  await server[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

const settings = (more: object = {}): S3Settings =>
  sourceSettingsSchema.parse({
    kind: 's3',
    name: 'factory',
    bucket: 'models',
    prefix: 'prod',
    endpoint: server.endpoint,
    allowPrivateEndpoint: true,
    ...more,
  }) as S3Settings;

const timeouts = { connectMs: 2000, answerMs: 500 };
const open = (more: object = {}, parts: object = {}): Promise<S3Source> =>
  S3Source.open(settings(more), s3rverKey, { timeouts, ...parts });

function sync(more: object = {}, parts: object = {}): Promise<SyncReport> {
  return syncSource({
    settings: settings(more),
    open: () => open(more, parts),
    dataDirectory: bench.data,
    memory,
    trigger: 'command',
    tryModel: async () => ({
      signature: bench.signature,
      batching: '',
      maxBatchSize: 1,
      loadMs: 1,
      rssBytes: 1,
      peakRssBytes: 1,
      samples: undefined,
    }),
    onEvent: (event) => events.push(event),
    parts: {
      settleMs: 0,
      wait: async () => {},
      limits: { silenceMs: 300, tries: 3, progressBytes: 1000, floorBytesPerSecond: 20_000 },
    },
  });
}

const model = (seed: number): Buffer => Buffer.from(identityModel('FLOAT', [`batch_${seed}`, 4]));
const weights = Buffer.alloc(300_000, 9);

/** Version `version` of iris with weights in a second file, and its manifest. */
function publish(version: string, over: { readonly sha256?: string; readonly sizeBytes?: number } = {}): void {
  const files = { 'model.onnx': Buffer.from(externalDataModel([['location', 'weights.bin']])), 'weights.bin': weights };
  for (const [path, bytes] of Object.entries(files)) server.put(`prod/iris/${version}/${path}`, bytes);
  const digests = Object.fromEntries(
    Object.entries(files).map(([path, bytes]) => [
      path,
      { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
    ]),
  );
  digests['weights.bin'] = { ...digests['weights.bin']!, ...over };
  server.put(
    `prod/iris/${version}/millrace-manifest.json`,
    manifestText({ format: 1, name: 'iris', version, files: digests }),
  );
}

const weightsKey = 'prod/iris/1/weights.bin';
const versions = (): Promise<string[]> => new ModelStore(bench.data).versions('iris');
const states = ({ versions: results }: SyncReport): string[] =>
  results.map((each) => `${each.model} ${each.version} ${each.state}`);
const requestsFor = (key: string): string[] =>
  server.requests.filter((request) => request.includes(key.replace('prod', '/models/prod')));

/** Runs the hook for requests of one object; `times` of them. */
function onGet(key: string, times: number, hook: Hook): void {
  let left = times;
  server.hook = (request, response, wanted) => wanted === key && left-- > 0 && hook(request, response, wanted);
}

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

describe('an endpoint', () => {
  it.each([
    ['http://169.254.169.254/latest/meta-data/', 'http://169.254.169.254'],
    ['http://127.0.0.1:1/', 'http://127.0.0.1:1'],
    ['https://elsewhere.example/x', 'https://elsewhere.example'],
  ])('that redirects to %s is not followed', async (location, shown) => {
    for (const status of [301, 302, 307, 308]) {
      server.hook = (_request, response) => (response.writeHead(status, { Location: location }).end(), true);
      const report = await sync();
      expect(report.error).toMatchObject({
        details: { reason: 'redirect' },
        message: expect.stringContaining(shown),
        retryable: false,
      });
    }
    // One request each, and none of them anywhere else.
    expect(server.requests).toHaveLength(4);
  });

  it('that redirects an object is not followed either', async () => {
    publish('1');
    onGet(
      weightsKey,
      1,
      (_request, response) => (response.writeHead(307, { Location: 'http://169.254.169.254/' }).end(), true),
    );
    expect((await sync()).versions).toMatchObject([
      { state: 'failed', sentence: expect.stringContaining('redirects') },
    ]);
  });

  it('of another region is named', async () => {
    server.hook = (_request, response) => (
      response.writeHead(301, { 'x-amz-bucket-region': 'eu-north-1' }).end(),
      true
    );
    expect((await sync()).error).toMatchObject({ hint: 'Set the region to eu-north-1.' });
  });

  it('on this machine or in the own network is asked only where that was allowed', async () => {
    for (const endpoint of [
      server.endpoint,
      server.endpoint.replace('127.0.0.1', 'localhost'),
      server.endpoint.replace('127.0.0.1', '[::ffff:127.0.0.1]'),
    ]) {
      const report = await sync({ endpoint, allowPrivateEndpoint: false });
      expect(report.error).toMatchObject({ details: { reason: 'endpoint' } });
    }
    expect(server.requests).toEqual([]);
  });

  it('with a name that leads to a forbidden address is never connected to', async () => {
    const { port } = new URL(server.endpoint);
    const resolve =
      (address: string): Resolve =>
      (_name, done) =>
        done(null, [{ address, family: address.includes(':') ? 6 : 4 }]);
    const endpoint = `http://flip.example:${port}`;
    for (const [address, allowPrivateEndpoint] of [
      ['127.0.0.1', false],
      ['::ffff:127.0.0.1', false],
      ['169.254.169.254', true],
      ['fd00:ec2::254', true],
    ] as const) {
      const report = await sync({ endpoint, allowPrivateEndpoint }, { resolve: resolve(address) });
      expect(report.error).toMatchObject({
        details: { reason: 'endpoint' },
        message: expect.stringContaining(`flip.example leads to ${address}`),
      });
    }
    expect(server.requests).toEqual([]);
    // The same name where it may: the look-up is ours, and so is the connection.
    expect((await sync({ endpoint }, { resolve: resolve('127.0.0.1') })).error).toBeUndefined();
    expect(server.headers[0]!.host).toBe(`flip.example:${port}`);
  });

  it('with a name that flips from one connection to the next is judged at each', async () => {
    const { port } = new URL(server.endpoint);
    const answers = ['127.0.0.1', '169.254.169.254'];
    let asked = 0;
    const resolve: Resolve = (_name, done) => done(null, [{ address: answers[Math.min(asked++, 1)]!, family: 4 }]);
    server.hook = (_request, response) => (response.setHeader('Connection', 'close'), false);
    publish('1');
    const report = await sync({ endpoint: `http://flip.example:${port}` }, { resolve });
    expect(report.error).toMatchObject({
      details: { reason: 'endpoint' },
      message: expect.stringContaining('169.254.169.254'),
    });
    expect(asked).toBeGreaterThan(1);
    expect(server.requests).toHaveLength(1);
  });

  it('with a name of which only one address is forbidden is refused whole', async () => {
    const resolve: Resolve = (_name, done) =>
      done(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '169.254.169.254', family: 4 },
      ]);
    const report = await sync({ endpoint: server.endpoint.replace('127.0.0.1', 'flip.example') }, { resolve });
    expect(report.error).toMatchObject({ details: { reason: 'endpoint' } });
    expect(server.requests).toEqual([]);
  });

  it('with a certificate of its own is trusted where its authority is named', async () => {
    const tls = createTlsServer({ key: loopbackKey, cert: loopbackCertificate }, (_request, response) =>
      response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'),
    );
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    const endpoint = `https://localhost:${(tls.address() as AddressInfo).port}`;
    try {
      expect((await sync({ endpoint })).error).toMatchObject({
        details: { reason: 'unreachable' },
        hint: expect.stringContaining('caFile'),
      });
      const caFile = await bench.put('ca.pem', loopbackCertificate);
      expect((await sync({ endpoint, caFile })).error).toBeUndefined();
    } finally {
      tls.closeAllConnections();
      await new Promise((resolve) => tls.close(resolve));
    }
  });
});

describe('the four questions', () => {
  const ticks = async (more: object = {}): Promise<string[]> =>
    (await checkSource(() => open(more))).map(({ step, state }) => `${step} ${state}`);

  it('are all answered by a source that works', async () => {
    publish('1');
    expect(await ticks()).toEqual(['reach ok', 'auth ok', 'list ok', 'read ok']);
  });

  it('skip the reading where nothing is there', async () => {
    expect(await ticks()).toEqual(['reach ok', 'auth ok', 'list ok', 'read skipped']);
  });

  it('stop at the one that fails', async () => {
    publish('1');
    expect(await ticks({ endpoint: 'http://127.0.0.1:1' })).toEqual([
      'reach failed',
      'auth skipped',
      'list skipped',
      'read skipped',
    ]);
    expect(await ticks({ allowPrivateEndpoint: false })).toEqual([
      'reach failed',
      'auth skipped',
      'list skipped',
      'read skipped',
    ]);
    server.accessKeyId = 'SOMEBODY';
    expect(await ticks()).toEqual(['reach ok', 'auth failed', 'list skipped', 'read skipped']);
    server.accessKeyId = undefined;
    server.hook = (_request, response, key) => key === undefined && (fail(response, 404, 'NoSuchBucket'), true);
    expect(await ticks()).toEqual(['reach ok', 'auth ok', 'list failed', 'read skipped']);
    server.hook = (_request, response, key) => key !== undefined && (fail(response, 403, 'AccessDenied'), true);
    expect(await ticks()).toEqual(['reach ok', 'auth ok', 'list ok', 'read failed']);
  });

  it('name a server that is not S3', async () => {
    const web = createServer((_request, response) => response.end('<html>hello</html>'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    try {
      const steps = await checkSource(() =>
        open({ endpoint: `http://127.0.0.1:${(web.address() as AddressInfo).port}` }),
      );
      expect(steps[0]).toMatchObject({ state: 'failed', sentence: expect.stringContaining('no listing') });
    } finally {
      web.closeAllConnections();
      await new Promise((resolve) => web.close(resolve));
    }
  });
});

describe('credentials', () => {
  it('of a public bucket are not sent', async () => {
    publish('1');
    expect(states(await sync({ anonymous: true }))).toEqual(['iris 1 imported']);
    expect(server.headers.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  it('are sent as a signature, never as they are', async () => {
    publish('1');
    await sync();
    expect(
      server.headers.every(
        ({ authorization }) => authorization?.startsWith('AWS4-HMAC-SHA256 Credential=S3RVER/') === true,
      ),
    ).toBe(true);
  });
});

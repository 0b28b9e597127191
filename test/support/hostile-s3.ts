/** A server that may do anything, a store, and syncs between them: for the tests of S36 and S37. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { afterEach, beforeEach } from 'vitest';
import { ModelStore } from '../../server/models/model-store.ts';
import type { NewHostEvent } from '../../server/protocol/admin/host-event.ts';
import { sourceSettingsSchema } from '../../server/protocol/admin/source-settings.ts';
import type { S3Settings } from '../../server/protocol/admin/source-settings.ts';
import { S3Source } from '../../server/sources/s3-source.ts';
import { manifestText } from '../../server/sources/source-manifest.ts';
import { SourceMemory } from '../../server/sources/source-memory.ts';
import { syncSource } from '../../server/sources/sync.ts';
import type { SyncReport } from '../../server/sources/sync.ts';
import { externalDataModel } from './foreign-models.ts';
import { FakeS3 } from './fake-s3.ts';
import type { Hook } from './fake-s3.ts';
import { ImportBench } from './model-imports.ts';
import { identityModel } from './models.ts';
import { s3rverKey } from './s3-servers.ts';

export let bench: ImportBench;
export let server: FakeS3;
export let memory: SourceMemory;
export let events: NewHostEvent[] = [];

/** Called once by a test file: each of its tests gets a server, a store and a memory of its own. */
export function useHostileS3(): void {
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
}

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
export const open = (more: object = {}, parts: object = {}): Promise<S3Source> =>
  S3Source.open(settings(more), s3rverKey, { timeouts, ...parts });

export function sync(more: object = {}, parts: object = {}): Promise<SyncReport> {
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

export const model = (seed: number): Buffer => Buffer.from(identityModel('FLOAT', [`batch_${seed}`, 4]));
export const weights = Buffer.alloc(300_000, 9);

/** Version `version` of iris with weights in a second file, and its manifest. */
export function publish(version: string, over: { readonly sha256?: string; readonly sizeBytes?: number } = {}): void {
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

export const weightsKey = 'prod/iris/1/weights.bin';
export const versions = (): Promise<string[]> => new ModelStore(bench.data).versions('iris');
export const states = ({ versions: results }: SyncReport): string[] =>
  results.map((each) => `${each.model} ${each.version} ${each.state}`);
export const requestsFor = (key: string): string[] =>
  server.requests.filter((request) => request.includes(key.replace('prod', '/models/prod')));

/** Runs the hook for requests of one object; `times` of them. */
export function onGet(key: string, times: number, hook: Hook): void {
  let left = times;
  server.hook = (request, response, wanted) => wanted === key && left-- > 0 && hook(request, response, wanted);
}

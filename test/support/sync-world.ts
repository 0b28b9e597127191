/** A source in memory, a store, and syncs between them, with time and chance in the test's hand. */
import { createHash } from 'node:crypto';
import { manifestText } from '../../server/sources/source-manifest.ts';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { ModelStore } from '../../server/models/model-store.ts';
import type { NewHostEvent } from '../../server/protocol/admin/host-event.ts';
import { sourceSettingsSchema } from '../../server/protocol/admin/source-settings.ts';
import { SourceMemory } from '../../server/sources/source-memory.ts';
import { syncSource } from '../../server/sources/sync.ts';
import type { SyncJob, SyncReport } from '../../server/sources/sync.ts';
import { MemorySource } from '../fakes/memory-source.ts';
import { externalDataModel } from './foreign-models.ts';
import { ImportBench } from './model-imports.ts';
import { identityModel } from './models.ts';

export let bench: ImportBench;
export let source: MemorySource;
export let memory: SourceMemory;
/** What a test may look at and change. */
export const world = {
  nowMs: 0,
  events: [] as NewHostEvent[],
  waits: [] as number[],
  /** What happens while a sync waits. */
  meanwhile: (): void => {},
};

/** Called once by a test file: each of its tests gets a source, a store and a memory of its own. */
export function useSyncWorld(): void {
  beforeEach(async () => {
    bench = await ImportBench.open();
    source = new MemorySource();
    world.nowMs = 1_700_000_000_000;
    world.events = [];
    world.waits = [];
    world.meanwhile = () => {};
    await mkdir(bench.data, { recursive: true });
    memory = SourceMemory.open(bench.data, () => world.nowMs);
  });
  afterEach(async () => {
    memory.close();
    await bench[Symbol.asyncDispose]();
  });
}

export const settings = (more: object = {}) =>
  sourceSettingsSchema.parse({ kind: 'directory', name: 'factory', path: '/x', ...more });

export function sync(more: Partial<SyncJob> = {}): Promise<SyncReport> {
  return syncSource({
    settings: settings(),
    open: async () => source,
    dataDirectory: bench.data,
    memory,
    trigger: 'command',
    tryModel: async (request) => {
      bench.trials.push(request);
      return {
        signature: bench.signature,
        batching: '',
        maxBatchSize: 1,
        loadMs: 1,
        rssBytes: 1,
        peakRssBytes: 1,
        samples: undefined,
      };
    },
    onEvent: (event) => world.events.push(event),
    parts: {
      now: () => world.nowMs,
      random: () => 0.5,
      wait: async (ms) => {
        world.waits.push(ms);
        world.nowMs += ms;
        world.meanwhile();
      },
      limits: { silenceMs: 60_000, tries: 3, progressBytes: 100, floorBytesPerSecond: 1e6 },
    },
    ...more,
  });
}

export const model = (seed: number): Buffer => Buffer.from(identityModel('FLOAT', [`batch_${seed}`, 4]));
export const versions = (name = 'iris'): Promise<string[]> => new ModelStore(bench.data).versions(name);
export const states = ({ versions: results }: SyncReport): string[] =>
  results.map((each) => `${each.model} ${each.version} ${each.state}`);

/** Nothing that a sync leaves is half: what is in the store is whole, and no folder of a sync is left. */
export async function storeIsWhole(): Promise<void> {
  const store = new ModelStore(bench.data);
  for (const name of await store.names()) {
    for (const version of await store.versions(name)) expect((await store.check(name, version)).fault).toBeUndefined();
  }
  expect(await readdir(join(bench.data, 'staging')).catch(() => [])).toEqual([]);
}

export function externalModel(name = 'weights.bin'): Buffer {
  // `name` other than the file's only makes the bytes differ.
  const entries: [string, string][] = [['location', 'weights.bin']];
  return Buffer.from(externalDataModel(name === 'weights.bin' ? entries : [...entries, ['checksum', name]]));
}

export async function pushed(version: string, bytes: Buffer): Promise<void> {
  source.put(`iris/${version}/model.onnx`, bytes);
  await pushAs(version, ['model.onnx']);
}

/** Writes the manifest of objects that are there. */
export async function pushAs(version: string, paths: readonly string[]): Promise<void> {
  const files = Object.fromEntries(
    paths.map((path) => {
      const bytes = source.objects.get(`iris/${version}/${path}`)!;
      return [path, { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }];
    }),
  );
  source.put(`iris/${version}/millrace-manifest.json`, manifestText({ format: 1, name: 'iris', version, files }));
}

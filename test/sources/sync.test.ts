import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelStore } from '../../server/models/model-store.ts';
import type { NewHostEvent } from '../../server/protocol/admin/host-event.ts';
import { sourceSettingsSchema } from '../../server/protocol/admin/source-settings.ts';
import { pushVersion } from '../../server/sources/push.ts';
import { sourceFailure } from '../../server/sources/source-failure.ts';
import { SourceMemory } from '../../server/sources/source-memory.ts';
import { syncSource } from '../../server/sources/sync.ts';
import type { SyncJob, SyncReport } from '../../server/sources/sync.ts';
import { MemorySource } from '../fakes/memory-source.ts';
import { externalDataModel } from '../support/foreign-models.ts';
import { ImportBench } from '../support/model-imports.ts';
import { identityModel } from '../support/models.ts';

let bench: ImportBench;
let source: MemorySource;
let memory: SourceMemory;
let nowMs = 0;
let events: NewHostEvent[] = [];
let waits: number[] = [];
/** What happens while the sync waits for uploads to settle. */
let meanwhile = (): void => {};

beforeEach(async () => {
  bench = await ImportBench.open();
  source = new MemorySource();
  nowMs = 1_700_000_000_000;
  events = [];
  waits = [];
  meanwhile = () => {};
  await mkdir(bench.data, { recursive: true });
  memory = SourceMemory.open(bench.data, () => nowMs);
});
afterEach(async () => {
  memory.close();
  await bench[Symbol.asyncDispose]();
});

const settings = (more: object = {}) =>
  sourceSettingsSchema.parse({ kind: 'directory', name: 'factory', path: '/x', ...more });

function sync(more: Partial<SyncJob> = {}): Promise<SyncReport> {
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
    onEvent: (event) => events.push(event),
    parts: {
      now: () => nowMs,
      random: () => 0.5,
      wait: async (ms) => {
        waits.push(ms);
        nowMs += ms;
        meanwhile();
      },
      limits: { silenceMs: 60_000, tries: 3, progressBytes: 100, floorBytesPerSecond: 1e6 },
    },
    ...more,
  });
}

const model = (seed: number): Buffer => Buffer.from(identityModel('FLOAT', [`batch_${seed}`, 4]));
const versions = (name = 'iris'): Promise<string[]> => new ModelStore(bench.data).versions(name);
const states = ({ versions: results }: SyncReport): string[] =>
  results.map((each) => `${each.model} ${each.version} ${each.state}`);

/** Nothing that a sync leaves is half: what is in the store is whole, and no folder of a sync is left. */
async function storeIsWhole(): Promise<void> {
  const store = new ModelStore(bench.data);
  for (const name of await store.names()) {
    for (const version of await store.versions(name)) expect((await store.check(name, version)).fault).toBeUndefined();
  }
  expect(await readdir(join(bench.data, 'staging')).catch(() => [])).toEqual([]);
}

describe('a sync', () => {
  it('waits for a version without a manifest to settle, then fetches, tries and publishes it under its own number', async () => {
    source.put('iris/7/model.onnx', model(1));
    source.put('iris/labels.txt', 'a\nb\n');
    const report = await sync();
    expect(states(report)).toEqual(['iris 7 imported']);
    expect(report).toMatchObject({ outcome: 'done', sentence: 'The source factory brought iris 7.' });
    expect(waits).toEqual([5000]);
    expect(source.listings).toBe(2);
    expect(await versions()).toEqual(['7']);
    const record = await new ModelStore(bench.data).record('iris', '7');
    expect(record).toMatchObject({ origin: { source: 'factory: memory' } });
    expect(Object.keys(record!.files).sort()).toEqual(['labels.txt', 'model.onnx']);
    expect(bench.trials).toHaveLength(1);
    expect(events).toMatchObject([
      { kind: 'source', severity: 'info', model: 'iris', sentence: 'Version 7 of iris came from factory.' },
    ]);
    expect(existsSync(join(bench.data, 'downloads', 'factory', 'iris@7'))).toBe(false);
    expect(source.isClosed).toBe(true);
    await storeIsWhole();
  });

  it('fetches nothing again that has not changed', async () => {
    source.put('iris/7/model.onnx', model(1));
    await sync();
    source.opened.length = 0;
    waits = [];
    expect(states(await sync())).toEqual(['iris 7 unchanged']);
    expect([source.opened, waits]).toEqual([[], []]);
    expect(bench.trials).toHaveLength(1);
    expect(events).toHaveLength(1);
  });

  it('does not take a version that is still being uploaded', async () => {
    source.put('iris/1/model.onnx', externalModel());
    meanwhile = () => source.put('iris/1/weights.bin', Buffer.alloc(16));
    expect(states(await sync())).toEqual(['iris 1 waiting']);
    expect(await versions()).toEqual([]);
    meanwhile = () => {};
    nowMs += 5000;
    expect(states(await sync())).toEqual(['iris 1 imported']);
    expect(Object.keys((await new ModelStore(bench.data).record('iris', '1'))!.files).sort()).toEqual([
      'model.onnx',
      'weights.bin',
    ]);
  });

  it('only says what it would do in a dry run', async () => {
    await pushed('1', model(1));
    source.put('digits/1/model.onnx', model(2));
    source.opened.length = 0;
    const report = await sync({ dryRun: true });
    expect(states(report)).toEqual(['digits 1 waiting', 'iris 1 planned']);
    expect([
      waits,
      await versions(),
      memory.history('factory', 9).filter(({ trigger }) => trigger === 'command'),
    ]).toEqual([[], [], []]);
    expect(source.opened).toEqual(['iris/1/millrace-manifest.json 0']);
    expect(memory.seenSince('factory', 'digits', '1', 'x')).toBeUndefined();
    expect(existsSync(join(bench.data, 'downloads'))).toBe(false);
  });

  it('keeps the number of the source where the same contents have another one here', async () => {
    await bench.put('iris/1/model.onnx', model(1));
    await bench.imported(bench.path('iris'));
    source.put('iris/5/model.onnx', model(1));
    expect(states(await sync())).toEqual(['iris 5 imported']);
    expect(await versions()).toEqual(['1', '5']);
  });

  it('takes what the store has already from the store', async () => {
    const weights = Buffer.alloc(4096, 3);
    source.put('iris/1/model.onnx', externalModel());
    source.put('iris/1/weights.bin', weights);
    await pushAs('1', ['model.onnx', 'weights.bin']);
    await sync();
    source.put('iris/2/model.onnx', externalModel('other'));
    source.put('iris/2/weights.bin', weights);
    await pushAs('2', ['model.onnx', 'weights.bin']);
    source.opened.length = 0;
    const report = await sync();
    expect(states(report)).toEqual(['iris 2 imported']);
    expect(source.opened.filter((each) => each.includes('weights'))).toEqual([]);
    expect(report.fetchedBytes).toBe(externalModel('other').length);
  });

  it('finds out what it has where its memory is lost', async () => {
    source.put('iris/7/model.onnx', model(1));
    await sync();
    memory.forget('factory');
    const report = await sync();
    expect(states(report)).toEqual(['iris 7 unchanged']);
    expect(bench.trials).toHaveLength(1);
    source.opened.length = 0;
    expect(states(await sync())).toEqual(['iris 7 unchanged']);
    expect(source.opened).toEqual([]);
  });

  it('never deletes what is gone from the source', async () => {
    source.put('iris/7/model.onnx', model(1));
    await sync();
    source.objects.clear();
    expect(states(await sync())).toEqual([]);
    expect(await versions()).toEqual(['7']);
  });

  it('looks at the models and versions that the settings name', async () => {
    for (const version of ['1', '2', '3']) source.put(`iris/${version}/model.onnx`, model(Number(version)));
    source.put('digits/1/model.onnx', model(9));
    expect(states(await sync({ settings: settings({ models: ['ir*'], versions: 2 }) }))).toEqual([
      'iris 2 imported',
      'iris 3 imported',
    ]);
  });
});

describe('a version that may not be taken', () => {
  it('is refused when the import refuses it, once, and tried again when asked or a day later', async () => {
    source.put('iris/1/model.onnx', '<html>captive portal</html>');
    const first = await sync();
    expect(states(first)).toEqual(['iris 1 refused']);
    expect(first.outcome).toBe('done');
    expect(first.versions[0]!.sentence).toContain('web page');
    expect(events).toMatchObject([
      { severity: 'attention', model: 'iris', sentence: expect.stringContaining('was refused: ') },
    ]);
    source.opened.length = 0;
    expect(states(await sync())).toEqual(['iris 1 refused']);
    expect([source.opened, events.length]).toEqual([[], 1]);
    await sync({ retryRefused: true });
    expect(source.opened).toHaveLength(1);
    nowMs += 24 * 3_600_000;
    await sync();
    expect(source.opened).toHaveLength(2);
    await storeIsWhole();
  });

  it('is refused when other contents come under a number that is taken, and the old ones stay', async () => {
    source.put('iris/1/model.onnx', model(1));
    await sync();
    const before = await new ModelStore(bench.data).record('iris', '1');
    source.put('iris/1/model.onnx', model(2));
    const report = await sync();
    expect(states(report)).toEqual(['iris 1 refused']);
    expect(report.versions[0]!.sentence).toContain('other contents');
    expect(await new ModelStore(bench.data).record('iris', '1')).toEqual(before);
  });

  it('is refused when its bytes are not those of its manifest, and tried again after an hour', async () => {
    await pushed('1', model(1));
    source.put('iris/1/model.onnx', model(2).subarray(0, model(1).length));
    const report = await sync();
    expect(states(report)).toEqual(['iris 1 refused']);
    expect(report.versions[0]!.sentence).toContain('SHA-256');
    expect(await versions()).toEqual([]);
    source.opened.length = 0;
    await sync();
    expect(source.opened).toEqual([]);
    nowMs += 3_600_000;
    await sync();
    expect(source.opened).toHaveLength(2);
    await storeIsWhole();
  });

  it('does not hold up the others', async () => {
    source.put('a/1/model.onnx', 'rubbish');
    source.put('b/1/model.onnx', model(1));
    expect(states(await sync())).toEqual(['a 1 refused', 'b 1 imported']);
  });

  it('is told of once where the plan refuses it', async () => {
    await pushed('1', model(1));
    source.objects.delete('iris/1/model.onnx');
    source.put('iris/1/other.onnx', model(1));
    await sync();
    await sync();
    expect(events).toMatchObject([
      { severity: 'attention', sentence: expect.stringContaining('lists model.onnx, which is not there') },
    ]);
  });

  it('is a key that no model has: told of once, and nothing is written for it', async () => {
    source.put('../../etc/x', 'x');
    source.put('iris/1/model.onnx', model(1));
    expect((await sync()).problems).toMatchObject([{ subject: '"../../etc/x"' }]);
    await sync();
    expect(events.filter(({ sentence }) => sentence.includes('etc/x'))).toHaveLength(1);
    expect(existsSync(join(bench.data, '..', '..', 'etc', 'x'))).toBe(false);
  });
});

describe('a source that fails', () => {
  it('is in the history and told of once, until it answers again', async () => {
    source.listFailure = sourceFailure('unreachable', 'Away.', 'Wait.');
    const report = await sync();
    expect(report).toMatchObject({
      outcome: 'failed',
      error: { code: 'source-failed' },
      sentence: 'Away.',
      hint: 'Wait.',
    });
    // Asked three times before it is given up.
    expect(waits).toEqual([250, 500]);
    await sync();
    source.listFailure = undefined;
    await sync();
    expect(memory.history('factory', 9).map(({ outcome }) => outcome)).toEqual(['done', 'failed', 'failed']);
    expect(events.map(({ sentence }) => sentence)).toEqual([
      'The source factory could not be used: Away. What is stored is served as before.',
      'The source factory answers again.',
    ]);
  });

  it('that cannot even be opened has a run all the same', async () => {
    const report = await sync({ open: () => Promise.reject(sourceFailure('endpoint', 'Never.', 'Other.')) });
    expect(report).toMatchObject({ outcome: 'failed', sentence: 'Never.' });
    expect(memory.history('factory', 1)).toMatchObject([{ outcome: 'failed', sentence: 'Never.' }]);
  });

  it('halfway leaves what came, goes on from there, and fetches nothing twice', async () => {
    const weights = Buffer.alloc(4000, 5);
    source.put('iris/1/model.onnx', externalModel());
    source.put('iris/1/weights.bin', weights);
    source.faults.set('iris/1/weights.bin', [{ cutAfter: 1000 }, { cutAfter: 0 }, { cutAfter: 0 }]);
    const first = await sync();
    expect(states(first)).toEqual(['iris 1 failed']);
    expect(first.outcome).toBe('partly');
    expect(await versions()).toEqual([]);
    source.opened.length = 0;
    expect(states(await sync())).toEqual(['iris 1 imported']);
    expect(source.opened).toEqual(['iris/1/weights.bin 1000']);
    await storeIsWhole();
  });

  it('for three versions in a row is left alone until the next sync', async () => {
    for (const name of ['a', 'b', 'c', 'd']) {
      source.put(`${name}/1/model.onnx`, model(1));
      source.faults.set(
        `${name}/1/model.onnx`,
        Array.from({ length: 3 }, () => ({ cutAfter: 0 })),
      );
    }
    const report = await sync();
    expect(states(report)).toEqual(['a 1 failed', 'b 1 failed', 'c 1 failed', 'd 1 failed']);
    expect(source.opened.filter((each) => each.startsWith('d'))).toEqual([]);
  });

  it('when the disk is full says so, and is not held against the version', async () => {
    source.put('iris/1/model.onnx', model(1));
    const parts = {
      now: () => nowMs,
      wait: async (ms: number) => void (nowMs += ms),
      freeBytes: async () => 1_000_100,
    };
    const report = await sync({ parts });
    expect(states(report)).toEqual(['iris 1 failed']);
    expect(report.versions[0]!.sentence).toContain('The disk is full');
    expect(states(await sync())).toEqual(['iris 1 imported']);
  });

  it('that is stopped says so and throws the reason', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    source.put('iris/1/model.onnx', model(1));
    source.beforeList = () => stop.abort(reason);
    await expect(sync({ signal: stop.signal })).rejects.toBe(reason);
    expect(memory.history('factory', 1)).toMatchObject([{ outcome: 'failed', sentence: 'It was stopped.' }]);
  });

  it('is not asked by two at once', async () => {
    memory.begin('factory', 'schedule');
    await expect(sync()).rejects.toMatchObject({ code: 'source-busy' });
    expect(source.listings).toBe(0);
  });

  it('clears away what earlier syncs left of versions that are no longer wanted', async () => {
    const old = join(bench.data, 'downloads', 'factory', 'iris@1');
    await mkdir(old, { recursive: true });
    await writeFile(join(old, 'part'), 'x');
    await sync();
    expect(existsSync(old)).toBe(false);
  });
});

describe('a push', () => {
  const push = (more: object = {}) =>
    pushVersion({
      settings: settings(),
      open: async () => source,
      dataDirectory: bench.data,
      memory,
      model: 'iris',
      wait: async (ms) => void waits.push(ms),
      random: () => 0.5,
      ...more,
    });
  beforeEach(async () => {
    await bench.put('iris/4/model.onnx', model(1));
    await bench.put('iris/labels.txt', 'a\nb\n');
    await bench.imported(bench.path('iris'));
  });

  it('publishes the files first and the manifest last, for a sync to take', async () => {
    expect(await push()).toMatchObject({ state: 'pushed', model: 'iris', version: '4', files: 2 });
    expect(source.opened.at(-1)).toBe('put iris/4/millrace-manifest.json');
    expect(source.opened).toHaveLength(3);
    expect(memory.history('factory', 1)).toMatchObject([
      { trigger: 'push', outcome: 'done', bytes: model(1).length + 4 },
    ]);
    expect(states(await sync())).toEqual(['iris 4 unchanged']);
    await using other = await ImportBench.open();
    const otherMemory = SourceMemory.open(other.data, () => nowMs);
    expect(states(await sync({ dataDirectory: other.data, memory: otherMemory }))).toEqual(['iris 4 imported']);
    expect((await new ModelStore(other.data).record('iris', '4'))!.digest).toBe(
      (await new ModelStore(bench.data).record('iris', '4'))!.digest,
    );
    otherMemory.close();
  });

  it('sends nothing where it is there already', async () => {
    await push();
    source.opened.length = 0;
    expect(await push()).toMatchObject({ state: 'unchanged', sentBytes: 0 });
    expect(source.opened).toEqual(['iris/4/millrace-manifest.json 0']);
  });

  it('never writes over other contents', async () => {
    await push();
    await using other = await ImportBench.open();
    await other.put('iris/4/model.onnx', model(2));
    await other.imported(other.path('iris'));
    await expect(push({ dataDirectory: other.data })).rejects.toMatchObject({
      code: 'model-load-failed',
      details: { reason: 'version-taken' },
    });
    source.objects.delete('iris/4/millrace-manifest.json');
    source.put('iris/4/theirs.bin', 'x');
    await expect(push()).rejects.toMatchObject({ details: { reason: 'version-taken' } });
  });

  it('that was cut is not taken by anyone, and goes through the next time', async () => {
    source.faults.set(
      'iris/4/labels.txt',
      Array.from({ length: 4 }, () => ({ throws: sourceFailure('unreachable', 'Away.', 'Wait.') })),
    );
    await expect(push()).rejects.toMatchObject({ details: { reason: 'unreachable' } });
    expect(waits).toEqual([250, 500, 1000]);
    expect([...source.objects.keys()].filter((key) => key.includes('manifest'))).toEqual([]);
    expect(memory.history('factory', 1)).toMatchObject([{ outcome: 'failed', sentence: 'Away.' }]);
    expect(await push()).toMatchObject({ state: 'pushed' });
  });

  it('does not publish a version whose bytes have changed on disk', async () => {
    const path = join(new ModelStore(bench.data).versionFolder('iris', '4'), 'model.onnx');
    const bytes = await readFile(path);
    bytes[10]! ^= 1;
    await writeFile(path, bytes);
    await expect(push()).rejects.toMatchObject({ details: { reason: 'damaged' } });
    expect(source.opened).toEqual([]);
  });

  it('names what there is where the model or the version is not', async () => {
    await expect(push({ model: 'x' })).rejects.toMatchObject({ code: 'unknown-model' });
    await expect(push({ version: '9' })).rejects.toMatchObject({ code: 'unknown-version' });
  });
});

function externalModel(name = 'weights.bin'): Buffer {
  // `name` other than the file's only makes the bytes differ.
  const entries: [string, string][] = [['location', 'weights.bin']];
  return Buffer.from(externalDataModel(name === 'weights.bin' ? entries : [...entries, ['checksum', name]]));
}

async function pushed(version: string, bytes: Buffer): Promise<void> {
  source.put(`iris/${version}/model.onnx`, bytes);
  await pushAs(version, ['model.onnx']);
}

/** Writes the manifest of objects that are there. */
async function pushAs(version: string, paths: readonly string[]): Promise<void> {
  const { createHash } = await import('node:crypto');
  const { manifestText } = await import('../../server/sources/source-manifest.ts');
  const files = Object.fromEntries(
    paths.map((path) => {
      const bytes = source.objects.get(`iris/${version}/${path}`)!;
      return [path, { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }];
    }),
  );
  source.put(`iris/${version}/millrace-manifest.json`, manifestText({ format: 1, name: 'iris', version, files }));
}

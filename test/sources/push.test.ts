import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ModelStore } from '../../server/models/model-store.ts';
import { pushVersion } from '../../server/sources/push.ts';
import { sourceFailure } from '../../server/sources/source-failure.ts';
import { SourceMemory } from '../../server/sources/source-memory.ts';
import { ImportBench } from '../support/model-imports.ts';

import { bench, memory, model, settings, source, states, sync, useSyncWorld, world } from '../support/sync-world.ts';

useSyncWorld();

describe('a push', () => {
  const push = (more: object = {}) =>
    pushVersion({
      settings: settings(),
      open: async () => source,
      dataDirectory: bench.data,
      memory,
      model: 'iris',
      wait: async (ms) => void world.waits.push(ms),
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
    const otherMemory = SourceMemory.open(other.data, () => world.nowMs);
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
      code: 'model-refused',
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
    expect(world.waits).toEqual([250, 500, 1000]);
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

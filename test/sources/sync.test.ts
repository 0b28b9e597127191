import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ModelStore } from '../../server/models/model-store.ts';

import {
  bench,
  externalModel,
  memory,
  model,
  pushAs,
  pushed,
  settings,
  source,
  states,
  storeIsWhole,
  sync,
  useSyncWorld,
  versions,
  world,
} from '../support/sync-world.ts';

useSyncWorld();

describe('a sync', () => {
  it('world.waits for a version without a manifest to settle, then fetches, tries and publishes it under its own number', async () => {
    source.put('iris/7/model.onnx', model(1));
    source.put('iris/labels.txt', 'a\nb\n');
    const report = await sync();
    expect(states(report)).toEqual(['iris 7 imported']);
    expect(report).toMatchObject({ outcome: 'done', sentence: 'The source factory brought iris 7.' });
    expect(world.waits).toEqual([5000]);
    expect(source.listings).toBe(2);
    expect(await versions()).toEqual(['7']);
    const record = await new ModelStore(bench.data).record('iris', '7');
    expect(record).toMatchObject({ origin: { source: 'factory: memory' } });
    expect(Object.keys(record!.files).sort()).toEqual(['labels.txt', 'model.onnx']);
    expect(bench.trials).toHaveLength(1);
    expect(world.events).toMatchObject([
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
    world.waits = [];
    expect(states(await sync())).toEqual(['iris 7 unchanged']);
    expect([source.opened, world.waits]).toEqual([[], []]);
    expect(bench.trials).toHaveLength(1);
    expect(world.events).toHaveLength(1);
  });

  it('does not take a version that is still being uploaded', async () => {
    source.put('iris/1/model.onnx', externalModel());
    world.meanwhile = () => source.put('iris/1/weights.bin', Buffer.alloc(16));
    expect(states(await sync())).toEqual(['iris 1 waiting']);
    expect(await versions()).toEqual([]);
    world.meanwhile = () => {};
    world.nowMs += 5000;
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
      world.waits,
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
    expect(world.events).toMatchObject([
      { severity: 'attention', model: 'iris', sentence: expect.stringContaining('was refused: ') },
    ]);
    source.opened.length = 0;
    expect(states(await sync())).toEqual(['iris 1 refused']);
    expect([source.opened, world.events.length]).toEqual([[], 1]);
    await sync({ retryRefused: true });
    expect(source.opened).toHaveLength(1);
    world.nowMs += 24 * 3_600_000;
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
    world.nowMs += 3_600_000;
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
    expect(world.events).toMatchObject([
      { severity: 'attention', sentence: expect.stringContaining('lists model.onnx, which is not there') },
    ]);
  });

  it('is a key that no model has: told of once, and nothing is written for it', async () => {
    source.put('../../etc/x', 'x');
    source.put('iris/1/model.onnx', model(1));
    expect((await sync()).problems).toMatchObject([{ subject: '"../../etc/x"' }]);
    await sync();
    expect(world.events.filter(({ sentence }) => sentence.includes('etc/x'))).toHaveLength(1);
    expect(existsSync(join(bench.data, '..', '..', 'etc', 'x'))).toBe(false);
  });
});

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceFailure } from '../../server/sources/source-failure.ts';

import {
  bench,
  externalModel,
  memory,
  model,
  source,
  states,
  storeIsWhole,
  sync,
  useSyncWorld,
  versions,
  world,
} from '../support/sync-world.ts';

useSyncWorld();

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
    expect(world.waits).toEqual([250, 500]);
    await sync();
    source.listFailure = undefined;
    await sync();
    expect(memory.history('factory', 9).map(({ outcome }) => outcome)).toEqual(['done', 'failed', 'failed']);
    expect(world.events.map(({ sentence }) => sentence)).toEqual([
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
      now: () => world.nowMs,
      wait: async (ms: number) => void (world.nowMs += ms),
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

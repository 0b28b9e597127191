/** Versions of a model exchanged under load: nothing is lost, and what fails before the switch changes nothing. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../support/host-process.ts';
import { runLoad } from '../support/load.ts';
import { StoreBench } from '../support/store-bench.ts';
import { scaleModel } from '../support/versioned-models.ts';

describe('a promotion on a running host', () => {
  it('loses no request during ten swaps in a row under load', async () => {
    await using bench = await StoreBench.open();
    // One request at a time, so that requests wait in the old version's queue at each switch.
    await bench.put('m', '1', scaleModel(1), undefined, { maxBatchSize: 0 });
    await bench.put('m', '2', scaleModel(2));
    const host = await bench.start();
    await host.models.promote('m', '1');
    let isOver = false;
    const load = runLoad({
      url: `${host.inferenceUrl}/v2/models/m/infer`,
      body: () => JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [3] }] }),
      connections: 16,
      stopped: () => isOver,
    });
    for (let swap = 0; swap < 10; swap++) {
      const to = swap % 2 === 0 ? '2' : '1';
      await host.models.promote('m', to);
      expect(await bench.answer('m')).toEqual({ version: to, y: 3 * Number(to) });
    }
    isOver = true;
    const report = await load;
    expect(report).toMatchObject({ lost: [], firstBad: undefined });
    expect(report.answered).toBeGreaterThan(100);
    await until('the old versions have ended', 5000, () => host.catalog.deployment('m').draining.length === 0);
    expect(host.catalog.list().map(({ version }) => version)).toEqual(['1']);
    const wishes: unknown = JSON.parse(await readFile(join(bench.modelsFolder, 'm', 'serving.json'), 'utf8'));
    expect(wishes).toMatchObject({ served: '1', seen: '2', previous: ['2'] });
  });

  it('keeps the old version where the new one fails its saved test cases', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    await bench.put('m', '2', scaleModel(2), { inputs: [[3]], expected: { y: [[7]] } });
    const host = await bench.start('1');
    await expect(host.models.promote('m', '2')).rejects.toMatchObject({
      code: 'model-refused',
      message: expect.stringContaining('6, expected 7') as string,
    });
    expect(await bench.answer('m')).toEqual({ version: '1', y: 3 });
    expect(host.catalog.list().map(({ version }) => version)).toEqual(['1']);
    expect(host.catalog.deployment('m').isSwapping).toBe(false);
  });

  it('keeps the old version where the new one cannot be loaded', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    await bench.put('m', '2', Buffer.from('no model'));
    const host = await bench.start('1');
    await expect(host.models.promote('m', '2')).rejects.toMatchObject({ code: 'model-failed' });
    expect(await bench.answer('m')).toEqual({ version: '1', y: 3 });
  });
});

/** A version that was promoted and fails is taken back by itself. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { until } from '../support/host-process.ts';
import { StoreBench } from '../support/store-bench.ts';
import { rangeModel, scaleModel } from '../support/versioned-models.ts';

const dying = fileURLToPath(new URL('../fixtures/version-two-dies.ts', import.meta.url));

describe('a version that was promoted a moment ago', () => {
  it(
    'is taken back when it crashes again and again, and requests wait for the one before',
    { timeout: 90_000 },
    async () => {
      await using bench = await StoreBench.open();
      await bench.put('m', '1', scaleModel(1));
      await bench.put('m', '2', scaleModel(2));
      const host = await bench.start('1', {}, { replicaEntry: dying });
      await host.models.promote('m', '2');
      await until('version 1 answers again', 60_000, () => host.catalog.deployment('m').served.version === '1');
      expect(await bench.answer('m')).toEqual({ version: '1', y: 3 });
      const event = bench.events.find(({ kind, severity }) => kind === 'model' && severity === 'failure');
      expect(event?.sentence).toMatch(
        /^m is back at version 1 by itself: version 2 failed\. .*ended five times within a minute/,
      );
      expect(host.catalog.deployment('m').wishes).toMatchObject({ served: '1', seen: '2', previous: [] });
      // It had its chance: neither a look at the store nor a restart tries it again.
      await host.models.refresh('m');
      expect(host.catalog.deployment('m').served.version).toBe('1');
    },
  );

  it('is taken back when its requests fail, with the numbers, and nothing else is', { timeout: 60_000 }, async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    // Throws for every index but 0 to 2.
    await bench.put('m', '2', rangeModel());
    const host = await bench.start('1');
    for (let index = 0; index < 20; index++) expect((await bench.infer('m', 3)).status).toBe(200);
    await host.models.promote('m', '2');
    const statuses: number[] = [];
    await until('version 1 answers again', 20_000, async () => {
      statuses.push((await bench.infer('m', 3)).status);
      return host.catalog.deployment('m').served.version === '1';
    });
    expect(statuses.filter((status) => status === 500).length).toBeGreaterThanOrEqual(10);
    expect(await bench.answer('m')).toEqual({ version: '1', y: 3 });
    expect(bench.events.find(({ kind, severity }) => kind === 'model' && severity === 'failure')?.sentence).toMatch(
      /\d+ of its \d+ requests failed \(100\.0 %\), 0\.0 % before it\./,
    );
  });

  it('is kept when only clients send what is wrong', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    await bench.put('m', '2', scaleModel(2));
    const host = await bench.start('1');
    await host.models.promote('m', '2');
    for (let index = 0; index < 30; index++) {
      const response = await fetch(`${host.inferenceUrl}/v2/models/m/infer`, { method: 'POST', body: '{"inputs":[]}' });
      expect(response.status).toBe(400);
    }
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await bench.answer('m')).toEqual({ version: '2', y: 6 });
  });
});

describe('a rollback by hand', () => {
  it('leads back step by step, and ends where nothing was served before', async () => {
    await using bench = await StoreBench.open();
    for (const version of ['1', '2', '3']) await bench.put('m', version, scaleModel(Number(version)));
    const host = await bench.start('1');
    await host.models.promote('m', '2');
    await host.models.promote('m', '3');
    expect(await host.models.rollback('m')).toMatchObject({ from: '3', to: '2' });
    expect(await host.models.rollback('m')).toMatchObject({ from: '2', to: '1' });
    expect(await bench.answer('m')).toEqual({ version: '1', y: 3 });
    await expect(host.models.rollback('m')).rejects.toMatchObject({ code: 'invalid-request' });
  });
});

/** Models that are loaded when they are asked for, under a memory budget: measured in real processes. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { until } from '../support/host-process.ts';
import { StoreBench } from '../support/store-bench.ts';
import { scaleModel } from '../support/versioned-models.ts';

const megabyte = 1e6;

async function rssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
}

describe.skipIf(process.platform !== 'linux')('a budget for 5 with 20 models', () => {
  it('answers every request, never exceeds the budget, and gives all memory back', { timeout: 180_000 }, async () => {
    await using bench = await StoreBench.open();
    const names = Array.from({ length: 20 }, (_, index) => `m${index}`);
    for (const [index, name] of names.entries()) {
      await bench.put(name, '1', scaleModel(index + 1), undefined, { load: 'on-demand' });
    }
    const budget = 5 * 125 * megabyte;
    const host = await bench.start(undefined, { memoryBudgetBytes: budget });
    expect(bench.pids()).toEqual([]);
    const seen = { mostBytes: 0, mostLoaded: 0, isOver: false };
    const watch = (async () => {
      while (!seen.isOver) {
        const sizes = await Promise.all(bench.everyPid().map(rssOf));
        seen.mostBytes = Math.max(
          seen.mostBytes,
          sizes.reduce((sum, bytes) => sum + bytes, 0),
        );
        seen.mostLoaded = Math.max(seen.mostLoaded, sizes.filter((bytes) => bytes > 0).length);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    // Everybody at once, then in rounds that do not fit, so that each round evicts.
    const ask = async (index: number): Promise<void> => {
      expect(await bench.answer(names[index]!)).toEqual({ version: '1', y: 3 * (index + 1) });
    };
    await Promise.all(names.map((_, index) => ask(index)));
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < names.length; index += 3) await ask(index);
    }
    seen.isOver = true;
    await watch;
    expect(seen.mostBytes).toBeLessThanOrEqual(budget);
    expect(seen.mostLoaded).toBeGreaterThanOrEqual(3);
    for (const name of names) await host.models.unload(name);
    await until('every replica has gone', 10_000, () => bench.everyPid().length === 0);
    expect(host.residency.usedBytes).toBe(0);
    const refused = await bench.infer('m0', 3);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: "Request for unknown model: 'm0' has no available versions" });
    await host.models.load('m0');
    expect(await bench.answer('m0')).toEqual({ version: '1', y: 3 });
  });
});

describe('a model on demand', () => {
  it('is loaded once by many first requests, all of which are answered, and leaves after its keep-alive time', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(2), undefined, { load: 'on-demand', keepAliveMs: 300 });
    const host = await bench.start();
    const model = host.catalog.deployment('m');
    expect(model.state).toBe('IDLE');
    const ready = await fetch(`${host.inferenceUrl}/v2/health/ready`);
    expect(ready.status).toBe(200);
    const answers = await Promise.all(Array.from({ length: 30 }, () => bench.answer('m')));
    expect(answers).toEqual(Array.from({ length: 30 }, () => ({ version: '1', y: 6 })));
    expect(model.served.replicas).toHaveLength(1);
    await until('it is unloaded', 10_000, () => model.state === 'IDLE');
    expect(bench.everyPid()).toEqual([]);
    expect(bench.events.some(({ sentence }) => sentence.includes('is unloaded because nothing asks for it'))).toBe(
      true,
    );
    expect(await bench.answer('m')).toEqual({ version: '1', y: 6 });
  });

  it('is refused with the numbers where it is larger than the whole budget', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(2), undefined, { load: 'on-demand' });
    await bench.start(undefined, { memoryBudgetBytes: 50 * megabyte });
    const response = await bench.infer('m', 3);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      code: 'model-not-ready',
      error: expect.stringContaining('the budget for all models is 50.0 MB') as string,
    });
  });

  it('keeps its waiting requests to their deadline and no longer', async () => {
    await using bench = await StoreBench.open();
    await bench.put('held', '1', scaleModel(1), undefined, { load: 'always' });
    await bench.put('m', '1', scaleModel(2), undefined, { load: 'on-demand', timeoutMs: 400 });
    await bench.start(undefined, { memoryBudgetBytes: 130 * megabyte });
    const response = await bench.infer('m', 3);
    expect(response.status).toBe(504);
    expect(await bench.answer('held')).toEqual({ version: '1', y: 3 });
  });
});

describe('a swap under a budget that holds one version only', () => {
  it('holds requests while the versions are exchanged, loses none, and says how it went', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    await bench.put('m', '2', scaleModel(2));
    const host = await bench.start('1', { memoryBudgetBytes: 170 * megabyte });
    let isOver = false;
    const statuses: number[] = [];
    const load = Array.from({ length: 4 }, async () => {
      while (!isOver) statuses.push((await bench.infer('m', 3)).status);
    });
    await host.models.promote('m', '2');
    expect(await bench.answer('m')).toEqual({ version: '2', y: 6 });
    isOver = true;
    await Promise.all(load);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(bench.events.map(({ facts }) => facts?.['mode'])).toContain('pause');
  });

  it('goes back to the old version where the new one does not start', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    await bench.put('m', '2', Buffer.from('no model'));
    const host = await bench.start('1', { memoryBudgetBytes: 170 * megabyte });
    const asked: Promise<unknown>[] = [];
    const promotion = host.models.promote('m', '2');
    const timer = setInterval(() => asked.push(bench.answer('m')), 100);
    await expect(promotion).rejects.toMatchObject({ code: 'model-failed' });
    clearInterval(timer);
    expect(await Promise.all(asked)).toEqual(asked.map(() => ({ version: '1', y: 3 })));
    expect(asked.length).toBeGreaterThan(2);
  });

  it('leaves some copies answering where two versions fit in part', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1), undefined, { replicas: 2, threads: 1 });
    await bench.put('m', '2', scaleModel(2));
    const host = await bench.start('1', { memoryBudgetBytes: 290 * megabyte });
    await host.models.promote('m', '2');
    expect(bench.events.map(({ facts }) => facts?.['mode'])).toContain('rolling');
    await until(
      'all copies of the new version are ready',
      10_000,
      () => host.catalog.deployment('m').served.replicas.filter(({ state }) => state === 'ready').length === 2,
    );
    expect(await bench.answer('m')).toEqual({ version: '2', y: 6 });
  });
});

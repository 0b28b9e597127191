/** Several versions of one model in service: splits, sessions, shadows, routes of their own. */
import { describe, expect, it } from 'vitest';
import { until } from '../support/host-process.ts';
import { quantile } from '../support/load.ts';
import { StoreBench } from '../support/store-bench.ts';
import { scaleModel, slowScaleModel } from '../support/versioned-models.ts';

async function twoVersions(settings?: unknown): Promise<StoreBench> {
  const bench = await StoreBench.open();
  await bench.put('m', '1', scaleModel(1), undefined, settings);
  await bench.put('m', '2', scaleModel(2));
  return bench;
}

describe('a traffic split', () => {
  it('follows its weights, and each answer says which version gave it', async () => {
    await using bench = await twoVersions();
    const host = await bench.start('1');
    await host.models.setTraffic('m', { '1': 75, '2': 25 });
    expect([...host.catalog.deployment('m').trafficPercent]).toEqual([
      ['1', 75],
      ['2', 25],
    ]);
    const counts: Record<string, number> = {};
    for (let index = 0; index < 200; index++) {
      const { version, y } = await bench.answer('m');
      expect(y).toBe(3 * Number(version));
      counts[version] = (counts[version] ?? 0) + 1;
    }
    expect(counts['2']).toBeGreaterThanOrEqual(45);
    expect(counts['2']).toBeLessThanOrEqual(55);
    await host.models.setTraffic('m', undefined);
    await until('version 2 has ended', 5000, () => host.catalog.deployment('m').draining.length === 0);
    expect(await bench.answer('m')).toEqual({ version: '1', y: 3 });
    await expect(bench.infer('m/versions/2', 3).then((response) => response.status)).resolves.toBe(404);
  });

  it('keeps each session at one version', async () => {
    await using bench = await twoVersions({ strategy: 'session', session: { header: 'x-session' } });
    const host = await bench.start('1');
    await host.models.setTraffic('m', { '1': 50, '2': 50 });
    const chosen = new Map<string, Set<string>>();
    for (let index = 0; index < 60; index++) {
      const session = `s${index % 12}`;
      const { version } = await bench.answer('m', { 'x-session': session });
      chosen.set(session, (chosen.get(session) ?? new Set()).add(version));
    }
    expect([...chosen.values()].every(({ size }) => size === 1)).toBe(true);
    expect(new Set([...chosen.values()].flatMap((versions) => [...versions])).size).toBe(2);
  });

  it('is refused where a version is missing or the weights say nothing', async () => {
    await using bench = await twoVersions();
    const host = await bench.start('1');
    await expect(host.models.setTraffic('m', { '7': 1 })).rejects.toMatchObject({ code: 'unknown-version' });
    await expect(host.models.setTraffic('m', { '1': 0 })).rejects.toMatchObject({ code: 'invalid-request' });
    await expect(host.models.setTraffic('m', { '1': -1, '2': 1 })).rejects.toMatchObject({ code: 'invalid-request' });
  });
});

describe('a shadow', () => {
  it('is compared and never returned', async () => {
    await using bench = await twoVersions();
    const host = await bench.start('1');
    await host.models.setShadow('m', '2');
    for (let index = 0; index < 30; index++) expect(await bench.answer('m')).toEqual({ version: '1', y: 3 });
    const deployment = host.catalog.deployment('m');
    await until('copies are compared', 5000, () => (deployment.shadowReport?.compared ?? 0) >= 20);
    expect(deployment.shadowReport).toMatchObject({ version: '2', differentShare: 1, worstDifference: 3, failed: 0 });
    // The same request to the same weights agrees.
    await bench.put('m', '3', scaleModel(1));
    await host.models.setShadow('m', '3');
    for (let index = 0; index < 10; index++) await bench.answer('m');
    await until('copies are compared', 5000, () => (deployment.shadowReport?.compared ?? 0) >= 5);
    expect(deployment.shadowReport).toMatchObject({ version: '3', different: 0, worstDifference: 0 });
    await host.models.setShadow('m', undefined);
    expect(deployment.shadowReport).toBeUndefined();
  });

  it('delays nobody: one that takes half a second per request is left behind', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    await bench.put('m', '2', slowScaleModel(2));
    const host = await bench.start('1');
    const measure = async (): Promise<number> => {
      const timesMs: number[] = [];
      for (let index = 0; index < 100; index++) {
        const startedMs = performance.now();
        await bench.answer('m');
        timesMs.push(performance.now() - startedMs);
      }
      return quantile(timesMs, 0.5);
    };
    const alone = await measure();
    await host.models.setShadow('m', '2');
    const beside = await measure();
    const report = host.catalog.deployment('m').shadowReport!;
    expect(report.passedOver).toBeGreaterThan(50);
    // Far below the half second of the shadow; both share the cores of this machine.
    expect(beside).toBeLessThan(alone * 4 + 50);
  });
});

describe('versions in service', () => {
  it('have routes of their own, and the documents list them', async () => {
    await using bench = await twoVersions();
    await bench.write('m/config.pbtxt', 'version_policy: { all { } }');
    const host = await bench.start();
    expect(await bench.answer('m')).toEqual({ version: '2', y: 6 });
    expect(await bench.answer('m/versions/1')).toEqual({ version: '1', y: 3 });
    const metadata = (await (await fetch(`${host.inferenceUrl}/v2/models/m`)).json()) as { versions: string[] };
    expect(metadata.versions).toEqual(['1', '2']);
    const statistics = (await (await fetch(`${host.inferenceUrl}/v2/models/m/stats`)).json()) as {
      model_stats: { version: string }[];
    };
    expect(statistics.model_stats.map(({ version }) => version)).toEqual(['1', '2']);
    const missing = await bench.infer('m/versions/3', 3);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({
      error: "Request for unknown model: 'm' version 3 is not found",
      hint: 'Served versions are: 1, 2.',
    });
  });

  it('change while the host runs: an import takes over, a pin keeps, a removal is refused for the one that answers', async () => {
    await using bench = await twoVersions();
    const host = await bench.start();
    await bench.put('m', '3', scaleModel(3));
    await bench.put('new', '1', scaleModel(5));
    await host.models.refresh();
    expect(await bench.answer('m')).toEqual({ version: '3', y: 9 });
    expect(await bench.answer('new')).toEqual({ version: '1', y: 15 });
    await host.models.pin('m', '1');
    await bench.put('m', '4', scaleModel(4));
    await host.models.refresh('m');
    expect(await bench.answer('m')).toEqual({ version: '1', y: 3 });
    expect(host.catalog.deployment('m').pinnedVersion).toBe('1');
    await expect(host.models.remove('m', '1')).rejects.toMatchObject({ code: 'version-in-use' });
    await host.models.remove('m', '4');
    await host.models.unpin('m');
    await host.models.remove('new');
    expect((await bench.infer('new', 3)).status).toBe(404);
    expect(host.catalog.models().map(({ name }) => name)).toEqual(['m']);
  });

  it('keep the one that answers where a newer one fails its tests, and do not try it again', async () => {
    await using bench = await twoVersions();
    const host = await bench.start();
    await bench.put('m', '3', scaleModel(3), { inputs: [[3]], expected: { y: [[7]] } });
    await expect(host.models.refresh('m')).rejects.toMatchObject({ code: 'model-refused' });
    expect(await bench.answer('m')).toEqual({ version: '2', y: 6 });
    await host.models.refresh('m');
    expect(host.catalog.deployment('m').wishes).toMatchObject({ served: '2', seen: '3' });
    expect(bench.events.filter(({ kind, severity }) => kind === 'model' && severity === 'failure')).toHaveLength(1);
  });
});

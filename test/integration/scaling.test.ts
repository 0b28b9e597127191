/**
 * The autoscaler with real processes on this machine: a step, a spike and a square wave on a model that keeps a core busy.
 * Windows are seconds instead of minutes, so that a run takes seconds.
 */
import { describe, expect, it } from 'vitest';
import { until } from '../support/host-process.ts';
import { runVaryingLoad } from '../support/varying-load.ts';
import { changesOf, heavyRequest, heavyUrl, reversalsIn, startHeavyHost } from '../support/scaling-run.ts';
import type { TestHost } from '../support/test-host.ts';

/** Two copies fit onto two cores when none of them is kept free. */
const quick = {
  metrics: { outstandingPerSlot: { target: 0.7 } },
  ceilings: { reservedCores: 0 },
  max: 2,
  down: { windowMs: 3000 },
};

const sentencesOf = (host: TestHost): string[] =>
  host.host.events.list({ kind: 'scaling' }).map(({ sentence }) => sentence);
const copies = async (host: TestHost): Promise<number> => (await host.status()).models[0]!.versions[0]!.replicas.length;

describe('the autoscaler of a host', { timeout: 120_000 }, () => {
  it('follows a step up and down again, loses no request, and says why', async () => {
    await using host = await startHeavyHost(quick);
    const load = await runVaryingLoad({
      url: heavyUrl(host),
      body: heavyRequest,
      durationMs: 8000,
      clients: (atMs) => (atMs > 1000 && atMs < 5000 ? 6 : 0),
      most: 6,
    });
    await until('one copy is left', 30_000, async () => (await copies(host)) === 1);
    expect(load.lost).toEqual([]);
    expect(load.statuses, load.firstBad).toEqual({ 200: load.sent });
    const changes = changesOf(host.host.events.list());
    expect(changes.map(({ from, to }) => `${from} → ${to}`)).toEqual(['1 → 2', '2 → 1']);
    const sentences = sentencesOf(host).join('\n');
    expect(sentences).toMatch(/heavy: [\d.]+ requests per place in a copy.*, target 0\.7: 1 → 2 copies/);
    expect(sentences).toMatch(/2 → 1 copy/);
  });

  it('answers a spike without losing a request, and goes back once', async () => {
    await using host = await startHeavyHost(quick);
    const load = await runVaryingLoad({
      url: heavyUrl(host),
      body: heavyRequest,
      durationMs: 6000,
      clients: (atMs) => (atMs > 1000 && atMs < 1700 ? 24 : 0),
      most: 24,
    });
    await until('one copy is left', 30_000, async () => (await copies(host)) === 1);
    expect(load.lost).toEqual([]);
    expect(load.statuses, load.firstBad).toEqual({ 200: load.sent });
    expect(reversalsIn(changesOf(host.host.events.list()))).toBeLessThanOrEqual(1);
  });

  it('does not follow a square wave that is faster than its window', async () => {
    await using host = await startHeavyHost({ ...quick, down: { windowMs: 6000 } });
    const load = await runVaryingLoad({
      url: heavyUrl(host),
      body: heavyRequest,
      durationMs: 16_000,
      clients: (atMs) => (atMs % 4000 < 2000 ? 6 : 0),
      most: 6,
    });
    expect(load.lost).toEqual([]);
    expect(load.statuses, load.firstBad).toEqual({ 200: load.sent });
    expect(changesOf(host.host.events.list()).map(({ from, to }) => `${from} → ${to}`)).toEqual(['1 → 2']);
  });

  it('takes back a copy that brought nothing, and says that one more will not help', async () => {
    await using host = await startHeavyHost({
      metrics: { outstandingPerSlot: { target: 0.7 } },
      ceilings: { cpu: false },
      max: 6,
      up: { policies: [{ type: 'pods', value: 1, periodMs: 1000 }] },
      down: { windowMs: 60_000 },
      gain: { settleMs: 500, measureMs: 3000 },
    });
    const load = await runVaryingLoad({
      url: heavyUrl(host),
      body: heavyRequest,
      durationMs: 22_000,
      clients: () => 16,
      most: 16,
    });
    expect(load.lost).toEqual([]);
    expect(load.statuses, load.firstBad).toEqual({ 200: load.sent });
    const all = sentencesOf(host);
    expect(all.join('\n')).toMatch(
      /because more copies (raised the throughput by only|lowered the throughput|made each answer)/,
    );
    expect(all.join('\n')).toContain('one more copy will not help: CPU bound.');
    const most = Math.max(...changesOf(host.host.events.list()).map(({ to }) => to));
    expect(most).toBeLessThanOrEqual(4);
  });
});

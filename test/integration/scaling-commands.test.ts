/** `millrace scale …` and the history against a running host, in processes of their own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePolicy } from '../../server/autoscaler/policy.ts';
import { replay } from '../../server/autoscaler/replay.ts';
import { parseTrace } from '../../server/autoscaler/trace.ts';
import type { HostEvent } from '../../server/protocol/admin/host-event.ts';
import type { HistoryView } from '../../server/protocol/admin/history-view.ts';
import type { ScalingView } from '../../server/protocol/admin/scaling-view.ts';
import { until } from '../support/host-process.ts';
import { millrace } from '../support/millrace-command.ts';
import { heavyRequest, heavyUrl, startHeavyHost } from '../support/scaling-run.ts';
import type { TestHost } from '../support/test-host.ts';
import { runVaryingLoad } from '../support/varying-load.ts';

let host: TestHost;
beforeAll(async () => {
  host = await startHeavyHost({ ceilings: { reservedCores: 0 } });
});
afterAll(() => host[Symbol.asyncDispose]());

const scale = (...args: string[]) => millrace('scale', ...args, '--data', host.dataDirectory);
const ready = async () =>
  (await host.status()).models[0]!.versions[0]!.replicas.filter(({ state }) => state === 'ready').length;

describe('millrace scale', { timeout: 120_000 }, () => {
  it('explains what holds, each metric with what it asks for, as a table and as JSON', async () => {
    await until('a first decision', 20_000, async () => (await scale('explain', 'heavy')).code === 0);
    const { stdout } = await scale('explain', 'heavy');
    expect(stdout).toMatch(/^heavy\/1: .*stays at 1 copy/);
    expect(stdout).toMatch(/outstandingPerSlot +0 +target 0\.7 +shrink: 0 +ratio/);
    expect(stdout).toMatch(/Copies +1 ready, 0 starting, 1 wanted now; the autoscaler decides/);
    expect(stdout).toMatch(/Limits +1 to 64 by the policy, \d+ at most now/);
    const [view] = JSON.parse((await scale('explain', '--json')).stdout) as ScalingView[];
    expect(view).toMatchObject({ model: 'heavy', mode: 'settings', ready: 1, desired: 1, votes: expect.any(Array) });
  });

  it('says which models there are when it is asked for another', async () => {
    const { code, stderr } = await scale('explain', 'havy');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/no model 'havy'[^]*There is: heavy/)]);
    expect((await scale('set', 'havy', '--pause')).stderr).toContain("unknown model: 'havy'");
  });

  it('sets a number, keeps it, tells of it, and lets the settings hold again', async () => {
    expect((await scale('set', 'heavy', '--replicas', '2')).stdout).toContain('set by hand: 1 → 2 copies');
    await until('two copies are ready', 30_000, async () => (await ready()) === 2);
    const { stdout } = await scale('events', '--model', 'heavy', '--limit', '2');
    expect(stdout).toMatch(/heavy: 2 copies, by hand\.\n.*heavy: set by hand: 1 → 2 copies\./);
    expect((await scale('set', 'heavy', '--reset', '--json')).code).toBe(0);
    await until('the second copy is no longer kept by hand', 20_000, async () => {
      const [view] = JSON.parse((await scale('explain', 'heavy', '--json')).stdout) as ScalingView[];
      return view!.mode === 'settings' && view!.cause === 'metrics';
    });
    const events = JSON.parse((await scale('events', '--json')).stdout) as HostEvent[];
    expect(events.every(({ kind }) => kind === 'scaling')).toBe(true);
    expect(events[0]!.id).toBeGreaterThan(events.at(-1)!.id);
  });

  it.each([
    [['--replicas', '2', '--pause'], 2, 'Only one of'],
    [[], 2, 'Nothing is ordered'],
    [['--replicas', '65'], 2, 'from 0 to 64'],
    [['--min', '3', '--max', '2'], 1, 'min must not be higher than max'],
  ])('refuses the order %o', async (args, code, message) => {
    const result = await scale('set', 'heavy', ...args);
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(message)]);
  });

  it('records a load that replays under another policy, and the history has the same requests', async () => {
    const recording = scale('record', '--seconds', '6');
    const measuring = scale('record', '--seconds', '6', '--measurements', '--json');
    let isRecorded = false;
    const loading = runVaryingLoad({
      url: heavyUrl(host),
      body: heavyRequest,
      durationMs: 60_000,
      clients: () => 2,
      most: 2,
      stopped: () => isRecorded,
    });
    const { stdout, stderr } = await recording;
    const measurements = await measuring;
    isRecorded = true;
    const load = await loading;
    expect(load.statuses, load.firstBad).toEqual({ 200: load.sent });
    expect(stderr).toContain('Recording heavy for 6 s');
    const trace = parseTrace(JSON.parse(stdout), 'recorded');
    expect(trace.warnings).toEqual([]);
    expect(trace.models[0]!.name).toBe('heavy');
    const { samples } = trace.models[0]!;
    if (samples.kind !== 'load') throw new Error('A load was to be recorded.');
    // Two clients without a pause on one or two copies are at most two erlangs.
    expect(Math.max(...samples.loads.map(({ load: erlangs }) => erlangs))).toBeGreaterThan(0.3);
    const report = replay(trace, parsePolicy({ metrics: { outstandingPerSlot: { target: 0.2 } } }, 'another'));
    expect(report.models[0]!.replicas.max).toBeGreaterThanOrEqual(1);
    const measured = parseTrace(JSON.parse(measurements.stdout), 'measured');
    expect(measured.models[0]!.samples.kind).toBe('recorded');
    const folder = await mkdtemp(join(tmpdir(), 'trace-'));
    await writeFile(join(folder, 'trace.json'), stdout);
    const replayed = await millrace('scale', 'replay', join(folder, 'trace.json'));
    await rm(folder, { recursive: true });
    expect(replayed.stdout).toMatch(/^heavy: \d+ to \d+ copies/);

    const asked = `?model=heavy&series=answered,p99Ms,copiesReady,replicaCpuCores&from=${Date.now() - 120_000}`;
    const history = (await host.admin(`/history${asked}`)).json<HistoryView>();
    const answered = history.series['answered']!.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    expect(answered * history.stepSeconds).toBeGreaterThanOrEqual(load.sent * 0.7);
    expect(Math.max(...history.series['p99Ms']!.map((value) => value ?? 0))).toBeGreaterThan(5);
    expect(Math.max(...history.series['replicaCpuCores']!.map((value) => value ?? 0))).toBeGreaterThan(0.02);
    const wrong = await host.admin('/history?series=answred');
    expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining("no series 'answred'")]);
  });

  it('is told beside starts, models and replicas', () => {
    const kinds = host.host.events.list({ limit: 1000 }).map(({ kind }) => kind);
    expect(kinds).toContain('host-started');
    expect(kinds).toContain('model');
    expect(kinds).toContain('replica');
  });
});

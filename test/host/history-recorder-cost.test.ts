/** What looking costs: the autoscaler's ticks and the history's seconds of four busy models with two copies each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HistoryRecorder } from '../../server/host/history-recorder.ts';
import { ScalingLoop } from '../../server/host/scaling-loop.ts';
import { parseScaling } from '../../server/host/scaling-settings.ts';
import { History } from '../../server/metrics/history.ts';
import { MachineMeter } from '../../server/metrics/machine.ts';
import { FakeScalingTarget } from '../fakes/fake-scaling-target.ts';

const seconds = 120;

/** A real process, so that /proc is really read. */
class BusyTarget extends FakeScalingTarget {
  override get replicas() {
    return super.replicas.map((replica) => ({ ...replica, pid: process.pid }));
  }
}

it('costs less than one percent of a core', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cost-'));
  const targets = ['a', 'b', 'c', 'd'].map((name) => new BusyTarget(name, 2));
  const settings = parseScaling({ defaults: { scaling: {} }, manifest: undefined, where: 'test' });
  const machine = new MachineMeter(8);
  let nowMs = 0;
  const loop = new ScalingLoop({
    targets: () => targets,
    settingsOf: () => settings,
    orderOf: () => undefined,
    defaults: settings,
    machine: () => machine.read(nowMs),
    onEvent: () => {},
    nowMs: () => nowMs,
  });
  const history = new History({ path: join(folder, 'history.db'), onTrouble: () => {} });
  const recorder = new HistoryRecorder({
    history,
    versions: () =>
      targets.map((target) => ({
        name: target.model,
        statistics: target.statistics,
        queued: 1,
        inFlight: 2,
        copiesWanted: 2,
        copiesReady: 2,
        replicas: target.replicas,
      })),
    machine: () => machine.read(nowMs),
    graphics: () => [],
    connections: () => 1,
    now: () => nowMs,
  });
  const second = (): void => {
    nowMs += 1000;
    for (const { statistics } of targets) {
      for (let index = 0; index < 20; index++)
        statistics.recordAnswer({ totalMs: 3 + index, queueMs: index / 2, run: undefined }, 0);
    }
    for (const { model } of targets) loop.look(model);
    recorder.record();
  };
  loop.start();
  for (let index = 0; index < 20; index++) second();
  const before = process.cpuUsage();
  for (let index = 0; index < seconds; index++) second();
  const { user, system } = process.cpuUsage(before);
  loop.stop();
  history.close();
  rmSync(folder, { recursive: true, force: true });
  const percent = (user + system) / 1000 / (seconds * 10);
  console.log(`sampling four models with two copies each: ${percent.toFixed(2)} % of a core`);
  expect(percent).toBeLessThan(1);
});

/**
 * What must hold whatever the load does, on simulated time. The numbers are those by which the properties are known in the
 * literature of autoscalers: flapping, time to capacity, monotony, loss of metrics, jumps of the clock, restarts, saturation.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { step } from '../../server/autoscaler/controller.ts';
import { startController } from '../../server/autoscaler/controller-state.ts';
import type { Observation } from '../../server/autoscaler/observation.ts';
import { parsePolicy } from '../../server/autoscaler/policy.ts';
import type { PolicyInput } from '../../server/autoscaler/policy.ts';
import { replay } from '../../server/autoscaler/replay.ts';
import type { ReplayedModel } from '../../server/autoscaler/replay-report.ts';
import { parseTrace } from '../../server/autoscaler/trace.ts';
import { Driven, observation } from './observations.ts';

const edge: PolicyInput = { metrics: { outstandingPerSlot: { target: 0.7 } } };
const cloud: PolicyInput = { ...edge, preset: 'kubernetes' };
const policies = fc.constantFrom(edge, cloud);

function run(trace: object, policy: PolicyInput): ReplayedModel {
  return replay(parseTrace({ version: 1, ...trace }, 'test'), parsePolicy(policy, 'test')).models[0]!;
}

/** A load that changes at whole ticks of 15 s. */
const anyLoad = fc
  .array(fc.record({ ticks: fc.integer({ min: 1, max: 20 }), load: fc.integer({ min: 0, max: 300 }) }), {
    minLength: 1,
    maxLength: 20,
  })
  .map((parts) => {
    let t = 0;
    return parts.map(({ ticks, load }) => {
      const sample = { t, load: load / 10 };
      t += ticks * 15_000;
      return sample;
    });
  });

describe('P1: under a constant load', () => {
  test('nothing changes for two windows and more, once it has settled', () => {
    const start = fc.record({
      load: fc.integer({ min: 0, max: 300 }),
      initialReplicas: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(policies, start, (policy, { load, initialReplicas }) => {
        const samples = [{ t: 0, load: load / 10 }];
        const { changeLog } = run({ tickMs: 15_000, initialReplicas, samples, durationMs: 3_600_000 }, policy);
        // 23 min is the longest way down, from 50 to 3 by 10 % a minute.
        expect(changeLog.filter(({ t }) => t > 24 * 60_000)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('P2: flapping', () => {
  test('is none under a periodic load whose period is shorter than the window, after one window', () => {
    const wave = fc.record({
      ticks: fc.integer({ min: 2, max: 19 }),
      low: fc.integer({ min: 0, max: 100 }),
      high: fc.integer({ min: 0, max: 300 }),
    });
    fc.assert(
      fc.property(policies, wave, (policy, { ticks, low, high }) => {
        const samples = Array.from({ length: 240 }, (_, tick) => ({
          t: tick * 15_000,
          load: (tick % ticks < ticks / 2 ? low : high) / 10,
        }));
        const { changeLog } = run({ tickMs: 15_000, samples }, policy);
        const late = changeLog.filter(({ t }) => t > 300_000);
        expect(new Set(late.map(({ from, to }) => to > from)).size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60 },
    );
  });

  test('is at most twice per window, whatever the load', () => {
    fc.assert(
      fc.property(policies, anyLoad, (policy, samples) => {
        const { changeLog } = run({ tickMs: 15_000, samples, durationMs: 3_600_000 }, policy);
        const turns = changeLog.filter(
          ({ from, to }, index) => index > 0 && to > from !== changeLog[index - 1]!.to > changeLog[index - 1]!.from,
        );
        for (const { t } of turns)
          expect(turns.filter((other) => other.t >= t && other.t < t + 300_000).length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 60 },
    );
  });
});

test('P3: after a step the capacity is there within a second, the ticks that the rates need and the time to start', () => {
  const jump = fc.record({
    from: fc.integer({ min: 1, max: 10 }),
    to: fc.integer({ min: 11, max: 30 }),
    startupMs: fc.integer({ min: 0, max: 60 }).map((seconds) => seconds * 1000),
  });
  fc.assert(
    fc.property(jump, ({ from, to, startupMs }) => {
      const samples = [
        { t: 0, load: from },
        { t: 10_000, load: to },
      ];
      const { timeline } = run({ samples, startupMs, durationMs: 300_000 }, edge);
      const enough = Math.ceil((to / 0.7) * (1 / 1.1));
      let needed = 0;
      for (let replicas = Math.ceil(from / 0.7); replicas < enough; needed++)
        replicas = Math.max(replicas + 4, replicas * 2);
      const allowedMs = 1000 + Math.max(0, needed - 1) * 15_000 + startupMs;
      const reached = timeline.find(({ t, ready }) => t >= 10_000 && ready >= enough)!;
      expect(reached.t - 10_000).toBeLessThanOrEqual(Math.ceil(allowedMs * 1.1));
    }),
    { numRuns: 60 },
  );
});

test('P4: the count, starting ones included, is never above a ceiling nor below the minimum', () => {
  const setting = fc.record({
    physicalCores: fc.integer({ min: 1, max: 16 }),
    availableGb: fc.integer({ min: 4, max: 32 }),
    min: fc.integer({ min: 1, max: 3 }),
    startupMs: fc.constantFrom(0, 4000, 40_000),
  });
  fc.assert(
    fc.property(policies, anyLoad, setting, (policy, samples, { physicalCores, availableGb, min, startupMs }) => {
      const machine = { physicalCores, totalBytes: 32e9, availableBytes: availableGb * 1e9 };
      const trace = { tickMs: 5000, machine, replica: { threads: 1, peakRssBytes: 1e9 }, startupMs, samples };
      const byCpu = Math.max(1, physicalCores - 1);
      const byMemory = Math.max(1, Math.floor(availableGb - 4.8));
      const most = Math.min(byCpu, byMemory, policy === cloud ? 50 : 64);
      for (const { desired } of run(trace, { ...policy, min }).timeline) {
        expect(desired).toBeLessThanOrEqual(most);
        expect(desired).toBeGreaterThanOrEqual(Math.min(min, most));
      }
    }),
    { numRuns: 60 },
  );
});

describe('at equal state', () => {
  /** A controller that has seen something, and how many replicas it has. */
  function seasoned(policy: PolicyInput, loads: readonly number[], startingNow: number) {
    const driven = new Driven(policy, 3);
    for (const load of loads) driven.tick(busy(load, driven.replicas, 0));
    return { driven, ready: Math.max(1, driven.replicas - startingNow), starting: startingNow };
  }

  function busy(load: number, ready: number, starting: number): Partial<Observation> & Record<string, unknown> {
    const cpuPercent = Math.min(100, (100 * load) / ready);
    const queuedNow = Math.max(0, load - ready);
    const wait = load > ready ? 200 : 0;
    return {
      ready,
      starting,
      outstanding: load,
      outstandingNow: load,
      queued: queuedNow,
      queuedNow,
      cpuPercent,
      queueWaitP99Ms: wait,
    };
  }

  const all: PolicyInput = {
    metrics: {
      outstandingPerSlot: { target: 0.7 },
      cpu: { target: 70, above: 70, upForMs: 3000, below: 30, downForMs: 3000 },
      queueWaitP99: { above: 100, upForMs: 2000, below: 50 },
    },
    down: { windowMs: 5000 },
  };
  const loads = fc.array(
    fc.integer({ min: 0, max: 200 }).map((tenths) => tenths / 10),
    { maxLength: 15 },
  );

  test('P5: more load never gives a smaller decision', () => {
    fc.assert(
      fc.property(loads, fc.nat(3), fc.nat(300), fc.nat(300), (before, starting, one, other) => {
        const { driven, ready } = seasoned(all, before, starting);
        const decide = (load: number): number =>
          step(driven.policy, driven.state, observation({ nowMs: driven.nowMs, ...busy(load, ready, starting) }))
            .decision.desired;
        expect(decide(Math.max(one, other) / 10)).toBeGreaterThanOrEqual(decide(Math.min(one, other) / 10));
      }),
      { numRuns: 300 },
    );
  });

  test('P6: the order of the metrics and of the replicas changes nothing', () => {
    const cpus = fc.array(
      fc.record({ isReady: fc.boolean(), cpuPercent: fc.option(fc.nat(150), { nil: undefined }) }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(loads, cpus, fc.nat(100), (before, replicaCpu, load) => {
        const reversed = { ...all, metrics: Object.fromEntries(Object.entries(all.metrics!).toReversed()) };
        const results = [all, reversed].map((policy, index) => {
          const { driven, ready } = seasoned(policy, before, 0);
          const seen = { ...busy(load / 10, ready, 0), replicaCpu: index === 0 ? replicaCpu : replicaCpu.toReversed() };
          return driven.tick(seen);
        });
        expect(results[1]).toEqual(results[0]);
      }),
      { numRuns: 100 },
    );
  });

  test('P8: a metric that is lost, NaN, infinite or negative neither shrinks nor grows anything', () => {
    const broken = fc.constantFrom(undefined, Number.NaN, Number.POSITIVE_INFINITY, -1);
    fc.assert(
      fc.property(loads, broken, broken, broken, (before, outstanding, cpuPercent, queueWaitP99Ms) => {
        const { driven, ready } = seasoned(all, before, 0);
        for (let tick = 0; tick < 20; tick++) {
          const signals = {
            ...(outstanding !== undefined && { outstanding }),
            ...(cpuPercent !== undefined && { cpuPercent }),
            ...(queueWaitP99Ms !== undefined && { queueWaitP99Ms }),
          };
          expect(driven.tick({ ready, queuedNow: undefined, outstandingNow: undefined, ...signals }).desired).toBe(
            ready,
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  test('P8: nor does the loss of one of several shrink', () => {
    fc.assert(
      fc.property(loads, fc.constantFrom('outstanding', 'cpuPercent', 'queueWaitP99Ms'), (before, lost) => {
        const { driven, ready } = seasoned(all, before, 0);
        for (let tick = 0; tick < 20; tick++) {
          const seen = { ...busy(0, ready, 0), [lost]: Number.NaN };
          expect(driven.tick(seen).desired).toBeGreaterThanOrEqual(ready);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('P9: time', () => {
  test('that jumps by an hour is the time of one tick', () => {
    fc.assert(
      fc.property(
        policies,
        anyLoad,
        fc.nat(1_800_000),
        fc.constantFrom(-3_600_000, 3_600_000),
        (policy, samples, t, byMs) => {
          const trace = { tickMs: 15_000, samples, durationMs: 1_800_000 };
          const plain = run(trace, policy).timeline.map(({ desired }) => desired);
          const jumped = run({ ...trace, events: [{ t, type: 'clock-jump', byMs }] }, policy).timeline;
          expect(jumped.map(({ desired }) => desired)).toEqual(plain);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('is what a rule counts, not ticks: with ticks from a tenth to ten times as long it acts at the first that is late enough', () => {
    const policy: PolicyInput = { metrics: { cpu: { target: 70, above: 70, upForMs: 60_000 } } };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 100, max: 10_000 }), { minLength: 100, maxLength: 100 }), (steps) => {
        const driven = new Driven(policy, 3);
        for (const stepMs of steps) {
          const nowMs = driven.nowMs;
          const isDue = nowMs >= 60_000;
          expect(driven.tick({ cpuPercent: 95 }, stepMs).desired).toBe(isDue ? 5 : 3);
          if (isDue) break;
        }
      }),
      { numRuns: 60 },
    );
  });
});

test('P10: after a restart of the controller nothing happens for a minute, but for the bounds', () => {
  fc.assert(
    fc.property(policies, anyLoad, fc.integer({ min: 1, max: 70 }), (policy, samples, initialReplicas) => {
      const trace = { tickMs: 5000, samples, initialReplicas, events: [{ t: 0, type: 'restart' }], durationMs: 60_000 };
      const { timeline } = run(trace, policy);
      const [min, max] = policy === cloud ? [3, 50] : [1, 64];
      const repaired = Math.min(max, Math.max(min, initialReplicas));
      expect(timeline.map(({ desired }) => desired)).toEqual(timeline.map(() => repaired));
    }),
    { numRuns: 60 },
  );
});

test('P11: on a machine with nothing left to give, growth stops within two additions beyond what helped', () => {
  const shape = fc.record({
    saturatesAt: fc.integer({ min: 1, max: 8 }),
    load: fc.integer({ min: 20, max: 60 }),
    startupMs: fc.constantFrom(0, 2000, 30_000),
    initialReplicas: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(
    fc.property(policies, shape, (policy, { saturatesAt, load, startupMs, initialReplicas }) => {
      const samples = [{ t: 0, load }];
      const trace = { saturatesAt, startupMs, initialReplicas, samples, durationMs: 720_000, tickMs: 1000 };
      const { changeLog, timeline } = run(trace, { ...policy, min: 1 });
      const useless = changeLog.filter(({ from, to }) => to > from && from >= saturatesAt);
      expect(useless.length).toBeLessThanOrEqual(2);
      expect(changeLog.filter(({ t }) => t > 300_000)).toEqual([]);
      expect(timeline.at(-1)!.desired).toBeGreaterThanOrEqual(Math.min(saturatesAt, initialReplicas));
    }),
    { numRuns: 60 },
  );
});

test('P12: a spike shorter than a start leaves at most one replica more', () => {
  const spike = fc.record({
    seconds: fc.integer({ min: 1, max: 19 }),
    load: fc.integer({ min: 3, max: 60 }),
    base: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(spike, ({ seconds, load, base }) => {
      const samples = [
        { t: 0, load: base },
        { t: 30_000, load },
        { t: 30_000 + seconds * 1000, load: base },
      ];
      const { timeline, replicas } = run({ samples, startupMs: 20_000, durationMs: 120_000 }, edge);
      expect(timeline.at(-1)!.ready).toBeLessThanOrEqual(replicas.first + 1);
    }),
  );
});

test('P13: a pause and a number set by hand always win', () => {
  const order = fc.record({ t: fc.nat(600_000), replicas: fc.nat(80), paused: fc.boolean() });
  fc.assert(
    fc.property(policies, anyLoad, order, (policy, samples, { t, replicas, paused }) => {
      const events = [{ t, type: paused ? 'pause' : 'manual', replicas }];
      const after = run(
        { tickMs: 5000, samples, events, durationMs: 900_000, machine: { physicalCores: 4 } },
        policy,
      ).timeline.filter((tick) => tick.t >= t);
      const expected = paused ? after[0]!.ready + after[0]!.starting : replicas;
      expect([...new Set(after.map(({ desired }) => desired))]).toEqual([expected]);
    }),
    { numRuns: 60 },
  );
});

test('P14: the same inputs give the same decisions, and state survives a trip through JSON', () => {
  const loads = fc.array(fc.nat(300), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(policies, loads, (input, tenths) => {
      const policy = parsePolicy(input, 'test');
      const throughJson = new Driven(input, 3);
      let state = startController(policy, { nowMs: 0, settingsKey: 'model' });
      for (const [index, load] of tenths.entries()) {
        const seen = { outstanding: load / 10, outstandingNow: load / 10, ready: throughJson.replicas };
        const result = step(policy, state, observation({ nowMs: index * policy.tickMs, ...seen }));
        expect(throughJson.tick(seen)).toEqual(result.decision);
        state = result.state;
      }
    }),
    { numRuns: 60 },
  );
});

import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../server/autoscaler/policy.ts';
import type { PolicyInput } from '../../server/autoscaler/policy.ts';
import { replay } from '../../server/autoscaler/replay.ts';
import type { ReplayedModel } from '../../server/autoscaler/replay-report.ts';
import { parseTrace } from '../../server/autoscaler/trace.ts';
import { seededRandom } from '../support/seeded-random.ts';
import vectors from '../fixtures/scaling-vectors.json' with { type: 'json' };

const minuteMs = 60_000;
const concurrency: PolicyInput = { preset: 'kubernetes', metrics: { outstandingPerSlot: { target: 0.7 } } };

function run(trace: object, policy: PolicyInput = concurrency): ReplayedModel {
  return replay(parseTrace({ version: 1, ...trace }, 'test'), parsePolicy(policy, 'test')).models[0]!;
}

/** An hour of a load that is known at every second, sampled at the ticks. */
function hour(loadAt: (second: number) => number, policy: PolicyInput = concurrency): ReplayedModel {
  const samples = Array.from({ length: 240 }, (_, tick) => ({ t: tick * 15_000, load: loadAt(tick * 15) }));
  return run({ samples }, policy);
}

const withoutWindow: PolicyInput = { ...concurrency, down: { windowMs: 0 } };
const square = (periodSeconds: number) => (second: number) => (second % periodSeconds < periodSeconds / 2 ? 3 : 9);
const sawtooth = (second: number): number => 2 + (8 * (second % 240)) / 240;
const path = ({ changeLog }: ReplayedModel): number[] => changeLog.map(({ to }) => to);

describe('the reference traces: 1 h, target 0.7, replicas that start at once', () => {
  const { rows } = vectors.cloud_policy_traces;

  test('a constant load of 4 erlangs needs 6 replicas and no change', () => {
    const { replicas, changes } = hour(() => 4);
    expect({ min: replicas.min, max: replicas.max }).toEqual({
      min: rows['constant 4'].min,
      max: rows['constant 4'].max,
    });
    expect(changes).toBe(0);
  });

  test('a step from 2 to 6 is reached in two ticks', () => {
    const model = hour((second) => (second < 600 ? 2 : 6));
    expect([3, ...path(model)].join(',')).toBe(rows['step 2->6'].path);
    expect(model.changeLog.map(({ t }) => t)).toEqual([600_000, 615_000]);
    expect(model.reversals).toBe(rows['step 2->6'].reversals);
  });

  test('a spike from 2 to 20 for 30 s orders 14, by two growths and nine shrinks', () => {
    const spike = (second: number): number => (second >= 600 && second < 630 ? 20 : 2);
    const { replicas, growths, shrinks, changes, reversals } = hour(spike);
    const row = rows['spike 2->20 30 s'];
    expect({ max: replicas.max, changes, reversals }).toEqual(row);
    expect([growths, shrinks]).toEqual([2, 9]);
    expect(hour(spike, withoutWindow)).toMatchObject({ changes: 3, reversals: 1 });
  });

  test('a ramp from 2 to 20 within 600 s ends at 27, where the tolerance says enough', () => {
    const { replicas, reversals } = hour((second) => (second < 600 ? 2 + (18 * second) / 600 : 20));
    expect(replicas).toMatchObject({ min: 3, max: rows['ramp 2->20 over 600 s'].max });
    expect(reversals).toBe(0);
  });

  test.each([
    [120, rows['square 3/9 120 s'].reversals, rows['square 3/9 120 s'].without_stabilisation],
    [600, rows['square 3/9 600 s'].reversals, rows['square 3/9 600 s'].without_stabilisation],
    [1200, rows['square 3/9 1200 s'].reversals, 4],
  ])(
    'a square wave of 3 and 9 with a period of %i s turns around %i times, without the window %i',
    (period, count, bare) => {
      const model = hour(square(period));
      expect(model.replicas).toMatchObject({ min: 5, max: 13 });
      expect(model.reversals).toBe(count);
      expect(hour(square(period), withoutWindow).reversals).toBe(bare);
    },
  );

  test('a sawtooth from 2 to 10 never turns around, without the window 28 times', () => {
    const model = hour(sawtooth);
    expect(model.replicas).toMatchObject({ min: 3, max: 14 });
    expect(model.reversals).toBe(rows['sawtooth 2..10 240 s'].reversals);
    expect(hour(sawtooth, withoutWindow).reversals).toBe(rows['sawtooth 2..10 240 s'].without_stabilisation);
  });

  test('noise of 8 % changes nothing', () => {
    const random = seededRandom(8);
    const model = hour(() => 4 * (1 + 0.08 * (2 * random() - 1)));
    expect(model.changes).toBe(rows['noise 8%'].changes);
    expect(model.replicas).toMatchObject({ min: 6, max: 6 });
  });

  test('noise of 30 % never turns around, without the window about a hundred times', () => {
    const noisy = () => {
      const random = seededRandom(6);
      return (second: number) => (second === 0 ? 4 : 4 * (1 + 0.3 * (2 * random() - 1)));
    };
    const model = hour(noisy());
    expect(model.reversals).toBe(rows['noise 30%'].reversals);
    expect(model.replicas).toMatchObject({ min: 6, max: 8 });
    expect(hour(noisy(), withoutWindow).reversals).toBeGreaterThan(80);
  });

  test('a day of an hour between 2 and 14 turns around once', () => {
    const { replicas, reversals } = hour((second) => 8 - 6 * Math.cos((2 * Math.PI * second) / 3600));
    expect({ max: replicas.max, reversals }).toEqual(rows['diurnal 2..14 3600 s']);
    expect(replicas.min).toBe(3);
  });
});

describe('the timelines', () => {
  const rows = vectors.cloud_policy_timelines;
  const seconds = ({ changeLog }: ReplayedModel): number[][] => changeLog.map(({ t, to }) => [t / 1000, to]);

  test('3 replicas under 35 erlangs are 7, 14, 28 and 50', () => {
    expect(seconds(run({ initialReplicas: 3, durationMs: 2 * minuteMs, samples: [{ t: 0, load: 35 }] }))).toEqual(
      rows.burst_3_to_50,
    );
  });

  test('50 replicas without load are 3 after 23 minutes', () => {
    const model = run({ initialReplicas: 50, durationMs: 30 * minuteMs, samples: [{ t: 0, erlangs: 0 }] });
    expect([[0, 50], ...seconds(model)]).toEqual(rows.drain_50_to_3);
  });

  test('recorded CPU of 100 % goes to 50 without end', () => {
    const samples = Array.from({ length: 20 }, (_, tick) => ({ t: tick * 15_000, metrics: { cpuPercent: 100 } }));
    const model = run({ samples }, { preset: 'kubernetes', metrics: { cpu: { target: 70 } } });
    expect(seconds(model)).toEqual(rows.cpu_saturated_at_100pct_target70);
  });
});

describe('a recording', () => {
  const policy: PolicyInput = {
    preset: 'kubernetes',
    min: 1,
    metrics: { outstandingPerSlot: { target: 1 } },
    down: { windowMs: 0, policies: [{ type: 'percent', value: 100, periodMs: 1 }] },
  };
  const at = (t: number, metrics: object) => ({ t: t * 15_000, metrics });

  test('keeps a value for three ticks, after which it is stale and nothing shrinks', () => {
    const model = run({ samples: [at(0, { outstanding: 5 }), at(9, {})] }, policy);
    expect(model.timeline.map(({ cause }) => cause)).toEqual([
      ...Array.from({ length: 4 }, () => 'metrics'),
      ...Array.from({ length: 6 }, () => 'no-metrics'),
    ]);
    expect(model.replicas.last).toBe(5);
  });

  test.each([null, 'NaN', 'Infinity', -1])('takes %s as missing: no growth and no shrink', (value) => {
    const model = run(
      { initialReplicas: 4, samples: [at(0, { outstanding: 4 }), at(1, { outstanding: value })] },
      policy,
    );
    expect(model).toMatchObject({ changes: 0 });
    expect(model.timeline.at(-1)!.cause).toBe('no-metrics');
  });

  test('fills in replicas whose CPU is missing', () => {
    const cpu: PolicyInput = { preset: 'kubernetes', min: 1, metrics: { cpu: { target: 100 } } };
    const model = run({ initialReplicas: 2, samples: [at(0, { cpuPercentByReplica: [190, null] })] }, cpu);
    expect(model.changes).toBe(0);
    expect(run({ initialReplicas: 2, samples: [at(0, { cpuPercentByReplica: [190, 190] })] }, cpu).replicas.last).toBe(
      4,
    );
  });

  test('keeps the CPU of the replicas for three ticks too', () => {
    const cpu: PolicyInput = { preset: 'kubernetes', min: 1, metrics: { cpu: { target: 50 } } };
    const model = run({ initialReplicas: 2, samples: [at(0, { cpuPercentByReplica: [50, 50] }), at(5, {})] }, cpu);
    expect(model.timeline.map(({ cause }) => cause === 'metrics')).toEqual([true, true, true, true, false, false]);
  });

  test('teaches nothing about what more replicas bring, because it does not answer to them', () => {
    const busy = { outstanding: 50, queued: 40, requests: 100, overloadFailures: 0 };
    const samples = Array.from({ length: 120 }, (_, second) => ({ t: second * 1000, metrics: busy }));
    const model = run({ tickMs: 1000, samples }, concurrency);
    expect(model).toMatchObject({ shrinks: 0, replicas: { last: 50 } });
  });

  test('sums up what was counted between two ticks', () => {
    const failing: PolicyInput = { preset: 'kubernetes', min: 1, metrics: { errorRate: { above: 1 } } };
    const sample = (t: number, requests: number, overloadFailures: number) => ({
      t,
      metrics: { requests, overloadFailures },
    });
    const grows = (requests: number): boolean =>
      run({ durationMs: 45_000, samples: [sample(0, 0, 0), sample(5000, requests, 1), sample(10_000, 20, 1)] }, failing)
        .changes > 0;
    expect([grows(80), grows(79), grows(181)]).toEqual([true, false, false]);
  });

  test('without a value for a metric of the policy leaves that rule out and says so', () => {
    const both: PolicyInput = { ...policy, metrics: { outstandingPerSlot: { target: 1 }, latencyP99: { above: 100 } } };
    const samples = [at(0, { outstanding: 4 }), at(1, { outstanding: 1 })];
    const report = replay(parseTrace({ version: 1, samples }, 'test'), parsePolicy(both, 'test'));
    expect(report.warnings).toEqual([
      'model: the trace has no values for latencyP99, so the rules for them were left out.',
    ]);
    expect(report.models[0]!.changeLog.map(({ to }) => to)).toEqual([4, 1]);
  });
});

describe('events', () => {
  const policy: PolicyInput = {
    ...concurrency,
    down: { windowMs: 0, policies: [{ type: 'percent', value: 100, periodMs: 1 }] },
  };
  const samples = [
    { t: 0, load: 2 },
    { t: minuteMs, load: 6 },
  ];
  const desired = (events: object[], tickMs = 15_000) =>
    run({ samples, events, tickMs, durationMs: 3 * minuteMs }, policy).timeline.map((tick) => tick.desired);

  test('a pause holds the count, and what was wanted meanwhile is done after it', () => {
    const paused = desired([
      { t: 0, type: 'pause' },
      { t: 2 * minuteMs, type: 'resume' },
    ]);
    expect([...new Set(paused.slice(0, 8))]).toEqual([3]);
    expect(paused.slice(8, 10)).toEqual([7, 9]);
  });

  test('a number set by hand wins over metrics and bounds', () => {
    const manual = desired([{ t: 30_000, type: 'manual', replicas: 1 }]);
    expect([manual[1], ...new Set(manual.slice(2))]).toEqual([3, 1]);
  });

  test('a restart is followed by a pause of 60 s, but for the bounds', () => {
    const restarted = desired([{ t: minuteMs, type: 'restart' }]);
    expect(restarted.slice(4, 9)).toEqual([3, 3, 3, 3, 7]);
    const repaired = run({ samples, initialReplicas: 1, events: [{ t: 0, type: 'restart' }] }, policy);
    expect(repaired.timeline[0]).toMatchObject({ desired: 3, cause: 'bounds' });
  });

  test('a clock that jumps by an hour, either way, changes nothing', () => {
    const plain = desired([]);
    expect(desired([{ t: 90_000, type: 'clock-jump', byMs: 3_600_000 }])).toEqual(plain);
    expect(desired([{ t: 90_000, type: 'clock-jump', byMs: -3_600_000 }])).toEqual(plain);
  });

  test('while a new version is brought in nothing is decided or remembered', () => {
    const frozen = desired([
      { t: minuteMs, type: 'freeze' },
      { t: 2 * minuteMs, type: 'resume' },
    ]);
    expect(frozen.slice(3, 10)).toEqual([3, 3, 3, 3, 3, 7, 9]);
  });
});

describe('several models on one machine', () => {
  const machine = { physicalCores: 9 };
  const model = (load: number, more: object = {}) => ({ samples: [{ t: 0, load }], ...more });
  const shares = (models: object, policy: PolicyInput = { metrics: concurrency.metrics }) =>
    replay(parseTrace({ version: 1, durationMs: minuteMs, machine, models }, 'test'), parsePolicy(policy, 'test'))
      .models;

  test('share it evenly where all want more than there is', () => {
    const last = shares({ a: model(20), b: model(20) }).map(({ replicas }) => replicas.last);
    expect(last).toEqual([4, 4]);
  });

  test('leave what one does not need to the other', () => {
    expect(shares({ a: model(0.5), b: model(20) }).map(({ replicas }) => replicas.last)).toEqual([1, 7]);
  });

  test('hand memory to each other without waiting for it to stay free', () => {
    const machine = { totalBytes: 10e9, availableBytes: 8e9 };
    const one = { replica: { peakRssBytes: 1e9 } };
    const models = {
      a: { ...one, samples: [{ t: 0, load: 20 }] },
      b: {
        ...one,
        priority: 1,
        samples: [
          { t: 0, load: 0 },
          { t: 20_000, load: 2.8 },
        ],
      },
    };
    const report = replay(
      parseTrace({ version: 1, durationMs: minuteMs, machine, models }, 'test'),
      parsePolicy({ metrics: concurrency.metrics! }, 'test'),
    );
    const late = report.models.map(({ timeline }) => timeline[25]!.desired);
    expect(late).toEqual([2, 4]);
  });

  test('never have more than the machine together, at any tick', () => {
    const swinging = (phase: number) => ({
      samples: Array.from({ length: 60 }, (_, second) => ({
        t: second * 1000,
        load: (second + phase) % 20 < 10 ? 1 : 9,
      })),
    });
    const [a, b, c] = shares({ a: swinging(0), b: swinging(7), c: swinging(13) });
    for (const [index, { desired }] of a!.timeline.entries())
      expect(desired + b!.timeline[index]!.desired + c!.timeline[index]!.desired).toBeLessThanOrEqual(8);
  });
});

test.each([
  [
    {
      samples: [
        { t: 0, load: 1 },
        { t: 60_000, load: 2 },
      ],
    },
    ['ends a tick after its last sample'],
  ],
  [
    {
      samples: [
        { t: 0, load: 1 },
        { t: 60_000, load: 2 },
      ],
      durationMs: 90_000,
    },
    [],
  ],
  [
    {
      samples: [
        { t: 0, load: 1 },
        { t: 15_000, load: 2 },
      ],
    },
    [],
  ],
  [{ samples: [{ t: 0, metrics: { outstanding: 1 } }], durationMs: 90_000 }, ['no metric had a value at 2 of 6 ticks']],
])('what a reader of the report should know is said: %j', (trace, warnings) => {
  const report = replay(parseTrace({ version: 1, ...trace }, 'test'), parsePolicy(concurrency, 'test'));
  expect(report.warnings).toEqual(warnings.map((text) => expect.stringContaining(text)));
});

test('the same trace and policy give the same report', () => {
  const random = seededRandom(1);
  const samples = Array.from({ length: 100 }, (_, tick) => ({ t: tick * 1000, load: 20 * random() }));
  const once = () => replay(parseTrace({ version: 1, startupMs: 3000, samples }, 'test'), parsePolicy({}, 'test'));
  expect(once()).toEqual(once());
});

test('a trace that would take more than a million ticks is refused, and so is one of none', () => {
  const long = { durationMs: 31_536_000_000, samples: [{ t: 0, load: 1 }] };
  expect(() => run({ ...long, tickMs: 1 })).toThrow(/31536000000 ticks/);
  expect(() => run({ ...long, durationMs: 0 })).toThrow(/0 ticks/);
});

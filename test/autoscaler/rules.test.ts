import { describe, expect, test } from 'vitest';
import { compileRules } from '../../server/autoscaler/rule-settings.ts';
import type { RuleSettings } from '../../server/autoscaler/rule-settings.ts';
import { voteOf } from '../../server/autoscaler/rules.ts';
import type { Rule, RuleVote } from '../../server/autoscaler/rules.ts';
import { record } from '../../server/autoscaler/windows.ts';
import type { SampleWindow } from '../../server/autoscaler/windows.ts';
import type { PolicyInput } from '../../server/autoscaler/policy.ts';
import vectors from '../fixtures/scaling-vectors.json' with { type: 'json' };
import { Driven } from './observations.ts';

const [upRule, interrupted, downRule] = vectors.duration_rules;

const tenPercent = { upPermille: 100, downPermille: 100 };
const cpu70 = { target: 70, above: 70, upForMs: 120_000 };

function ruleOf(
  metric: 'cpu' | 'queueWaitP99' | 'serviceP99' | 'outstandingPerSlot',
  settings: Partial<RuleSettings>,
): Rule {
  return compileRules({ [metric]: { upForMs: 0, downForMs: 0, ...settings } }, tenPercent)[0]!;
}

/** The vote after values 15 s apart, the last of them now. */
function voteAfter(
  rule: Rule,
  values: readonly (number | undefined)[],
  seen: { current?: number; shares?: number; replicas?: number; restartedMs?: number } = {},
): RuleVote {
  const { current = 3, shares = 1, replicas = current, restartedMs = Number.NEGATIVE_INFINITY } = seen;
  const window = values.reduce<SampleWindow>(
    (all, value, index) =>
      record(all, { atMs: index * 15_000, milli: value === undefined ? undefined : value * 1000 }, 3_600_000, 15_000),
    [],
  );
  return voteOf(rule, { window, nowMs: (values.length - 1) * 15_000, current, shares, replicas, restartedMs });
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('CPU above 70 % for 120 s', () => {
  const policy: PolicyInput = { preset: 'kubernetes', metrics: { cpu: cpu70 } };

  test('at 95 % grows every 135 s, because the time starts again after each growth', () => {
    expect(new Driven(policy, upRule!.n0!).changes(400, () => ({ cpuPercent: 95 }))).toEqual(
      upRule!.timer_resets_after_action,
    );
  });

  test('would grow at every tick if it did not', () => {
    const rule = ruleOf('cpu', cpu70);
    let current: number = upRule!.n0!;
    const changes = [];
    for (let samples = 1; samples <= 13; samples++) {
      const { verdict, proposal } = voteAfter(rule, times(samples, 95), { current });
      if (verdict === 'grow' && proposal.type === 'replicas') {
        current = proposal.replicas;
        changes.push([(samples - 1) * 15, current]);
      }
    }
    expect(changes).toEqual(upRule!.no_reset);
  });

  test('starts again after one value that is not above', () => {
    const changes = new Driven(policy, 3).changes(300, (second) => ({ cpuPercent: second === 90 ? 60 : 95 }));
    expect(changes[0]![0]).toBe(interrupted!.first_up);
  });

  test('counts from when the ordered replicas are ready', () => {
    const driven = new Driven(policy, 3);
    const changes = driven.changes(400, (second) =>
      second > 120 && second <= 180 ? { cpuPercent: 95, ready: 3, starting: 2 } : { cpuPercent: 95 },
    );
    expect(changes).toEqual([
      [120, 5],
      [195 + 120, 7],
    ]);
  });

  test('counts from the start deadline where they never come', () => {
    const driven = new Driven({ ...policy, startDeadlineMs: 60_000 }, 3);
    const changes = driven.changes(330, (second) =>
      second > 120 ? { cpuPercent: 200, ready: 3, starting: 2 } : { cpuPercent: 95 },
    );
    expect(changes.map(([second]) => second)).toEqual([120, 120 + 60 + 120]);
  });
});

test('CPU below 30 % for 600 s shrinks at 600 s, because the window remembers needs and not what rules let through', () => {
  const policy: PolicyInput = {
    preset: 'kubernetes',
    metrics: { cpu: { target: 70, above: 70, below: 30, downForMs: 600_000 } },
  };
  const changes = new Driven(policy, downRule!.n0!).changes(720, () => ({ cpuPercent: 20 }));
  expect(changes).toEqual(downRule!.raw_history);
  expect(changes).not.toEqual(downRule!.gated_history);
});

describe('a rule', () => {
  const rule = ruleOf('cpu', { target: 70, above: 70, upForMs: 60_000, below: 30, downForMs: 60_000 });

  test('holds between its thresholds, on them included', () => {
    for (const value of [70, 50, 30]) expect(voteAfter(rule, times(9, value)).verdict).toBe('hold');
    expect(voteAfter(rule, times(9, 70.001)).verdict).toBe('grow');
    expect(voteAfter(rule, times(9, 29.999)).verdict).toBe('shrink');
  });

  test('uses the most modest value of its time, either way', () => {
    expect(voteAfter(rule, [99, 80, 95, 90, 85]).proposal).toMatchObject({ replicas: Math.ceil((3 * 80) / 70) });
    expect(voteAfter(rule, [1, 2, 29, 2, 1], { current: 9 }).proposal).toMatchObject({
      replicas: Math.ceil((9 * 29) / 70),
    });
  });

  test('does not look further back than its time', () => {
    expect(voteAfter(rule, [71, 99, 99, 99, 99, 99]).proposal).toMatchObject({ replicas: Math.ceil((3 * 99) / 70) });
  });

  test('tells how long it has lasted before it has lasted long enough', () => {
    expect(voteAfter(rule, [50, 95, 95, 95])).toMatchObject({ verdict: 'hold', position: 'above', heldMs: 30_000 });
  });

  test('is neither moved on nor set back by one missing value, and says nothing at that moment', () => {
    expect(voteAfter(rule, [95, 95, undefined, 95, 95]).verdict).toBe('unknown');
    const longer = ruleOf('cpu', { ...cpu70 });
    expect(voteAfter(longer, [...times(4, 95), undefined, ...times(4, 95)]).verdict).toBe('grow');
    expect(voteAfter(longer, [...times(8, 95), undefined]).verdict).toBe('unknown');
  });

  test('is unknown where a fifth of its time has no value, and then neither grows nor lets others shrink', () => {
    const missing = (count: number) => [50, ...times(10 - count, 20), ...times(count, undefined), 20];
    const slow = ruleOf('cpu', { target: 70, below: 30, downForMs: 165_000 });
    expect(voteAfter(slow, missing(2)).verdict).toBe('hold');
    expect(voteAfter(slow, missing(3))).toMatchObject({ verdict: 'unknown', proposal: { type: 'invalid' } });
  });

  test('with both times 0 and the band of a tolerance is an HPA metric', () => {
    const plain = ruleOf('cpu', { target: 70 });
    const at = (value: number) => voteAfter(plain, [value], { current: 10 }).proposal;
    expect(at(77)).toEqual({ type: 'replicas', replicas: 10, raw: 10 });
    expect(at(78)).toEqual({ type: 'replicas', replicas: 12, raw: 12 });
    expect(at(62)).toEqual({ type: 'replicas', replicas: 9, raw: 9 });
  });

  test('does not wait for its own growth where it needs no time', () => {
    const plain = ruleOf('cpu', { target: 70 });
    expect(voteAfter(plain, [95, 95], { restartedMs: 15_000 }).verdict).toBe('grow');
  });

  test('is never turned around by replicas that still start: 150 % of 3 of 7 stays 7', () => {
    const plain = ruleOf('cpu', { target: 100 });
    expect(voteAfter(plain, [150], { current: 7, replicas: 3 }).proposal).toMatchObject({ replicas: 7 });
    expect(voteAfter(plain, [50], { current: 2, replicas: 7 }).proposal).toMatchObject({ replicas: 2 });
  });
});

describe('votes', () => {
  test('a step is one more however far the value is off, and consent below', () => {
    const rule = ruleOf('queueWaitP99', { above: 100, upForMs: 30_000, below: 50 });
    expect(voteAfter(rule, [900, 900, 900]).proposal).toEqual({ type: 'replicas', replicas: 4, raw: 4 });
    expect(voteAfter(rule, [70, 70, 70]).proposal).toEqual({ type: 'replicas', replicas: 3, raw: 3 });
    expect(voteAfter(rule, [0]).proposal).toEqual({ type: 'consents' });
  });

  test('a step without a lower threshold consents to every shrink while it is not above', () => {
    const rule = ruleOf('queueWaitP99', { above: 100 });
    expect(voteAfter(rule, [100]).proposal).toEqual({ type: 'consents' });
  });

  test('a step waits for its growth to be ready even where it needs no time', () => {
    const rule = ruleOf('queueWaitP99', { above: 100 });
    expect(voteAfter(rule, [900, 900], { restartedMs: 15_000 }).verdict).toBe('hold');
  });

  test('a veto keeps the count while it is above and never asks for more', () => {
    const rule = ruleOf('serviceP99', { above: 100 });
    expect(voteAfter(rule, [400]).proposal).toEqual({ type: 'replicas', replicas: 3, raw: 3 });
    expect(voteAfter(rule, [90]).proposal).toEqual({ type: 'consents' });
  });

  test('a total is shared out: 14 requests on 4 slots are 3.5 per slot', () => {
    const rule = ruleOf('outstandingPerSlot', { target: 0.7 });
    expect(voteAfter(rule, [14], { current: 2, shares: 4 })).toMatchObject({
      value: 3.5,
      proposal: { type: 'replicas', replicas: 10 },
    });
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, noHistory } from '../../server/autoscaler/hpa.ts';
import type { Behaviour, HpaDecision, HpaHistory, Proposal } from '../../server/autoscaler/hpa.ts';
import { parsePolicy } from '../../server/autoscaler/policy.ts';
import { bandAround, proposeByUtilisation, proposeReplicas } from '../../server/autoscaler/proposal.ts';
import vectors from '../fixtures/scaling-vectors.json' with { type: 'json' };

const tolerance = { upPermille: 100, downPermille: 100 };
const cloud: Behaviour = parsePolicy({ preset: 'kubernetes' }, 'test');
const quick: Behaviour = {
  up: { windowMs: 0, select: 'max', policies: [{ type: 'pods', value: 1000, periodMs: 1 }] },
  down: { windowMs: 0, select: 'max', policies: [{ type: 'percent', value: 100, periodMs: 1 }] },
};

const want = (...numbers: number[]): Proposal[] =>
  numbers.map((replicas) => ({ type: 'replicas', replicas, raw: replicas }));
const invalid: Proposal = { type: 'invalid' };
const consents: Proposal = { type: 'consents' };

/** One round with nothing before it. */
function once(
  current: number,
  proposals: readonly Proposal[],
  { min = 1, max = 100, behaviour = quick }: { min?: number; max?: number; behaviour?: Behaviour } = {},
): HpaDecision {
  return decide({ nowMs: 0, current, min, max, proposals, behaviour, history: noHistory });
}

/** The changes of many rounds as [seconds, replicas], applied at once; `propose` sees the count. */
function timeline(
  start: number,
  propose: (current: number) => number,
  { behaviour = cloud, seconds = 1500 }: { behaviour?: Behaviour; seconds?: number } = {},
): number[][] {
  const changes: number[][] = [];
  let current = start;
  let history: HpaHistory = noHistory;
  for (let second = 0; second <= seconds; second += 15) {
    const proposals = want(propose(current));
    const decision = decide({ nowMs: second * 1000, current, min: 3, max: 50, proposals, behaviour, history });
    if (decision.desired !== current) changes.push([second, decision.desired]);
    current = decision.desired;
    history = decision.history;
  }
  return changes;
}

describe("Kubernetes' controller", () => {
  const [belowMin, aboveMax, toZero, toMin, failing, unknownType, cap, capMax] = vectors.hpa_controller;

  test.each([belowMin!, aboveMax!])(
    '$id: moves from $current into its bounds at once',
    ({ current, min, max, expected }) => {
      const decision = once(current, want(4), { min: min!, max: max!, behaviour: cloud });
      expect(decision).toMatchObject({ desired: expected, cause: 'bounds' });
      expect(decision.history.events).toEqual([{ atMs: 0, change: expected - current }]);
    },
  );

  test.each([toZero!, toMin!])('$id: idle CPU leads to $expected', ({ current, min, expected }) => {
    const idle = proposeByUtilisation({ usedMilli: 0, counted: 3, missing: 0, ignored: 0 }, 100, tolerance, current);
    expect(once(current, want(idle!), { min: min! }).desired).toBe(expected);
  });

  test.each([failing!, unknownType!])('$id: a metric that fails forbids shrinking', ({ current, expected }) => {
    expect(once(current, [...want(3), invalid])).toMatchObject({ desired: expected, limitedBy: 'missing-metric' });
  });

  test.each([cap!, capMax!])('$id: growth is limited to $expected', ({ current, up, max, expected }) => {
    const policies = up!.map(([type, value, seconds]) => ({
      type: type as 'percent',
      value: value as number,
      periodMs: (seconds as number) * 1000,
    }));
    const behaviour = { ...quick, up: { ...quick.up, policies } };
    expect(once(current, want(10_000), { max: max!, behaviour }).desired).toBe(expected);
  });

  test('a count of 0 under a minimum is paused', () => {
    expect(once(0, want(5), { min: 1 })).toMatchObject({ desired: 0, cause: 'paused' });
  });
});

describe('together', () => {
  test('the largest proposal wins, and a failing metric does not keep the others from growing', () => {
    expect(once(4, want(4, 6, 10)).desired).toBe(10);
    expect(once(4, [...want(6), invalid]).desired).toBe(6);
  });

  test('nothing happens where no metric is valid, and that is remembered as the need', () => {
    const decision = once(5, [invalid, invalid], { behaviour: cloud });
    expect(decision).toMatchObject({ desired: 5, cause: 'no-valid-metric' });
    expect(decision.history.recommendations.highs).toEqual([{ atMs: 0, replicas: 5 }]);
    expect(once(5, [])).toMatchObject({ desired: 5, cause: 'no-valid-metric' });
  });

  test('one that consents has no number: the others say how far, and alone it is one fewer', () => {
    expect(once(9, [...want(2), consents]).desired).toBe(2);
    expect(once(9, [consents, consents]).desired).toBe(8);
    expect(once(9, [consents, invalid]).desired).toBe(9);
  });

  test.each(vectors.cloud_policy_timelines.multi_metric_cpu70_p99_100_queue10)(
    '$n replicas with CPU, p99 and queue at $x of 70, 100 and 10 want $desired',
    ({ n, x, props, desired, after_policy: afterPolicy }) => {
      const proposals = x.map((value, index) => {
        const target = [70, 100, 10][index]!;
        if (index === 0)
          return proposeByUtilisation(
            { usedMilli: n * value * 1000, counted: n, missing: 0, ignored: 0 },
            target,
            tolerance,
            n,
          )!;
        const usage = { usedMilli: value * 1000, shares: 1, replicas: n };
        return proposeReplicas(usage, target * 1000, bandAround(target * 1000, tolerance), n);
      });
      expect(proposals).toEqual(props);
      const decision = once(n, want(...proposals), { min: 3, max: 50, behaviour: cloud });
      expect(decision.wanted).toBe(desired);
      if (afterPolicy !== undefined) expect(decision.desired).toBe(afterPolicy);
    },
  );
});

describe('over time, with 100 % or 4 per 15 s up and 10 % per 60 s down after 300 s', () => {
  const rows = vectors.cloud_policy_timelines;

  test('3 that should be 50 are 7, 14, 28 and 50', () => {
    expect(timeline(3, () => 50)).toEqual(rows.burst_3_to_50);
  });

  test('with a period longer than the tick by a hair it takes twice as long', () => {
    const policies = cloud.up.policies.map((policy) => ({ ...policy, periodMs: 15_001 }));
    const slow = { ...cloud, up: { ...cloud.up, policies } };
    expect(timeline(3, () => 50, { behaviour: slow })).toEqual(rows.same_with_inclusive_boundary);
  });

  test('CPU that is pinned at 100 % grows without end', () => {
    const pinned = (n: number): number =>
      proposeByUtilisation({ usedMilli: n * 100_000, counted: n, missing: 0, ignored: 0 }, 70, tolerance, n)!;
    expect(timeline(3, pinned)).toEqual(rows.cpu_saturated_at_100pct_target70);
  });

  test('50 that should be 3 wait for 300 s and then take 18 minutes', () => {
    expect([[0, 50], ...timeline(50, () => 3)]).toEqual(rows.drain_50_to_3);
  });

  test("with Kubernetes' default for down they wait as long and are 3 at once", () => {
    const behaviour: Behaviour = parsePolicy({}, 'test');
    expect(timeline(50, () => 3, { behaviour })).toEqual(rows.k8s_default_down_50_to_3);
  });

  test('6 that should be 3 stay 6 for 300 s and are then 5', () => {
    expect(timeline(6, () => 3)[0]).toEqual([300, 5]);
  });
});

test('10 replicas at exactly 77 % of 70 stay 10', () => {
  expect(proposeByUtilisation({ usedMilli: 770_000, counted: 10, missing: 0, ignored: 0 }, 70, tolerance, 10)).toBe(10);
});

describe('says what limited it', () => {
  const history = once(10, want(10), { behaviour: cloud }).history;
  const now = (current: number, wanted: number, given: Partial<{ min: number; max: number }> = {}) =>
    decide({
      nowMs: 15_000,
      current,
      min: given.min ?? 1,
      max: given.max ?? 100,
      proposals: want(wanted),
      behaviour: cloud,
      history,
    }).limitedBy;

  test.each([
    ['nothing', now(10, 12), undefined],
    ['the window', now(10, 2), 'down-window'],
    ['the rate', now(10, 40), 'up-policy'],
    ['the maximum', now(10, 15, { max: 12 }), 'max'],
    ['the maximum, where there is no room at all', now(10, 15, { max: 10 }), 'max'],
  ])('%s', (_, limitedBy, expected) => {
    expect(limitedBy).toBe(expected);
  });

  test('the minimum, and the rate of a shrink', () => {
    expect(once(4, want(1), { min: 2 }).limitedBy).toBe('min');
    const slow = { ...quick, down: cloud.down, up: quick.up };
    expect(once(40, want(1), { behaviour: { ...slow, down: { ...slow.down, windowMs: 0 } } }).limitedBy).toBe(
      'down-policy',
    );
  });
});

test('the order of the metrics changes nothing', () => {
  const proposal = fc.oneof(
    fc.nat(60).map((replicas): Proposal => ({ type: 'replicas', replicas, raw: replicas })),
    fc.constantFrom(invalid, consents),
  );
  fc.assert(
    fc.property(fc.array(proposal, { maxLength: 6 }), fc.nat(40), (proposals, current) => {
      const options = { min: 0, max: 50, behaviour: cloud };
      expect(once(current, proposals.toReversed(), options)).toEqual(once(current, proposals, options));
    }),
  );
});

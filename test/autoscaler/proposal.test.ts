import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bandAround, proposeByUtilisation, proposeReplicas, utilisationOf } from '../../server/autoscaler/proposal.ts';
import type { Usage } from '../../server/autoscaler/proposal.ts';
import { toMilli } from '../../server/autoscaler/quantity.ts';
import vectors from '../fixtures/scaling-vectors.json' with { type: 'json' };

const tolerance = { upPermille: 100, downPermille: 100 };

interface Row {
  readonly current: number;
  readonly util?: readonly (number | null)[];
  readonly util_total_pct?: number;
  readonly unready?: readonly number[];
  readonly target?: number;
  readonly values?: readonly number[];
  readonly value?: number;
  readonly target_avg?: number;
  readonly target_value?: number;
  readonly ready?: number;
}

/** As pods with their utilisations: an unready one is ignored, one without a value is missing. */
function byPods(util: readonly (number | null)[], unready: readonly number[]) {
  const ready = util.filter((_, index) => !unready.includes(index));
  const counted = ready.filter((value) => value !== null);
  return {
    usedMilli: counted.reduce((sum, value) => sum + toMilli(value)!, 0),
    counted: counted.length,
    missing: ready.length - counted.length,
    ignored: util.length - ready.length,
  };
}

function propose(row: Row): number | undefined {
  const { current, util, util_total_pct: total, unready = [], target = 0 } = row;
  if (util !== undefined) return proposeByUtilisation(byPods(util, unready), target, tolerance, current);
  if (total !== undefined) {
    const replicas = { usedMilli: total * 1000 * current, counted: current, missing: 0, ignored: 0 };
    return proposeByUtilisation(replicas, target, tolerance, current);
  }
  const targetMilli = toMilli(row.target_avg ?? row.target_value)!;
  return proposeReplicas(usageOf(row), targetMilli, bandAround(targetMilli, tolerance), current);
}

function usageOf({ current, values, value, target_avg: average, ready = current }: Row): Usage {
  if (values !== undefined) {
    const usedMilli = values.reduce((sum, one) => sum + toMilli(one)!, 0);
    return { usedMilli, shares: values.length, replicas: values.length };
  }
  const usedMilli = toMilli(value)!;
  return average === undefined
    ? { usedMilli, shares: 1, replicas: ready }
    : { usedMilli, shares: current, replicas: current };
}

test.each(vectors.hpa_ratio)("proposes $expected from $current, as Kubernetes' $id", (row) => {
  expect(propose(row)).toBe(row.expected);
});

describe('CPU of which something is not known', () => {
  test('is no metric where no replica is ready and measured', () => {
    expect(utilisationOf({ usedMilli: 0, counted: 0, missing: 2, ignored: 1 }, 50)).toBeUndefined();
    expect(
      proposeByUtilisation({ usedMilli: 0, counted: 0, missing: 2, ignored: 0 }, 50, tolerance, 2),
    ).toBeUndefined();
  });

  test('counts missing ones as idle before a growth: 80, 80 and one unknown are 53 % and not 80', () => {
    const replicas = { usedMilli: 160_000, counted: 2, missing: 1, ignored: 0 };
    expect(utilisationOf(replicas, 50)).toEqual({ usedMilli: 53_000, shares: 1, replicas: 3 });
    expect(proposeByUtilisation(replicas, 50, tolerance, 3)).toBe(3);
  });

  test('leaves starting ones out before a shrink: three at 46 % of 50 are within the tolerance', () => {
    expect(proposeByUtilisation({ usedMilli: 138_000, counted: 3, missing: 0, ignored: 2 }, 50, tolerance, 5)).toBe(5);
  });

  test('never turns the direction around: filled in, 4 of 10 replicas below the target do not become 11', () => {
    const replicas = { usedMilli: 4 * 60_000, counted: 4, missing: 8, ignored: 0 };
    expect(proposeByUtilisation(replicas, 90, { upPermille: 0, downPermille: 0 }, 10)).toBe(10);
  });

  test('is in whole percent, rounded down: 77.9 % is within 10 % of 70', () => {
    const replicas = { usedMilli: 10 * 77_900, counted: 10, missing: 0, ignored: 0 };
    expect(proposeByUtilisation(replicas, 70, tolerance, 10)).toBe(10);
    expect(proposeByUtilisation({ ...replicas, usedMilli: 780_000 }, 70, tolerance, 10)).toBe(12);
  });
});

test('a tolerance may differ by direction', () => {
  const band = bandAround(100_000, { upPermille: 0, downPermille: 500 });
  const at = (value: number): number =>
    proposeReplicas({ usedMilli: value * 1000, shares: 1, replicas: 10 }, 100_000, band, 10);
  expect([100, 101, 50, 49].map(at)).toEqual([10, 11, 10, 5]);
});

test('a total asks for the same number whatever the current one is, so it cannot compound', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.nat(1_000_000), (current, usedMilli) => {
      const usage = { usedMilli, shares: current, replicas: current };
      const proposed = proposeReplicas(usage, 700, bandAround(700, tolerance), current);
      expect([current, Math.ceil(usedMilli / 700)]).toContain(proposed);
    }),
  );
});

test('more usage never proposes fewer', () => {
  const usages = fc.tuple(fc.nat(1_000_000), fc.nat(1_000_000), fc.integer({ min: 1, max: 100 }));
  fc.assert(
    fc.property(usages, ([one, other, replicas]) => {
      const at = (usedMilli: number): number =>
        proposeReplicas({ usedMilli, shares: 1, replicas }, 70_000, bandAround(70_000, tolerance), replicas);
      expect(at(Math.max(one, other))).toBeGreaterThanOrEqual(at(Math.min(one, other)));
    }),
  );
});

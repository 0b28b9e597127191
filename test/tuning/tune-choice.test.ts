import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TuneGoal, TuneRow } from '../../server/protocol/admin/tune-result.ts';
import { asGood, bestRow, choose, scoreOf } from '../../server/tuning/tune-choice.ts';

const row = (replicas: number, threads: number, perSecond: number, aloneMs: number, failed = 0): TuneRow => ({
  setting: { replicas, threads },
  replicas,
  threads,
  maxBatchSize: 0,
  perSecond,
  loadedP99Ms: 1,
  aloneP50Ms: aloneMs,
  aloneP95Ms: aloneMs,
  failed,
});

const rows = fc.array(
  fc
    .tuple(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 8 }),
      fc.double({ min: 0, max: 1e5, noNaN: true }),
      fc.double({ min: 0.01, max: 1e4, noNaN: true }),
      fc.constantFrom(0, 0, 0, 1),
    )
    .map((values) => row(...values)),
  { maxLength: 12 },
);
const goals = fc.constantFrom<TuneGoal>('latency', 'throughput', 'balanced');

describe('the choice', () => {
  const small = row(1, 1, 100, 4);
  const wide = row(2, 1, 190, 4);
  const deep = row(1, 2, 150, 2);

  it('follows the goal', () => {
    expect(choose([small, wide, deep], 'throughput')).toBe(wide);
    expect(choose([small, wide, deep], 'latency')).toBe(deep);
    expect(choose([small, wide, deep], 'balanced')).toBe(deep);
  });

  it('takes the least of the machine among those that are as good', () => {
    expect(choose([row(2, 1, 103, 4), small], 'throughput')).toBe(small);
    expect(choose([row(2, 1, 103.2, 4), small], 'throughput')!.replicas).toBe(2);
    expect(choose([row(2, 1, 100, 4), row(1, 2, 100, 4)], 'throughput')!.replicas).toBe(1);
  });

  it('is within five percent of the best that was measured, and no row with failures', () => {
    fc.assert(
      fc.property(rows, goals, (list, goal) => {
        const pick = choose(list, goal);
        const scores = list.map((each) => scoreOf(each, goal));
        const best = Math.max(0, ...scores);
        if (best === 0) {
          expect(pick).toBeUndefined();
          return;
        }
        expect(scoreOf(pick!, goal)).toBeGreaterThanOrEqual(best * (1 - asGood) - 1e-9);
        expect(1 - asGood).toBeGreaterThanOrEqual(0.95);
        expect(pick!.failed).toBe(0);
      }),
    );
  });

  it('does not depend on the order of rows that differ', () => {
    fc.assert(
      fc.property(rows, goals, (list, goal) => {
        const [forward, backward] = [choose(list, goal), choose(list.toReversed(), goal)];
        expect([backward?.replicas, backward?.threads]).toEqual([forward?.replicas, forward?.threads]);
      }),
    );
  });

  it('has no best row where requests failed everywhere', () =>
    expect(bestRow([row(1, 1, 9, 1, 1)], 'latency')).toBeUndefined());

  it('counts a doubled throughput as much as a halved latency', () => {
    expect(scoreOf(row(1, 1, 200, 4), 'balanced')).toBeCloseTo(scoreOf(row(1, 1, 100, 2), 'balanced'), 9);
    expect(scoreOf(row(1, 1, 1e9, 4), 'latency')).toBe(scoreOf(row(1, 1, 1, 4), 'latency'));
  });
});

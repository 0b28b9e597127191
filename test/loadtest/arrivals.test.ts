import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../server/loadtest/arrivals.ts';
import type { Arrival } from '../../server/loadtest/arrivals.ts';
import { seededRandom } from '../../server/loadtest/random.ts';
import { totalArrivals, totalMs } from '../../server/loadtest/stages.ts';
import type { Stage } from '../../server/protocol/admin/load-plan.ts';

function times(stages: readonly Stage[], arrival: Arrival, seed = 1): number[] {
  const arrivals = new Arrivals(stages, arrival, seededRandom(seed));
  const list: number[] = [];
  for (let due = arrivals.next(); due !== undefined; due = arrivals.next()) list.push(due);
  return list;
}

const stageLists = fc.array(
  fc.record({
    from: fc.double({ min: 0, max: 500, noNaN: true }),
    to: fc.double({ min: 0, max: 500, noNaN: true }),
    durationMs: fc.integer({ min: 1, max: 3000 }),
  }),
  { minLength: 1, maxLength: 6 },
);

describe('constant arrivals', () => {
  it('come evenly, the first at once', () => {
    expect(times([{ from: 4, to: 4, durationMs: 1000 }], 'constant')).toEqual([0, 250, 500, 750]);
  });

  it('follow a ramp: of a rate from 0 to 8, three quarters come in the second half', () => {
    const list = times([{ from: 0, to: 8, durationMs: 2000 }], 'constant');
    expect(list).toHaveLength(8);
    expect(list.filter((due) => due >= 1000)).toHaveLength(6);
    expect(list[2]).toBeCloseTo(1000, 6);
  });

  it('keep their spacing across stages of equal rate', () => {
    const one = times([{ from: 30, to: 30, durationMs: 1000 }], 'constant');
    const split = times(
      [
        { from: 30, to: 30, durationMs: 410 },
        { from: 30, to: 30, durationMs: 590 },
      ],
      'constant',
    );
    expect(split).toHaveLength(one.length);
    for (const [index, due] of one.entries()) expect(split[index]).toBeCloseTo(due, 6);
  });

  it('are as many as the rate adds up to, within the time, and never fall back', () => {
    fc.assert(
      fc.property(stageLists, (stages) => {
        const list = times(stages, 'constant');
        expect(Math.abs(list.length - totalArrivals(stages))).toBeLessThanOrEqual(1);
        expect(list.every((due, index) => due >= (list[index - 1] ?? 0) - 1e-6)).toBe(true);
        expect(list.every((due) => due >= 0 && due <= totalMs(stages))).toBe(true);
      }),
    );
  });

  it('do not come while the rate is nothing', () => {
    const list = times(
      [
        { from: 0, to: 0, durationMs: 500 },
        { from: 10, to: 10, durationMs: 500 },
      ],
      'constant',
    );
    expect(list[0]).toBe(500);
    expect(list).toHaveLength(5);
  });
});

describe('Poisson arrivals', () => {
  it('have the rate on average and gaps that vary as those of a Poisson process do', () => {
    const list = times([{ from: 1000, to: 1000, durationMs: 20_000 }], 'poisson');
    expect(list.length).toBeGreaterThan(19_400);
    expect(list.length).toBeLessThan(20_600);
    const gaps = list.slice(1).map((due, index) => due - list[index]!);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(deviation / mean).toBeGreaterThan(0.95);
    expect(deviation / mean).toBeLessThan(1.05);
  });

  it('are the same for the same seed and others for another', () => {
    const stages = [{ from: 50, to: 80, durationMs: 1000 }];
    expect(times(stages, 'poisson', 7)).toEqual(times(stages, 'poisson', 7));
    expect(times(stages, 'poisson', 7)).not.toEqual(times(stages, 'poisson', 8));
  });

  it('never fall back and stay within the time', () => {
    fc.assert(
      fc.property(stageLists, fc.integer({ min: 0, max: 1000 }), (stages, seed) => {
        const list = times(stages, 'poisson', seed);
        expect(list.every((due, index) => due >= (list[index - 1] ?? 0) - 1e-6 && due <= totalMs(stages))).toBe(true);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { heldStages, totalArrivals, totalMs, valueAt } from '../../server/loadtest/stages.ts';

const stages = [
  { from: 10, to: 20, durationMs: 1000 },
  { from: 5, to: 5, durationMs: 500 },
];

describe('stages', () => {
  it.each([
    [-5, 10],
    [0, 10],
    [500, 15],
    [999.999, 19.999_99],
    [1000, 5],
    [1499, 5],
    [9000, 5],
  ])('have at %s ms the value %s', (ms, value) => {
    expect(valueAt(stages, ms)).toBeCloseTo(value, 4);
  });

  it('add up times and arrivals', () => {
    expect(totalMs(stages)).toBe(1500);
    expect(totalArrivals(stages)).toBe(17.5);
  });

  it('hold each value of a trace until the next, and the last until the end', () => {
    const points = [
      { t: 100, value: 3 },
      { t: 400, value: 7 },
    ];
    expect(heldStages(points, 1000)).toEqual([
      { from: 0, to: 0, durationMs: 100 },
      { from: 3, to: 3, durationMs: 300 },
      { from: 7, to: 7, durationMs: 600 },
    ]);
  });

  it('leave out what lies beyond the end, and several values at one time but the last', () => {
    const points = [
      { t: 0, value: 1 },
      { t: 0, value: 2 },
      { t: 500, value: 3 },
    ];
    expect(heldStages(points, 300)).toEqual([{ from: 2, to: 2, durationMs: 300 }]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { histogram, percentile } from '../../../renderer/try/histogram.ts';

describe('a histogram', () => {
  it('has round edges', () => {
    expect(histogram([1.03, 1.2, 1.91, 2.49], 5).map(({ from, to, count }) => [from, to, count])).toEqual([
      [1, 1.5, 2],
      [1.5, 2, 1],
      [2, 2.5, 1],
    ]);
  });

  it('counts every value once, in a bin that holds it, with few bins', () => {
    const times = fc.array(fc.double({ min: 0.001, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(times, (values) => {
        const bins = histogram(values);
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
        expect(bins.length).toBeLessThanOrEqual(14);
        const slack = (bins[0]!.to - bins[0]!.from) * 1e-6;
        for (const { from, to, count } of bins) {
          const inside = values.filter((value) => value >= from - slack && value <= to + slack).length;
          expect(inside).toBeGreaterThanOrEqual(count);
        }
      }),
    );
  });

  it('is one bin for equal values and none for no values', () => {
    expect(histogram([3, 3, 3])).toHaveLength(1);
    expect(histogram([])).toEqual([]);
  });
});

describe('a percentile', () => {
  it('is the nearest rank', () => {
    const values = [5, 1, 4, 2, 3];
    expect(percentile(values, 0.5)).toBe(3);
    expect(percentile(values, 0.95)).toBe(5);
    expect(percentile(values, 0.2)).toBe(1);
    expect(percentile([], 0.5)).toBeNaN();
  });
});

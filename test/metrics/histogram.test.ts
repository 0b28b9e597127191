import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram, batchBuckets, durationBuckets } from '../../server/metrics/histogram.ts';

describe('the histogram', () => {
  it('puts a value into the first bucket whose bound it does not exceed', () => {
    const histogram = new Histogram([1, 2, 5]);
    for (const value of [0, 1, 1.5, 2, 2.1, 5, 5.1, 1000]) histogram.record(value);
    expect([...histogram.counts]).toEqual([2, 2, 2, 2]);
  });

  it('keeps count and sum', () => {
    const histogram = new Histogram([1]);
    for (const value of [0.5, 2, 3]) histogram.record(value);
    expect(histogram).toMatchObject({ count: 3, sum: 5.5 });
  });

  it('counts every value in exactly one bucket, the one that its bounds say', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true })), (values) => {
        const histogram = new Histogram(durationBuckets);
        for (const value of values) histogram.record(value);
        const bounds = [-Infinity, ...durationBuckets, Infinity];
        const wanted = bounds
          .slice(1)
          .map((upper, index) => values.filter((value) => value > bounds[index]! && value <= upper).length);
        expect([...histogram.counts]).toEqual(wanted);
        expect(histogram.count).toBe(values.length);
      }),
    );
  });

  it.each([
    ['durations', durationBuckets],
    ['batches', batchBuckets],
  ])('has ascending bounds for %s', (_name, bounds) => {
    expect([...bounds]).toEqual([...new Set(bounds)].toSorted((a, b) => a - b));
  });
});

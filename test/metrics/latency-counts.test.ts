import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addSparse,
  countsSince,
  LatencyCounts,
  latencySteps,
  percentileMs,
  toSparse,
} from '../../server/metrics/latency-counts.ts';

function countsOf(values: readonly number[]): Float64Array {
  const latency = new LatencyCounts();
  for (const value of values) latency.record(value);
  return latency.counts;
}

const durations = fc.array(fc.double({ min: 0.001, max: 3_000_000, noNaN: true }), { minLength: 1, maxLength: 300 });

describe('latency counts', () => {
  it('give a percentile within 7 % of the true one, whatever the durations', () => {
    fc.assert(
      fc.property(durations, fc.constantFrom(0.5, 0.95, 0.99), (values, share) => {
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
        const found = percentileMs(countsOf(values), share)!;
        // Below a step of one microsecond there is nothing finer.
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.max(0.0015, exact * 0.07));
      }),
    );
  });

  it('never give a higher percentile a lower value', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const counts = countsOf(values);
        const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentileMs(counts, share)!);
        expect(p50!).toBeLessThanOrEqual(p95!);
        expect(p95!).toBeLessThanOrEqual(p99!);
      }),
    );
  });

  it('have no percentile for nothing', () => {
    expect(percentileMs(countsOf([]), 0.99)).toBeUndefined();
  });

  it('take what is impossible as the nearest possible', () => {
    const counts = countsOf([-5, 0, 1e12]);
    expect(counts[0]).toBe(2);
    expect(counts[latencySteps - 1]).toBe(1);
  });

  it('tell what came since an earlier look', () => {
    const latency = new LatencyCounts();
    latency.record(1);
    const before = latency.counts.slice();
    for (let index = 0; index < 10; index++) latency.record(50);
    expect(percentileMs(countsSince(latency.counts, before), 0.5)).toBeCloseTo(50, 0);
  });

  it('come back from their sparse form, and add up', () => {
    const [a, b] = [countsOf([1, 2, 2, 900]), countsOf([2, 30])];
    const sum = new Float64Array(latencySteps);
    addSparse(sum, toSparse(a));
    addSparse(sum, toSparse(b));
    expect(sum).toEqual(countsOf([1, 2, 2, 900, 2, 30]));
    expect(toSparse(a)).toHaveLength(3);
  });

  it('leave out steps that another version of Millrace may have had', () => {
    const sum = new Float64Array(latencySteps);
    addSparse(sum, [
      [-1, 4],
      [latencySteps, 4],
      [0, 1],
    ]);
    expect(sum.reduce((total, count) => total + count)).toBe(1);
  });
});

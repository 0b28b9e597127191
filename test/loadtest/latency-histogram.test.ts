import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../server/loadtest/latency-histogram.ts';

describe('a latency histogram', () => {
  it('knows percentiles to three digits up to p99.99', () => {
    const histogram = new LatencyHistogram();
    for (let index = 1; index <= 100_000; index += 1) histogram.record(index / 1000);
    const { count, min, mean, p50, p99, p9999, max } = histogram.summary();
    expect(count).toBe(100_000);
    expect(min).toBeCloseTo(0.001, 3);
    for (const [value, exact] of [
      [mean, 50],
      [p50, 50],
      [p99, 99],
      [p9999, 99.99],
      [max, 100],
    ] as const) {
      expect(Math.abs(value - exact) / exact).toBeLessThan(0.002);
    }
  });

  it('takes what lies outside of its range as the nearest that it has', () => {
    const histogram = new LatencyHistogram();
    histogram.record(-1);
    histogram.record(1e9);
    expect(histogram.count).toBe(2);
    expect(histogram.summary().max).toBeGreaterThan(3_500_000);
  });

  it('is all zero while it is empty', () => {
    expect(Object.values(new LatencyHistogram().summary()).every((value) => value === 0)).toBe(true);
    expect(new LatencyHistogram().curve()).toEqual([]);
  });

  it('draws a curve that never falls and ends where the count cannot tell more', () => {
    const histogram = new LatencyHistogram();
    for (let index = 0; index < 1000; index += 1) histogram.record(index);
    const curve = histogram.curve();
    expect(
      curve.every(
        ([percent, ms], index) => index === 0 || (percent > curve[index - 1]![0] && ms >= curve[index - 1]![1]),
      ),
    ).toBe(true);
    expect(curve.at(-1)![0]).toBeLessThan(99.95);
    expect(curve.at(-1)![0]).toBeGreaterThan(99.8);
  });
});

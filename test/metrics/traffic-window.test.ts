import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelStatistics } from '../../server/metrics/model-statistics.ts';
import { quantile, readTraffic, trafficBetween, TrafficWindow } from '../../server/metrics/traffic-window.ts';

const answer = (statistics: ModelStatistics, totalMs: number): void =>
  statistics.recordAnswer({ totalMs, queueMs: 0, run: undefined }, 0);

describe('the traffic between two readings', () => {
  it('is what ended between them, by the time that passed', () => {
    const statistics = new ModelStatistics();
    for (let count = 0; count < 7; count++) answer(statistics, 30);
    const before = readTraffic(statistics, 1000);
    for (let count = 0; count < 98; count++) answer(statistics, 3);
    answer(statistics, 80);
    answer(statistics, 80);
    statistics.recordFailure('BACKEND', 5);
    const traffic = trafficBetween([[before, readTraffic(statistics, 6000)]]);
    expect(traffic).toMatchObject({ requestsPerSecond: 20.2, failuresPerSecond: 0.2 });
    expect(traffic.p50Ms).toBeGreaterThan(2.5);
    expect(traffic.p50Ms).toBeLessThanOrEqual(5);
    expect(traffic.p95Ms).toBeLessThanOrEqual(5);
    expect(traffic.p99Ms).toBeGreaterThan(50);
    expect(traffic.p99Ms).toBeLessThanOrEqual(100);
  });

  it('adds up several versions over the same time', () => {
    const [first, second] = [new ModelStatistics(), new ModelStatistics()];
    const before = [readTraffic(first, 0), readTraffic(second, 0)];
    for (let count = 0; count < 10; count++) answer(first, 1);
    for (let count = 0; count < 30; count++) answer(second, 1);
    const pairs = [first, second].map((each, at) => [before[at]!, readTraffic(each, 10_000)] as const);
    expect(trafficBetween(pairs).requestsPerSecond).toBe(4);
  });

  it('knows no duration while nothing was answered, and no rate while no time has passed', () => {
    const reading = readTraffic(new ModelStatistics(), 5);
    expect(trafficBetween([[reading, { ...reading, atMs: 1005 }]])).toEqual({
      requestsPerSecond: 0,
      failuresPerSecond: 0,
    });
    expect(trafficBetween([[reading, reading]])).toEqual({ requestsPerSecond: 0, failuresPerSecond: 0 });
    expect(trafficBetween([])).toEqual({ requestsPerSecond: 0, failuresPerSecond: 0 });
  });

  it('does not change when the counters go on', () => {
    const statistics = new ModelStatistics();
    const before = readTraffic(statistics, 0);
    answer(statistics, 1);
    expect(before.counts.every((count) => count === 0)).toBe(true);
  });
});

describe('a quantile', () => {
  const bounds = [1, 2, 4, 8];
  const counts = fc.array(fc.nat(50), { minLength: 5, maxLength: 5 }).map((each) => Float64Array.from(each));

  it('grows with its share and lies in the bucket of the value at its rank', () => {
    fc.assert(
      fc.property(
        counts,
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (each, a, b) => {
          const total = each.reduce((sum, count) => sum + count, 0);
          fc.pre(total > 0);
          const [low, high] = [Math.min(a, b), Math.max(a, b)];
          expect(quantile(each, bounds, low)).toBeLessThanOrEqual(quantile(each, bounds, high));
          const values = [...each].flatMap((count, bucket) => Array.from({ length: count }, () => bucket));
          const bucket = values[Math.max(0, Math.ceil(a * total - 1e-9) - 1)]!;
          const value = quantile(each, bounds, a);
          if (bucket === bounds.length) expect(value).toBe(8);
          else {
            expect(value).toBeLessThanOrEqual(bounds[bucket]!);
            expect(value).toBeGreaterThanOrEqual(bucket === 0 ? 0 : bounds[bucket - 1]!);
          }
        },
      ),
    );
  });

  it('says the last bound of what is above it', () => {
    expect(quantile(Float64Array.from([0, 0, 0, 0, 3]), bounds, 0.5)).toBe(8);
  });
});

it('a window compares the present with ten readings ago, no more', () => {
  const statistics = new ModelStatistics();
  const window = new TrafficWindow();
  expect(window.pair(readTraffic(statistics, 0))).toBeUndefined();
  for (let second = 0; second < 25; second++) {
    window.add(readTraffic(statistics, second * 1000));
    answer(statistics, 1);
  }
  const [oldest, now] = window.pair(readTraffic(statistics, 25_000))!;
  expect(oldest.atMs).toBe(15_000);
  expect(now.answered - oldest.answered).toBe(10);
});

import { describe, expect, it } from 'vitest';
import { TrafficMeter } from '../../server/host/traffic-meter.ts';
import { ModelStatistics } from '../../server/metrics/model-statistics.ts';

const run = (inferMs: number, rows = 1) => ({
  rows,
  batchRows: rows,
  leadsBatch: true,
  waitMs: 0,
  inputMs: 0,
  inferMs,
  outputMs: 0,
});

describe('the traffic meter', () => {
  it('counts what ended since the reading before, whatever it was', () => {
    const statistics = new ModelStatistics();
    const meter = new TrafficMeter(statistics, 0, 0);
    statistics.recordAnswer({ totalMs: 5, queueMs: 1, run: run(4) }, 0);
    statistics.recordFailure('REJECTED', 1);
    statistics.overloads++;
    expect(meter.read(1000, 0).traffic).toMatchObject({ requests: 2, overloadFailures: 1 });
    expect(meter.read(1100, 0).traffic).toMatchObject({ requests: 0, overloadFailures: 0 });
  });

  it('counts arrivals by what ended and what is still there', () => {
    const statistics = new ModelStatistics();
    const meter = new TrafficMeter(statistics, 0, 0);
    for (let index = 0; index < 10; index++) statistics.recordAnswer({ totalMs: 5, queueMs: 0, run: run(4) }, 0);
    expect(meter.read(1000, 30).requestRate).toBe(40);
    // Nothing new, and thirty leave: that is no arrival.
    for (let index = 0; index < 30; index++) statistics.recordAnswer({ totalMs: 5, queueMs: 0, run: run(4) }, 0);
    expect(meter.read(2000, 0).requestRate).toBe(0);
  });

  it('leaves out saved answers, which no copy had a part in', () => {
    const statistics = new ModelStatistics();
    const meter = new TrafficMeter(statistics, 0, 0);
    statistics.recordAnswer({ totalMs: 9, queueMs: 0, run: run(8) }, 0);
    for (let index = 0; index < 5; index++) statistics.recordCacheHit({ totalMs: 1, lookUpMs: 1, savedMs: 8 }, 0);
    const { traffic, requestRate, serviceMs } = meter.read(1000, 0);
    expect([traffic.requests, requestRate, serviceMs]).toEqual([1, 1, 8]);
  });

  it('gives rates of the last second also between ticks', () => {
    const statistics = new ModelStatistics();
    const meter = new TrafficMeter(statistics, 0, 0);
    for (let at = 100; at <= 3000; at += 100) {
      for (let index = 0; index < 5; index++) statistics.recordAnswer({ totalMs: 5, queueMs: 0, run: run(10) }, 0);
      const { requestRate, busyMsPerSecond } = meter.read(at, 0);
      if (at < 1500) continue;
      expect(requestRate).toBeGreaterThan(44);
      expect(requestRate).toBeLessThan(56);
      expect(busyMsPerSecond / 10).toBeCloseTo(requestRate, 5);
    }
  });

  it('keeps percentiles for five seconds and no longer', () => {
    const statistics = new ModelStatistics();
    const meter = new TrafficMeter(statistics, 0, 0);
    statistics.recordAnswer({ totalMs: 300, queueMs: 200, run: run(100) }, 0);
    const seen = meter.read(1000, 0);
    expect(seen.latencyP99Ms! / 300).toBeCloseTo(1, 1);
    expect(seen.queueWaitP99Ms! / 200).toBeCloseTo(1, 1);
    expect(seen.serviceP99Ms! / 100).toBeCloseTo(1, 1);
    expect([seen.serviceMs, seen.runMs]).toEqual([100, 100]);
    for (let at = 2000; at <= 4000; at += 1000) expect(meter.read(at, 0).latencyP99Ms).toBeDefined();
    for (let at = 5000; at <= 7000; at += 1000) meter.read(at, 0);
    const later = meter.read(8000, 0);
    expect([later.latencyP99Ms, later.queueWaitP99Ms, later.serviceMs, later.runMs]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('divides a run among the requests that shared it', () => {
    const statistics = new ModelStatistics();
    const meter = new TrafficMeter(statistics, 0, 0);
    statistics.recordAnswer({ totalMs: 50, queueMs: 0, run: { ...run(40), batchRows: 4 } }, 0);
    for (let index = 0; index < 3; index++)
      statistics.recordAnswer({ totalMs: 50, queueMs: 0, run: { ...run(40), batchRows: 4, leadsBatch: false } }, 0);
    expect(meter.read(1000, 0)).toMatchObject({ serviceMs: 10, runMs: 40, busyMsPerSecond: 40 });
  });
});

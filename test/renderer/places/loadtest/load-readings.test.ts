/** The lines of a load test's charts, while it runs and when it is done. */
import { describe, expect, it } from 'vitest';
import { addPoint, liveReadings, resultReadings } from '../../../../renderer/places/loadtest/load-readings.ts';
import type { LoadPoint } from '../../../../renderer/places/loadtest/load-readings.ts';
import type { JobView } from '../../../../server/protocol/admin/job-view.ts';
import { jobView } from '../../views.ts';

const measured = (elapsedMs: number, more: object = {}) => ({
  elapsedMs,
  totalMs: 10_000,
  planned: 20,
  answeredPerSecond: 19,
  p50Ms: 2,
  p99Ms: 9,
  answered: 1,
  failed: 0,
  connections: 1,
  outstanding: 0,
  ...more,
});
const job = (elapsedMs: number, more: object = {}, state: JobView['state'] = 'running'): JobView =>
  jobView({
    kind: 'bench',
    state,
    progress: { step: 'Testing', done: 0, total: 10, unit: 'seconds', measured: measured(elapsedMs, more) },
  });

const seen = (...jobs: JobView[]): readonly LoadPoint[] =>
  jobs.reduce<readonly LoadPoint[]>((points, each, at) => addPoint(points, each, 100 + at), []);

describe('the points of a test that runs', () => {
  it('come with each look that has something new', () => {
    const points = seen(job(1000), job(2000));
    expect(points).toHaveLength(2);
    expect(addPoint(points, job(2000), 200)).toBe(points);
    expect(addPoint(points, job(3000), 101)).toBe(points);
    expect(addPoint(points, job(3000, {}, 'done'), 200)).toBe(points);
    expect(addPoint(points, jobView({ kind: 'bench' }), 200)).toBe(points);
  });

  it('are bounded', () => {
    let points: readonly LoadPoint[] = [];
    for (let second = 0; second < 4000; second += 1) points = addPoint(points, job(second * 1000 + 1), second);
    expect(points).toHaveLength(3600);
    expect(points.at(-1)!.seconds).toBe(3999);
  });

  it('turn counted failures into a rate, and a time of nothing into a gap', () => {
    const readings = liveReadings(seen(job(1000, { failed: 3 }), job(2000, { failed: 10, p50Ms: 0 })), false);
    expect(readings.failed).toEqual([0, 7]);
    expect(readings.p50Ms).toEqual([2, Number.NaN]);
    expect(readings.planned).toEqual([20, 20]);
    expect(liveReadings(seen(job(1000)), true).planned).toEqual([Number.NaN]);
  });

  it('do not turn the end of a warm-up into negative failures', () => {
    expect(liveReadings(seen(job(1000, { failed: 5 }), job(2000, { failed: 0 })), false).failed).toEqual([0, 0]);
  });
});

it('the moments of a result stand at their times', () => {
  const moment = {
    t: 500,
    planned: 8,
    sentPerSecond: 1,
    answeredPerSecond: 2,
    failedPerSecond: 3,
    p50Ms: 4,
    p99Ms: 0,
    connections: 8,
    outstanding: 1,
  };
  expect(resultReadings('1970-01-01T00:00:10.000Z', [moment], true)).toEqual({
    seconds: [10.5],
    planned: [Number.NaN],
    answered: [2],
    failed: [3],
    p50Ms: [4],
    p99Ms: [Number.NaN],
  });
});

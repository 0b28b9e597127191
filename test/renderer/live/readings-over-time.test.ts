import { describe, expect, it } from 'vitest';
import { fromHistory, historySeries, joinReadings } from '../../../renderer/live/readings-over-time.ts';
import { readingNames } from '../../../renderer/live/readings.ts';
import { seriesNames } from '../../../server/metrics/history-bucket.ts';

const past = fromHistory({
  stepSeconds: 1,
  times: [10, 11, 12],
  series: {
    answered: [4, null, 2],
    failed: [1, null, 0],
    rejected: [1, null, 0],
    wrong: [0, null, 0],
    canceled: [0, null, 0],
    p95Ms: [20, null, null],
    busyPercent: [50, null, 60],
  },
});

describe('the past as readings', () => {
  it('asks for series that the history has', () => {
    expect(historySeries.split(',').filter((name) => !seriesNames.includes(name))).toEqual([]);
  });

  it('counts every result as a request and all but answers as failures', () => {
    expect(past.requestsPerSecond).toEqual([6, Number.NaN, 2]);
    expect(past.failuresPerSecond).toEqual([2, Number.NaN, 0]);
  });

  it('is a gap where nothing was measured', () => {
    expect(past.p95Ms).toEqual([20, Number.NaN, Number.NaN]);
    expect(past.cpuPercent).toEqual([50, Number.NaN, 60]);
    expect(past.queued).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
});

describe('the past and the present joined', () => {
  const live = { ...past, seconds: [12, 13], requestsPerSecond: [7, 8] };
  const none = Object.fromEntries(readingNames.map((name) => [name, []])) as unknown as typeof past;

  it('has each second once, the live reading where both know it', () => {
    const joined = joinReadings(past, live, 0);
    expect(joined.seconds).toEqual([10, 11, 12, 13]);
    expect(joined.requestsPerSecond).toEqual([6, Number.NaN, 7, 8]);
  });

  it('leaves out what is older than the chart', () => {
    expect(joinReadings(past, live, 11).seconds).toEqual([11, 12, 13]);
  });

  it('is either alone where the other is missing', () => {
    expect(joinReadings(undefined, live, 0).seconds).toEqual([12, 13]);
    expect(joinReadings(past, none, 0).seconds).toEqual([10, 11, 12]);
  });
});

import { describe, expect, it } from 'vitest';
import { judgeTrial } from '../../server/loadtest/load-search.ts';

const drive = {
  kind: 'search',
  arrival: 'constant',
  percentile: 99,
  limitMs: 50,
  maxErrorPercent: 1,
  probeMs: 1000,
  maxPerSecond: 1000,
} as const;
const latencyMs = {
  count: 100,
  min: 1,
  mean: 1,
  stdDev: 0,
  p50: 1,
  p75: 2,
  p90: 3,
  p95: 4,
  p99: 50,
  p999: 60,
  p9999: 70,
  max: 80,
};
const generator = {
  cpuPercent: 1,
  busyPercent: 1,
  machinePercent: 1,
  lagP50Ms: 0,
  lagP99Ms: 0,
  lagMaxMs: 0,
  isLimit: false,
  notes: [] as string[],
};
const counts = { due: 100, sent: 100, answered: 99, failed: 1, bytesSent: 0, bytesReceived: 0 };
const measured = {
  counts,
  latencyMs,
  percentiles: [
    [97, 33],
    [98, 44],
  ] as [number, number][],
  failures: [{ kind: 'timeout', count: 1, example: '' }],
  generator,
};

describe('the judgement of a trial', () => {
  it('holds on the limit itself', () =>
    expect(judgeTrial(drive, measured, false)).toMatchObject({ holds: true, latencyMs: 50, errorPercent: 1 }));

  it.each([
    ['the percentile is above', { latencyMs: { ...latencyMs, p99: 50.1 } }, false, /50\.10 ms, above 50/],
    ['too many fail', { counts: { ...counts, answered: 98, failed: 2 } }, false, /2\.00 % failed \(timeout\)/],
    ['nothing was answered', { counts: { ...counts, answered: 0, failed: 0 } }, false, /nothing was answered/],
    ['it was ended early', {}, true, /Ended early/],
  ])('fails where %s', (_, change, cut, words) => {
    const { holds, reason } = judgeTrial(drive, { ...measured, ...change }, cut);
    expect(holds).toBe(false);
    expect(reason).toMatch(words);
  });

  it('looks up a percentile that has no name of its own', () => {
    expect(judgeTrial({ ...drive, percentile: 97.5 }, measured, false).latencyMs).toBe(44);
  });

  it('says that the generator was the limit where it was', () => {
    const limited = { ...measured, generator: { ...generator, isLimit: true, notes: ['It is the limit.'] } };
    expect(judgeTrial(drive, limited, false).reason).toContain('It is the limit.');
  });
});

import { describe, expect, it } from 'vitest';
import { GeneratorGauge, judgeGenerator } from '../../server/loadtest/generator-gauge.ts';
import type { GeneratorFacts } from '../../server/loadtest/generator-gauge.ts';

const easy: GeneratorFacts = {
  cpuPercent: 20,
  busyPercent: 25,
  machinePercent: 60,
  cores: 4,
  isLoopback: true,
  isOpenLoop: true,
  lagP50Ms: 0.1,
  lagP99Ms: 0.5,
  lagMaxMs: 3,
  latencyP50Ms: 2,
  waitedForConnection: 0,
  due: 1000,
  maxConnections: 256,
};

describe('the judgement about the generator', () => {
  it('finds nothing to say about one that is at ease', () => {
    expect(judgeGenerator(easy)).toMatchObject({ isLimit: false, notes: [], cpuPercent: 20, lagMaxMs: 3 });
  });

  it.each([
    ['its thread has no time left', { busyPercent: 90 }, 'busy 90 %'],
    ['it takes a tenth of a full machine', { machinePercent: 93, cpuPercent: 40 }, 'all cores'],
    ['it begins late compared with the latency', { lagP50Ms: 0.6, latencyP50Ms: 2.3 }, '0.60 ms late'],
  ])('calls it the limit where %s', (_, facts, words) => {
    const { isLimit, notes } = judgeGenerator({ ...easy, ...facts });
    expect(isLimit).toBe(true);
    expect(notes.join(' ')).toContain('the limit');
    expect(notes.join(' ')).toContain(words);
  });

  it.each([
    ['a thread that has a little time left', { busyPercent: 89.9 }],
    ['a full machine of which it takes little', { machinePercent: 100, cpuPercent: 39 }],
    [
      'a full machine whose cores are not those of the server',
      { machinePercent: 100, cpuPercent: 80, isLoopback: false },
    ],
    ['a lag below half a millisecond', { lagP50Ms: 0.5, latencyP50Ms: 0.6 }],
    ['a lag that is small beside the latency', { lagP50Ms: 5, latencyP50Ms: 20 }],
    ['a lag in a closed loop, where nothing is due', { lagP50Ms: 5, isOpenLoop: false }],
  ])('does not blame it for %s', (_, facts) => {
    expect(judgeGenerator({ ...easy, ...facts }).isLimit).toBe(false);
  });

  it('says that connections ran out, which is the server and not the generator', () => {
    const { isLimit, notes } = judgeGenerator({ ...easy, waitedForConnection: 11 });
    expect(isLimit).toBe(false);
    expect(notes.join(' ')).toContain('256 connections');
    expect(judgeGenerator({ ...easy, waitedForConnection: 10 }).notes).toEqual([]);
  });

  it('measures a thread that works as busy and one that waits as idle', async () => {
    const gauge = new GeneratorGauge();
    await new Promise((resolve) => setImmediate(resolve));
    const until = performance.now() + 50;
    while (performance.now() < until) Math.sqrt(until);
    await new Promise((resolve) => setImmediate(resolve));
    expect(gauge.read().busyPercent).toBeGreaterThan(50);
    expect(gauge.read().cpuPercent).toBeGreaterThan(5);
  });
});

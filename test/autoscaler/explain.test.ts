import { describe, expect, test } from 'vitest';
import type { PolicyInput } from '../../server/autoscaler/policy.ts';
import { Driven } from './observations.ts';
import type { Seen } from './observations.ts';

const concurrency: PolicyInput = { metrics: { outstandingPerSlot: { target: 0.7 } } };
const fourCores: Seen = { machine: { physicalCores: 4 }, footprint: { threads: 1 } };

/** The sentence about the last of some ticks. */
function said(policy: PolicyInput, replicas: number, ...ticks: Seen[]): string {
  const driven = new Driven(policy, replicas);
  return ticks.map((seen) => driven.tick(seen).explanation).at(-1)!;
}

const times = (count: number, seen: Seen): Seen[] => Array.from({ length: count }, () => seen);

describe('a growth is explained', () => {
  test('by the metric that asks for it, its target and the limit', () => {
    expect(said(concurrency, 2, { outstanding: 28, ...fourCores })).toBe(
      '14 requests per place in a copy, target 0.7: 2 → 3 copies; 40 are wanted, the limit is 3 because this machine has 4 cores, 1 of them kept free',
    );
  });

  test('with how long the value has lasted', () => {
    const policy: PolicyInput = { metrics: { cpu: { target: 70, above: 70, upForMs: 6000 } } };
    expect(said(policy, 3, ...times(7, { cpuPercent: 95 }))).toBe('CPU 95 % for 6 s, target 70 %: 3 → 5 copies');
    expect(said(policy, 3, ...times(4, { cpuPercent: 95 }))).toBe(
      'CPU 95 % for 3 s of 6 s, target 70 %: stays at 3 copies',
    );
  });

  test('with the rate that slows it down', () => {
    expect(said(concurrency, 1, { outstanding: 20 })).toBe(
      '20 requests per place in a copy, target 0.7: 1 → 5 copies; 29 are wanted, at most 4 per 15 s or 100 % per 15 s',
    );
  });

  test('with its limit where the metric is a step', () => {
    expect(said({ metrics: { queueWaitP99: { above: 100 } } }, 1, { queueWaitP99Ms: 150.26 })).toBe(
      'waiting time 150 ms (p99), limit 100 ms: 1 → 2 copies',
    );
  });

  test('with the need of before that an up window waits for', () => {
    const policy: PolicyInput = { ...concurrency, up: { windowMs: 60_000 } };
    expect(said(policy, 2, { outstanding: 1.4 }, { outstanding: 7 })).toBe(
      '3.5 requests per place in a copy, target 0.7: stays at 2 copies; 10 are wanted, but 2 were right 1 s ago; that must be 60 s past',
    );
  });
});

describe('what keeps a count is explained', () => {
  test.each([
    [
      'by a need of before',
      concurrency,
      4,
      { outstanding: 0.4 },
      '0.1 requests per place in a copy, target 0.7: stays at 4 copies; 1 is wanted, but 4 were right just now; that must be 5 min past',
    ],
    [
      'by a value that is right',
      concurrency,
      2,
      { outstanding: 1.4 },
      '0.7 requests per place in a copy, target 0.7: stays at 2 copies',
    ],
    ['by a missing value', concurrency, 2, {}, 'no value for requests per place in a copy: stays at 2 copies'],
    [
      'by the lack of metrics',
      {},
      2,
      {},
      'no value for requests per place in a copy, waiting time, requests lost to overload: stays at 2 copies',
    ],
    ['by an empty policy', { metrics: {} }, 2, {}, 'the policy has no metric: stays at 2 copies'],
    ['by a pause', concurrency, 2, { control: { mode: 'paused' } }, 'paused: stays at 2 copies'],
    [
      'by a new version',
      concurrency,
      1,
      { control: { mode: 'frozen' } },
      'a new version is being brought in: stays at 1 copy',
    ],
    ['by sleep', { ...concurrency, min: 0 }, 0, {}, 'no request waits: stays at 0 copies'],
  ] as [string, PolicyInput, number, Seen, string][])('%s', (_, policy, replicas, seen, sentence) => {
    expect(said(policy, replicas, seen)).toBe(sentence);
  });
});

describe('other changes are explained', () => {
  test.each([
    ['the minimum', { ...concurrency, min: 2 }, 1, {}, '1 → 2 copies, at least 2 are kept'],
    ['the maximum', { ...concurrency, max: 2 }, 5, {}, '5 → 2 copies, the limit is 2 in the policy'],
    ['a hand', concurrency, 5, { control: { mode: 'manual', replicas: 1 } }, 'set by hand: 5 → 1 copy'],
    ['a call', { ...concurrency, min: 0 }, 0, { queuedNow: 1 }, 'a request waits and no copy runs: 0 → 1 copy'],
    [
      'a machine that is smaller than the minimum',
      { ...concurrency, min: 5 },
      2,
      { ...fourCores, footprint: { threads: 1 } },
      '2 → 3 copies, at least 3 are kept and not 5 because this machine has 4 cores, 1 of them kept free',
    ],
    [
      'memory',
      concurrency,
      5,
      { machine: { totalBytes: 8e9, availableBytes: 4e9 }, footprint: { threads: 1, peakRssBytes: 0.9e9 } },
      '5 → 2 copies, the limit is 2 because 2 GB of memory can be used and a copy takes 0.9 GB',
    ],
    [
      'other models',
      concurrency,
      5,
      { share: 2 },
      '5 → 2 copies, the limit is 2 because other models use this machine too',
    ],
  ] as [string, PolicyInput, number, Seen, string][])('%s', (_, policy, replicas, seen, sentence) => {
    expect(said(policy, replicas, seen)).toBe(sentence);
  });

  test.each([
    ['throughput', -13, 'lowered the throughput by 13 %'],
    ['throughput', 4, 'raised the throughput by only 4 %'],
    ['service-time', 40, 'made each answer 40 % slower'],
  ] as const)('copies that brought too little: %s %i', (cause, percent, words) => {
    const driven = new Driven(concurrency, 3);
    const limit = { ceiling: { name: 'gain' as const, replicas: 2, cause, percent }, foundMs: 0 };
    driven.state = { ...driven.state, gain: { ...driven.state.gain, limit } };
    const traffic = { requests: 1, overloadFailures: 0 };
    expect(driven.tick({ traffic }).explanation).toBe(`3 → 2 copies, the limit is 2 because more copies ${words}`);
  });

  test('a shrink, with the rate that slows it down', () => {
    const policy: PolicyInput = { ...concurrency, preset: 'kubernetes', down: { windowMs: 0 } };
    expect(said(policy, 14, { outstanding: 2 })).toBe(
      '0.14 requests per place in a copy, target 0.7: 14 → 12 copies; 3 are wanted, at most 10 % per 60 s',
    );
  });

  test('sleep, and orders that were taken back', () => {
    const sleepy: PolicyInput = { ...concurrency, min: 0, idleToZeroMs: 1000 };
    expect(said(sleepy, 1, {}, {})).toBe('no request for 1 s: 1 → 0 copies');
    const spike: Seen = { outstanding: 4, outstandingNow: 4, queuedNow: 2 };
    const over: Seen = { outstanding: 1, outstandingNow: 1, ready: 2, starting: 4 };
    expect(said(concurrency, 2, spike, over)).toBe(
      'the load has gone before all ordered copies were ready: 6 → 3 copies',
    );
  });

  test('a restart of the autoscaler', () => {
    const driven = new Driven(concurrency, 2, { isHistoryLost: true });
    expect(driven.tick({ outstanding: 20 }).explanation).toBe(
      'the autoscaler has just started and watches for 60 s first: stays at 2 copies',
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf, mergeBuckets, seriesNames, valueIn } from '../../server/metrics/history-bucket.ts';
import type { HistoryBucket, HistorySample } from '../../server/metrics/history-bucket.ts';

const sample = fc.record({
  sums: fc.record({ answered: fc.nat(1000), failed: fc.nat(3), cpuMs: fc.nat(2000) }),
  levels: fc.record({ queued: fc.nat(50), copiesReady: fc.nat(4) }),
  latency: fc.array(fc.tuple(fc.nat(463), fc.integer({ min: 1, max: 9 })), { maxLength: 5 }),
});

const values = (bucket: HistoryBucket) => Object.fromEntries(seriesNames.map((name) => [name, valueIn(bucket, name)]));

describe('a bucket of the history', () => {
  it('made of parts of parts is the one made of all at once, in whatever groups', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 20 }), fc.nat(19), (samples: HistorySample[], cut) => {
        const all = samples.map(bucketOf);
        const parts = [all.slice(0, cut), all.slice(cut)].filter((part) => part.length > 0).map(mergeBuckets);
        expect(values(mergeBuckets(parts))).toEqual(values(mergeBuckets(all)));
      }),
    );
  });

  it('gives rates per second that was measured, not per second that passed', () => {
    const second = bucketOf({ sums: { answered: 40, cpuMs: 500 }, levels: {}, latency: [] });
    const three = mergeBuckets([second, second, second]);
    expect(three.n).toBe(3);
    expect([valueIn(three, 'answered'), valueIn(three, 'cpuCores'), valueIn(three, 'failed')]).toEqual([40, 0.5, 0]);
  });

  it('gives levels as mean and as largest', () => {
    const both = mergeBuckets([2, 10].map((queued) => bucketOf({ sums: {}, levels: { queued }, latency: [] })));
    expect([valueIn(both, 'queued'), valueIn(both, 'queued.max')]).toEqual([6, 10]);
  });

  it('has no percentile of no requests, and no level that was never measured', () => {
    const quiet = bucketOf({ sums: {}, levels: {}, latency: [] });
    expect([valueIn(quiet, 'p99Ms'), valueIn(quiet, 'gpuPercent')]).toEqual([null, null]);
  });
});

import { describe, expect, it } from 'vitest';
import { ModelStatistics, failureReasons, tritonStatistics } from '../../server/metrics/model-statistics.ts';

const run = { rows: 2, batchRows: 5, leadsBatch: true, waitMs: 1, inputMs: 2, inferMs: 3, outputMs: 4 };

interface Document {
  readonly inference_count: number;
  readonly execution_count: number;
  readonly last_inference: number;
  readonly inference_stats: Record<string, { count: number; ns: number }>;
  readonly batch_stats: readonly object[];
  readonly memory_usage: readonly object[];
}

function document(statistics: ModelStatistics, memoryBytes = 0): Document {
  return tritonStatistics('m', '1', statistics, memoryBytes) as Document;
}

describe('model statistics', () => {
  it('are empty before the first request', () => {
    const empty = { count: 0, ns: 0 };
    expect(document(new ModelStatistics())).toEqual({
      name: 'm',
      version: '1',
      last_inference: 0,
      inference_count: 0,
      execution_count: 0,
      inference_stats: {
        success: empty,
        fail: empty,
        queue: empty,
        compute_input: empty,
        compute_infer: empty,
        compute_output: empty,
        cache_hit: empty,
        cache_miss: empty,
      },
      response_stats: {},
      batch_stats: [],
      memory_usage: [],
    });
  });

  it('add durations up, in nanoseconds; waiting in the host and in the replica is one wait', () => {
    const statistics = new ModelStatistics();
    statistics.recordAnswer({ totalMs: 20, queueMs: 5, run }, 1000);
    statistics.recordAnswer({ totalMs: 0.5, queueMs: 0.25, run: { ...run, leadsBatch: false } }, 2000);
    const { inference_stats: stats, last_inference: last } = document(statistics);
    expect(stats).toMatchObject({
      success: { count: 2, ns: 20_500_000 },
      fail: { count: 0, ns: 0 },
      queue: { count: 2, ns: 7_250_000 },
      compute_input: { count: 2, ns: 4_000_000 },
      compute_infer: { count: 2, ns: 6_000_000 },
      compute_output: { count: 2, ns: 8_000_000 },
    });
    expect(last).toBe(2000);
  });

  it('count rows once per request and runs once per batch', () => {
    const statistics = new ModelStatistics();
    for (const leadsBatch of [true, false, false]) {
      statistics.recordAnswer({ totalMs: 1, queueMs: 0, run: { ...run, rows: 2, batchRows: 6, leadsBatch } }, 1);
    }
    statistics.recordAnswer({ totalMs: 1, queueMs: 0, run: { ...run, rows: 1, batchRows: 1 } }, 1);
    expect(document(statistics)).toMatchObject({ inference_count: 7, execution_count: 2 });
    expect(document(statistics).batch_stats).toMatchObject([
      { batch_size: 1, compute_infer: { count: 1, ns: 3_000_000 } },
      { batch_size: 6, compute_input: { count: 1 }, compute_output: { count: 1 } },
    ]);
    expect(statistics.batchRows).toMatchObject({ count: 2, sum: 7 });
  });

  it('order batches by size, not as text', () => {
    const statistics = new ModelStatistics();
    for (const batchRows of [10, 9, 100, 1])
      statistics.recordAnswer({ totalMs: 1, queueMs: 0, run: { ...run, batchRows } }, 1);
    expect(document(statistics).batch_stats.map((batch) => (batch as { batch_size: number }).batch_size)).toEqual([
      1, 9, 10, 100,
    ]);
  });

  it('take an answer of a remote server for one row and one run', () => {
    const statistics = new ModelStatistics();
    statistics.recordAnswer({ totalMs: 10, queueMs: 1, run: undefined }, 1);
    expect(document(statistics)).toMatchObject({
      inference_count: 1,
      execution_count: 1,
      inference_stats: { success: { count: 1 }, queue: { count: 1 }, compute_infer: { count: 0 } },
      batch_stats: [],
    });
  });

  it('count failures by reason, apart from answers', () => {
    const statistics = new ModelStatistics();
    for (const reason of failureReasons) statistics.recordFailure(reason, 2);
    statistics.recordFailure('REJECTED', 2);
    expect(statistics.failures).toEqual({ REJECTED: 2, CANCELED: 1, BACKEND: 1, OTHER: 1 });
    expect(document(statistics)).toMatchObject({
      inference_count: 0,
      inference_stats: { success: { count: 0 }, fail: { count: 5, ns: 10_000_000 } },
    });
  });

  it('feed the histograms in seconds', () => {
    const statistics = new ModelStatistics();
    statistics.recordAnswer({ totalMs: 250, queueMs: 99, run }, 1);
    expect(statistics.requestSeconds).toMatchObject({ count: 1, sum: 0.25 });
    expect(statistics.queueSeconds).toMatchObject({ count: 1, sum: 0.1 });
  });

  it('name the memory that the replicas use', () => {
    expect(document(new ModelStatistics(), 5000).memory_usage).toEqual([{ type: 'CPU', id: 0, byte_size: 5000 }]);
  });
});

/**
 * What has happened to the requests of one model version since it was first served: the sums behind Triton's statistics
 * extension and behind the Prometheus metrics. One `record…` per request, from one place, so that nothing counts twice.
 */
import { Histogram, batchBuckets, durationBuckets } from './histogram.ts';
import { LatencyCounts } from './latency-counts.ts';

/** Why a request failed, in Triton's words for `nv_inference_request_failure`. */
export type FailureReason = 'REJECTED' | 'CANCELED' | 'BACKEND' | 'OTHER';

export const failureReasons: readonly FailureReason[] = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'];

export interface AnsweredRequest {
  /** From the last byte of the request's head to the answer, milliseconds. */
  readonly totalMs: number;
  /** Waiting in the host, milliseconds. */
  readonly queueMs: number;
  /** Of a local run; undefined where a remote server answered. */
  readonly run:
    | {
        readonly rows: number;
        readonly batchRows: number;
        readonly leadsBatch: boolean;
        readonly waitMs: number;
        readonly inputMs: number;
        readonly inferMs: number;
        readonly outputMs: number;
      }
    | undefined;
}

export interface CacheHit {
  /** From the last byte of the request's head to the answer, milliseconds. */
  readonly totalMs: number;
  /** Reading the request and finding the answer, milliseconds. */
  readonly lookUpMs: number;
  /** What the run took that computed the answer, milliseconds. */
  readonly savedMs: number;
}

/** A count and its cumulative duration, as the statistics extension writes them. */
interface Leaf {
  count: number;
  ms: number;
}

interface BatchLeaf {
  count: number;
  inputMs: number;
  inferMs: number;
  outputMs: number;
}

export class ModelStatistics {
  readonly success: Leaf = { count: 0, ms: 0 };
  readonly fail: Leaf = { count: 0, ms: 0 };
  readonly queue: Leaf = { count: 0, ms: 0 };
  readonly input: Leaf = { count: 0, ms: 0 };
  readonly infer: Leaf = { count: 0, ms: 0 };
  readonly output: Leaf = { count: 0, ms: 0 };
  readonly failures: Record<FailureReason, number> = { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 };
  readonly batches = new Map<number, BatchLeaf>();
  readonly requestSeconds = new Histogram(durationBuckets);
  readonly queueSeconds = new Histogram(durationBuckets);
  readonly batchRows = new Histogram(batchBuckets);
  /** Of answered requests: in all, waiting, and in the model (input, run and output). For short windows and for the history. */
  readonly latency = new LatencyCounts();
  readonly wait = new LatencyCounts();
  readonly service = new LatencyCounts();
  /** Of the failures those that more replicas would have saved: refused by a full queue, or their deadline passed in it. */
  overloads = 0;
  /** Answers found in the cache, and the time it took to find them. */
  readonly cacheHit: Leaf = { count: 0, ms: 0 };
  /** Requests that were looked up and not found, and the time it took. */
  readonly cacheMiss: Leaf = { count: 0, ms: 0 };
  /** What the runs would have taken that saved answers made unnecessary. */
  savedMs = 0;
  inferenceCount = 0;
  executionCount = 0;
  /** Wall clock, milliseconds since the epoch; 0 before the first. */
  lastInferenceMs = 0;

  recordAnswer(request: AnsweredRequest, wallMs: number): void {
    add(this.success, request.totalMs);
    this.requestSeconds.record(request.totalMs / 1000);
    this.latency.record(request.totalMs);
    this.lastInferenceMs = wallMs;
    const { run } = request;
    const queueMs = request.queueMs + (run?.waitMs ?? 0);
    add(this.queue, queueMs);
    this.wait.record(queueMs);
    this.queueSeconds.record(queueMs / 1000);
    if (run === undefined) {
      this.inferenceCount++;
      this.executionCount++;
      return;
    }
    add(this.input, run.inputMs);
    add(this.infer, run.inferMs);
    add(this.output, run.outputMs);
    this.service.record(run.inputMs + run.inferMs + run.outputMs);
    this.inferenceCount += run.rows;
    if (run.leadsBatch) this.#recordRun(run);
  }

  /** A request answered from the cache: a success without queue and run. */
  recordCacheHit(hit: CacheHit, wallMs: number): void {
    add(this.success, hit.totalMs);
    this.requestSeconds.record(hit.totalMs / 1000);
    this.latency.record(hit.totalMs);
    this.lastInferenceMs = wallMs;
    add(this.cacheHit, hit.lookUpMs);
    this.savedMs += hit.savedMs;
  }

  /** The run that follows is counted by itself. */
  recordCacheMiss(lookUpMs: number): void {
    add(this.cacheMiss, lookUpMs);
  }

  recordFailure(reason: FailureReason, totalMs: number): void {
    this.failures[reason]++;
    add(this.fail, totalMs);
  }

  #recordRun(run: NonNullable<AnsweredRequest['run']>): void {
    this.executionCount++;
    this.batchRows.record(run.batchRows);
    let batch = this.batches.get(run.batchRows);
    if (batch === undefined) {
      batch = { count: 0, inputMs: 0, inferMs: 0, outputMs: 0 };
      this.batches.set(run.batchRows, batch);
    }
    batch.count++;
    batch.inputMs += run.inputMs;
    batch.inferMs += run.inferMs;
    batch.outputMs += run.outputMs;
  }
}

function add(leaf: Leaf, ms: number): void {
  leaf.count++;
  leaf.ms += ms;
}

/** One entry of `model_stats` in the statistics extension; durations in nanoseconds. */
export function tritonStatistics(name: string, version: string, stats: ModelStatistics, memoryBytes: number): object {
  return {
    name,
    version,
    last_inference: stats.lastInferenceMs,
    inference_count: stats.inferenceCount,
    execution_count: stats.executionCount,
    inference_stats: {
      success: writeLeaf(stats.success),
      fail: writeLeaf(stats.fail),
      queue: writeLeaf(stats.queue),
      compute_input: writeLeaf(stats.input),
      compute_infer: writeLeaf(stats.infer),
      compute_output: writeLeaf(stats.output),
      cache_hit: writeLeaf(stats.cacheHit),
      cache_miss: writeLeaf(stats.cacheMiss),
    },
    response_stats: {},
    batch_stats: [...stats.batches]
      .toSorted(([a], [b]) => a - b)
      .map(([batchSize, { count, inputMs, inferMs, outputMs }]) => ({
        batch_size: batchSize,
        compute_input: { count, ns: toNs(inputMs) },
        compute_infer: { count, ns: toNs(inferMs) },
        compute_output: { count, ns: toNs(outputMs) },
      })),
    memory_usage: memoryBytes === 0 ? [] : [{ type: 'CPU', id: 0, byte_size: memoryBytes }],
  };
}

function writeLeaf({ count, ms }: Leaf): object {
  return { count, ns: toNs(ms) };
}

function toNs(ms: number): number {
  return Math.round(ms * 1e6);
}

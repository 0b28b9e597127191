/**
 * The page that `/metrics` serves: Triton's names, so that its dashboards work, and ours beside them. docs/metrics.md
 * lists them; a test ties both ways.
 */
import { PrometheusText } from './prometheus.ts';
import type { Labels } from './prometheus.ts';
import { failureReasons } from './model-statistics.ts';
import type { ModelStatistics } from './model-statistics.ts';

/** What is known of one model version at this moment. */
export interface ModelReading {
  readonly name: string;
  readonly version: string;
  readonly statistics: ModelStatistics;
  readonly queued: number;
  readonly inFlight: number;
  readonly desiredReplicas: number;
  readonly readyReplicas: number;
  readonly restarts: number;
  readonly ready: boolean;
  readonly replicaRssBytes: number;
}

export interface HostReading {
  readonly version: string;
  readonly rssBytes: number;
  readonly bufferedBytes: number;
  readonly connections: number;
  readonly upSeconds: number;
  /** Undefined where the host keeps no answers. */
  readonly cache: CacheStoreReading | undefined;
}

/** Of the store of saved answers, since the start. */
export interface CacheStoreReading {
  readonly usage: { readonly entries: number; readonly bytes: number } | undefined;
  readonly written: number;
  readonly dropped: number;
  readonly expired: number;
  readonly evicted: number;
  readonly problem: object | undefined;
}

export function renderMetrics(host: HostReading, models: readonly ModelReading[]): string {
  const text = new PrometheusText();
  const perModel = (value: (model: ModelReading) => number): { labels: Labels; value: number }[] =>
    models.map((model) => ({ labels: labelsOf(model), value: value(model) }));

  text.metric(
    'counter',
    'nv_inference_request_success',
    'Number of successful inference requests',
    perModel((m) => m.statistics.success.count),
  );
  text.metric(
    'counter',
    'nv_inference_request_failure',
    'Number of failed inference requests, by reason',
    models.flatMap((model) =>
      failureReasons.map((reason) => ({
        labels: { ...labelsOf(model), reason },
        value: model.statistics.failures[reason],
      })),
    ),
  );
  text.metric(
    'counter',
    'nv_inference_count',
    'Number of rows inferred',
    perModel((m) => m.statistics.inferenceCount),
  );
  text.metric(
    'counter',
    'nv_inference_exec_count',
    'Number of model runs',
    perModel((m) => m.statistics.executionCount),
  );
  text.metric(
    'counter',
    'nv_inference_request_duration_us',
    'Cumulative request duration in microseconds',
    perModel((m) => toUs(m.statistics.success.ms + m.statistics.fail.ms)),
  );
  text.metric(
    'counter',
    'nv_inference_queue_duration_us',
    'Cumulative queue duration in microseconds',
    perModel((m) => toUs(m.statistics.queue.ms)),
  );
  text.metric(
    'counter',
    'nv_inference_compute_input_duration_us',
    'Cumulative input decoding duration in microseconds',
    perModel((m) => toUs(m.statistics.input.ms)),
  );
  text.metric(
    'counter',
    'nv_inference_compute_infer_duration_us',
    'Cumulative run duration in microseconds',
    perModel((m) => toUs(m.statistics.infer.ms)),
  );
  text.metric(
    'counter',
    'nv_inference_compute_output_duration_us',
    'Cumulative output encoding duration in microseconds',
    perModel((m) => toUs(m.statistics.output.ms)),
  );
  text.metric(
    'gauge',
    'nv_inference_pending_request_count',
    'Number of requests that wait',
    perModel((m) => m.queued),
  );
  text.metric(
    'counter',
    'nv_cache_num_hits_per_model',
    'Number of requests answered from the cache',
    perModel((m) => m.statistics.cacheHit.count),
  );
  text.metric(
    'counter',
    'nv_cache_num_misses_per_model',
    'Number of requests looked up in the cache and not found',
    perModel((m) => m.statistics.cacheMiss.count),
  );
  text.metric(
    'counter',
    'nv_cache_hit_duration_per_model',
    'Cumulative duration of cache look-ups that found an answer, in microseconds',
    perModel((m) => toUs(m.statistics.cacheHit.ms)),
  );
  text.metric(
    'counter',
    'nv_cache_miss_duration_per_model',
    'Cumulative duration of cache look-ups that found none, in microseconds',
    perModel((m) => toUs(m.statistics.cacheMiss.ms)),
  );

  text.metric(
    'counter',
    'millrace_cache_saved_seconds_total',
    'Time that the runs would have taken whose answers were in the cache',
    perModel((m) => m.statistics.savedMs / 1000),
  );
  cacheMetrics(text, host.cache);
  text.histogram(
    'millrace_request_duration_seconds',
    'Time from receipt to answer',
    models.map((m) => ({ labels: labelsOf(m), histogram: m.statistics.requestSeconds })),
  );
  text.histogram(
    'millrace_queue_duration_seconds',
    'Time a request waited for its run',
    models.map((m) => ({ labels: labelsOf(m), histogram: m.statistics.queueSeconds })),
  );
  text.histogram(
    'millrace_batch_rows',
    'Rows that ran together',
    models.map((m) => ({ labels: labelsOf(m), histogram: m.statistics.batchRows })),
  );
  text.metric(
    'gauge',
    'millrace_in_flight_requests',
    'Requests sent to an upstream and not answered',
    perModel((m) => m.inFlight),
  );
  text.metric(
    'gauge',
    'millrace_replicas_desired',
    'Replicas that should run',
    perModel((m) => m.desiredReplicas),
  );
  text.metric(
    'gauge',
    'millrace_replicas_ready',
    'Replicas that are ready',
    perModel((m) => m.readyReplicas),
  );
  text.metric(
    'counter',
    'millrace_replica_restarts_total',
    'Replicas started again after a death',
    perModel((m) => m.restarts),
  );
  text.metric(
    'gauge',
    'millrace_model_ready',
    'Whether the model answers (1) or not (0)',
    perModel((m) => Number(m.ready)),
  );
  text.metric(
    'gauge',
    'millrace_replica_resident_memory_bytes',
    'Resident memory of the model version’s replicas',
    perModel((m) => m.replicaRssBytes),
  );
  text.metric('gauge', 'millrace_host_resident_memory_bytes', 'Resident memory of the host process', [
    { value: host.rssBytes },
  ]);
  text.metric('gauge', 'millrace_buffered_request_bytes', 'Request bodies held by the host', [
    { value: host.bufferedBytes },
  ]);
  text.metric('gauge', 'millrace_open_connections', 'Open client connections', [{ value: host.connections }]);
  text.metric('gauge', 'millrace_up_seconds', 'Time since the host started', [{ value: host.upSeconds }]);
  text.metric('gauge', 'millrace_build_info', 'The running version', [{ labels: { version: host.version }, value: 1 }]);
  return text.toString();
}

/** Of the store as a whole; nothing where the host keeps no answers. */
function cacheMetrics(text: PrometheusText, cache: CacheStoreReading | undefined): void {
  const one = (value: number | undefined): { value: number }[] => (value === undefined ? [] : [{ value }]);
  text.metric('gauge', 'millrace_cache_entries', 'Saved answers', one(cache?.usage?.entries));
  text.metric('gauge', 'millrace_cache_bytes', 'What the saved answers take', one(cache?.usage?.bytes));
  text.metric(
    'gauge',
    'millrace_cache_usable',
    'Whether the cache works (1) or not (0)',
    one(cache && Number(cache.problem === undefined)),
  );
  text.metric('counter', 'millrace_cache_written_total', 'Answers that were saved', one(cache?.written));
  text.metric(
    'counter',
    'millrace_cache_dropped_total',
    'Answers that were not saved because writing could not keep up',
    one(cache?.dropped),
  );
  text.metric(
    'counter',
    'millrace_cache_expired_total',
    'Saved answers removed because their time was over',
    one(cache?.expired),
  );
  text.metric('counter', 'millrace_cache_evicted_total', 'Saved answers removed to make room', one(cache?.evicted));
}

function toUs(ms: number): number {
  return Math.round(ms * 1000);
}

function labelsOf(model: ModelReading): Labels {
  return { model: model.name, version: model.version };
}

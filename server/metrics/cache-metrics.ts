/** The part of `/metrics` about saved answers: Triton's names for each model, and ours. */
import type { Labels, PrometheusText } from './prometheus.ts';
import type { ModelStatistics } from './model-statistics.ts';

/** Of the store of saved answers, since the start. */
export interface CacheStoreReading {
  /** Undefined where the store cannot say without counting. */
  readonly usage: { readonly entries: number; readonly bytes: number } | undefined;
  readonly written: number;
  readonly dropped: number;
  readonly expired: number;
  readonly evicted: number;
  readonly problem: object | undefined;
}

/** `cache` undefined: the host saves no answers. */
export function renderCacheMetrics(
  text: PrometheusText,
  cache: CacheStoreReading | undefined,
  perModel: (value: (statistics: ModelStatistics) => number) => { labels: Labels; value: number }[],
): void {
  const toUs = (ms: number): number => Math.round(ms * 1000);
  text.metric(
    'counter',
    'nv_cache_num_hits_per_model',
    'Number of requests answered from the cache',
    perModel(({ cacheHit }) => cacheHit.count),
  );
  text.metric(
    'counter',
    'nv_cache_num_misses_per_model',
    'Number of requests looked up in the cache and not found',
    perModel(({ cacheMiss }) => cacheMiss.count),
  );
  text.metric(
    'counter',
    'nv_cache_hit_duration_per_model',
    'Cumulative duration of cache look-ups that found an answer, in microseconds',
    perModel(({ cacheHit }) => toUs(cacheHit.ms)),
  );
  text.metric(
    'counter',
    'nv_cache_miss_duration_per_model',
    'Cumulative duration of cache look-ups that found none, in microseconds',
    perModel(({ cacheMiss }) => toUs(cacheMiss.ms)),
  );
  text.metric(
    'counter',
    'millrace_cache_saved_seconds_total',
    'Time that the runs would have taken whose answers were in the cache',
    perModel(({ savedMs }) => savedMs / 1000),
  );
  const one = (value: number | undefined): { value: number }[] => (value === undefined ? [] : [{ value }]);
  const usable = cache && Number(cache.problem === undefined);
  text.metric('gauge', 'millrace_cache_entries', 'Saved answers', one(cache?.usage?.entries));
  text.metric('gauge', 'millrace_cache_bytes', 'What the saved answers take', one(cache?.usage?.bytes));
  text.metric('gauge', 'millrace_cache_usable', 'Whether the cache works (1) or not (0)', one(usable));
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

/**
 * Requests of the last ten seconds, from counters that only grow: two readings and their difference. Pure but for the ring of
 * readings that a {@link TrafficWindow} keeps; it reads no clock.
 */
import type { TrafficView } from '../protocol/admin/host-view.ts';
import type { ModelStatistics } from './model-statistics.ts';

/** One reading of the counters of a model version. */
export interface TrafficReading {
  readonly atMs: number;
  readonly answered: number;
  readonly failed: number;
  /** Answered requests per bucket of duration, not cumulative. */
  readonly counts: Float64Array;
  /** Upper bounds of the buckets, seconds; the last bucket has none. */
  readonly bounds: readonly number[];
}

/** Readings are taken each second and the oldest of these is compared with the present one. */
const windowSeconds = 10;

export function readTraffic(statistics: ModelStatistics, atMs: number): TrafficReading {
  const { counts, bounds } = statistics.requestSeconds;
  return { atMs, answered: statistics.success.count, failed: statistics.fail.count, counts: counts.slice(), bounds };
}

/** Of several versions together, pairs of an older and a newer reading. */
export function trafficBetween(pairs: readonly (readonly [TrafficReading, TrafficReading])[]): TrafficView {
  let seconds = 0;
  let answered = 0;
  let failed = 0;
  let counts: Float64Array | undefined;
  for (const [before, after] of pairs) {
    seconds = Math.max(seconds, (after.atMs - before.atMs) / 1000);
    answered += after.answered - before.answered;
    failed += after.failed - before.failed;
    counts ??= new Float64Array(after.counts.length);
    for (let bucket = 0; bucket < counts.length; bucket++)
      counts[bucket]! += after.counts[bucket]! - before.counts[bucket]!;
  }
  if (seconds <= 0 || counts === undefined) return { requestsPerSecond: 0, failuresPerSecond: 0 };
  const rates = { requestsPerSecond: round((answered + failed) / seconds), failuresPerSecond: round(failed / seconds) };
  if (answered === 0) return rates;
  const bounds = pairs[0]![1].bounds;
  const at = (share: number): number => round(1000 * quantile(counts, bounds, share));
  return { ...rates, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}

/**
 * The value below which a share of the recorded ones lies, spread evenly within its bucket as Prometheus does it; for what is
 * above the last bound that bound, which then says "at least".
 */
export function quantile(counts: Float64Array, bounds: readonly number[], share: number): number {
  let total = 0;
  for (const count of counts) total += count;
  const rank = share * total;
  let below = 0;
  for (let bucket = 0; bucket < bounds.length; bucket++) {
    const count = counts[bucket]!;
    if (count > 0 && below + count >= rank) {
      const from = bucket === 0 ? 0 : bounds[bucket - 1]!;
      const to = bounds[bucket]!;
      // Rounding may step over the bound, and then quantiles would not grow with their share.
      return Math.min(to, from + (to - from) * ((rank - below) / count));
    }
    below += count;
  }
  return bounds.at(-1)!;
}

/** The readings of one model version over the window. */
export class TrafficWindow {
  #readings: TrafficReading[] = [];

  /** Once a second. */
  add(reading: TrafficReading): void {
    this.#readings.push(reading);
    if (this.#readings.length > windowSeconds) this.#readings.shift();
  }

  /** The oldest reading of the window beside the present one; undefined before the first. */
  pair(now: TrafficReading): readonly [TrafficReading, TrafficReading] | undefined {
    const [oldest] = this.#readings;
    return oldest === undefined ? undefined : [oldest, now];
  }
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

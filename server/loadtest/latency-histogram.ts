/** Latencies with three significant digits from a microsecond to an hour, in constant memory (HdrHistogram). */
import { build } from 'hdr-histogram-js';
import type { Histogram } from 'hdr-histogram-js';
import type { LatencySummary } from '../protocol/admin/load-result.ts';

const maxMicroseconds = 3_600_000_000;

export class LatencyHistogram {
  readonly #histogram: Histogram = build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: maxMicroseconds,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });

  record(ms: number): void {
    this.#histogram.recordValue(Math.min(maxMicroseconds, Math.max(0, Math.round(ms * 1000))));
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** Milliseconds; 0 while nothing was recorded. */
  percentile(percent: number): number {
    return this.#histogram.totalCount === 0 ? 0 : this.#histogram.getValueAtPercentile(percent) / 1000;
  }

  reset(): void {
    this.#histogram.reset();
  }

  summary(): LatencySummary {
    const { totalCount: count, minNonZeroValue, maxValue, mean, stdDeviation } = this.#histogram;
    const none = count === 0;
    return {
      count,
      min: none ? 0 : Math.min(minNonZeroValue, maxValue) / 1000,
      mean: none ? 0 : mean / 1000,
      stdDev: none ? 0 : stdDeviation / 1000,
      p50: this.percentile(50),
      p75: this.percentile(75),
      p90: this.percentile(90),
      p95: this.percentile(95),
      p99: this.percentile(99),
      p999: this.percentile(99.9),
      p9999: this.percentile(99.99),
      max: none ? 0 : maxValue / 1000,
    };
  }

  /** The curve, ten points for each further nine; up to the percentile that the count can tell. */
  curve(): (readonly [number, number])[] {
    if (this.count === 0) return [];
    const points: (readonly [number, number])[] = [];
    const finest = 1 / Math.max(1, this.count);
    for (let step = 0; step <= 60; step += 1) {
      const above = 10 ** (-step / 10);
      points.push([100 * (1 - above), this.percentile(100 * (1 - above))]);
      if (above < finest) break;
    }
    return points;
  }
}

/**
 * What is kept of a span of time, in a form that adds up: sums, levels as sum and maximum over seconds, and latencies as
 * counts. Two spans merged are what one span of both would have been, so percentiles stay honest however coarse the history.
 */
import { addSparse, latencySteps, percentileMs, toSparse } from './latency-counts.ts';
import type { SparseCounts } from './latency-counts.ts';

export const sumNames = [
  'answered',
  'rejected',
  'canceled',
  'failed',
  'wrong',
  'cacheHits',
  'cacheMisses',
  'cpuMs',
  'replicaCpuMs',
] as const;
export type SumName = (typeof sumNames)[number];

export const levelNames = [
  'queued',
  'inFlight',
  'copiesWanted',
  'copiesReady',
  'memoryBytes',
  'busyPercent',
  'availableBytes',
  'connections',
  'gpuPercent',
  'gpuMemoryBytes',
] as const;
export type LevelName = (typeof levelNames)[number];

/** Of one second, as it was measured. */
export interface HistorySample {
  readonly sums: Readonly<Partial<Record<SumName, number>>>;
  readonly levels: Readonly<Partial<Record<LevelName, number>>>;
  readonly latency: SparseCounts;
}

/** As it is stored; what is zero or absent is left out. */
export interface HistoryBucket {
  /** Seconds that were measured. */
  readonly n: number;
  readonly s?: Readonly<Record<string, number>>;
  /** Sum over the seconds, and the largest. */
  readonly l?: Readonly<Record<string, readonly [sum: number, max: number]>>;
  readonly h?: SparseCounts;
}

export function bucketOf({ sums, levels, latency }: HistorySample): HistoryBucket {
  const s = Object.entries(sums).filter(([, value]) => value !== 0);
  const l = Object.entries(levels).map(([name, value]) => [name, [value, value]] as const);
  return {
    n: 1,
    ...(s.length > 0 && { s: Object.fromEntries(s) }),
    ...(l.length > 0 && { l: Object.fromEntries(l) }),
    ...(latency.length > 0 && { h: latency }),
  };
}

export function mergeBuckets(buckets: readonly HistoryBucket[]): HistoryBucket {
  const s: Record<string, number> = {};
  const l: Record<string, [number, number]> = {};
  const latency = new Float64Array(latencySteps);
  let n = 0;
  for (const bucket of buckets) {
    n += bucket.n;
    for (const [name, value] of Object.entries(bucket.s ?? {})) s[name] = (s[name] ?? 0) + value;
    for (const [name, [sum, max]] of Object.entries(bucket.l ?? {})) {
      const before = l[name];
      l[name] = before === undefined ? [sum, max] : [before[0] + sum, Math.max(before[1], max)];
    }
    addSparse(latency, bucket.h ?? []);
  }
  const h = toSparse(latency);
  return {
    n,
    ...(Object.keys(s).length > 0 && { s }),
    ...(Object.keys(l).length > 0 && { l }),
    ...(h.length > 0 && { h }),
  };
}

/** Requests by result and cache look-ups per second, CPU in cores, levels as means and as `….max`, percentiles in milliseconds. */
export const seriesNames: readonly string[] = [
  'answered',
  'rejected',
  'canceled',
  'failed',
  'wrong',
  'cacheHits',
  'cacheMisses',
  'cpuCores',
  'replicaCpuCores',
  'p50Ms',
  'p95Ms',
  'p99Ms',
  ...levelNames,
  ...levelNames.map((name) => `${name}.max`),
];

const shares: Readonly<Record<string, number>> = { p50Ms: 0.5, p95Ms: 0.95, p99Ms: 0.99 };

/** The value of a series in a bucket; null where there is none, as of a percentile of no requests. */
export function valueIn({ n, s, l, h }: HistoryBucket, series: string): number | null {
  const share = shares[series];
  if (share !== undefined) {
    const latency = new Float64Array(latencySteps);
    addSparse(latency, h ?? []);
    return rounded(percentileMs(latency, share));
  }
  if (series === 'cpuCores') return rounded((s?.['cpuMs'] ?? 0) / 1000 / n);
  if (series === 'replicaCpuCores') return rounded((s?.['replicaCpuMs'] ?? 0) / 1000 / n);
  if ((sumNames as readonly string[]).includes(series)) return rounded((s?.[series] ?? 0) / n);
  const isMax = series.endsWith('.max');
  const level = l?.[isMax ? series.slice(0, -'.max'.length) : series];
  if (level === undefined) return null;
  return rounded(isMax ? level[1] : level[0] / n);
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Number(value.toPrecision(6));
}

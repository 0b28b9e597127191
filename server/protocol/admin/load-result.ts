/** What a load test tells while it runs and when it is done: plain data, as `millrace bench --json` prints it. */
import type { LoadPlan } from './load-plan.ts';

/** Milliseconds. Of answered requests only. */
export interface LatencySummary {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly stdDev: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly p9999: number;
  readonly max: number;
}

export interface LoadFailure {
  /** `http-503 queue-full`, `timeout`, `connection-refused`, `connection-lost`, `not-sent`, … */
  readonly kind: string;
  readonly count: number;
  /** The first one's own words, at most 300 characters. */
  readonly example: string;
}

/** One interval of a run. */
export interface LoadMoment {
  /** End of the interval, milliseconds since measuring began. */
  readonly t: number;
  /** What the plan asked for at its end: requests per second, or connections. */
  readonly planned: number;
  readonly sentPerSecond: number;
  readonly answeredPerSecond: number;
  readonly failedPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly connections: number;
  readonly outstanding: number;
}

/** What the test itself cost and how well it kept its times. */
export interface GeneratorReport {
  /** Of one core; above 100 it used several. */
  readonly cpuPercent: number;
  /** Share of time in which its event loop was busy, percent. */
  readonly busyPercent: number;
  /** All cores of this machine, percent. */
  readonly machinePercent: number;
  /** How late requests were begun although a connection was free, milliseconds. Zero in a closed loop. */
  readonly lagP50Ms: number;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  /** True where a faster generator, or one on another machine, would measure something else. */
  readonly isLimit: boolean;
  /** Why, and what else to know about it; whole sentences. */
  readonly notes: readonly string[];
}

export interface LoadCounts {
  /** Due within the measured time; in a closed loop the same as `sent`. */
  readonly due: number;
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

export interface LoadMeasurement {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly duePerSecond: number;
  readonly answeredPerSecond: number;
  readonly counts: LoadCounts;
  /** From the moment at which a request was due: waiting for the server's earlier answers is part of it. */
  readonly latencyMs: LatencySummary;
  /** From the moment at which it was sent. */
  readonly serviceMs: LatencySummary;
  /** `[percent, milliseconds]`, rising. */
  readonly percentiles: readonly (readonly [number, number])[];
  readonly failures: readonly LoadFailure[];
  readonly timeline: readonly LoadMoment[];
  readonly generator: GeneratorReport;
}

export interface LoadProbe {
  readonly perSecond: number;
  readonly purpose: 'bracket' | 'bisect' | 'confirm';
  readonly holds: boolean;
  /** At the goal's percentile; undefined where it was stopped early or nothing was answered. */
  readonly latencyMs: number | undefined;
  readonly errorPercent: number;
  /** One sentence: why it holds or fails. */
  readonly reason: string;
}

export interface SearchReport {
  /** Undefined: not even the lowest rate held. */
  readonly perSecond: number | undefined;
  /** The lowest rate that failed; undefined: none did, up to the allowed maximum. */
  readonly failsAtPerSecond: number | undefined;
  readonly probes: readonly LoadProbe[];
  readonly sentence: string;
}

export interface LoadResult {
  readonly version: 1;
  readonly plan: LoadPlan;
  readonly target: {
    readonly url: string;
    readonly address: string;
    readonly inputs: 'samples' | 'random';
    /** Of one request's body, mean. */
    readonly bodyBytes: number;
    readonly distinct: number;
  };
  /** Of a search: at the rate that it found. */
  readonly measurement: LoadMeasurement | undefined;
  readonly search: SearchReport | undefined;
  /** True where it was cut short. */
  readonly aborted: boolean;
}

export interface LoadSnapshot {
  readonly step: string;
  readonly elapsedMs: number;
  /** 0 while nobody knows. */
  readonly totalMs: number;
  readonly planned: number;
  readonly answeredPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly answered: number;
  readonly failed: number;
  readonly connections: number;
  readonly outstanding: number;
}

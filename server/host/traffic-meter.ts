/**
 * What happened to a model's requests lately: differences between looks at its statistics, which only grow.
 *
 * Rates are of the last second, percentiles of the last five, so that a quiet model still has some. One meter belongs to one
 * reader, because `traffic` counts what came since that reader looked before.
 */
import type { Traffic } from '../autoscaler/observation.ts';
import type { BatchRuns } from '../autoscaler/slot-estimate.ts';
import { countsSince, percentileMs } from '../metrics/latency-counts.ts';
import type { ModelStatistics } from '../metrics/model-statistics.ts';

export interface TrafficReading {
  /** Since the reading before. */
  readonly traffic: Traffic;
  /** Arrivals per second, over the last second. */
  readonly requestRate: number;
  /** Of the last five seconds; undefined where nothing was answered. */
  readonly queueWaitP99Ms: number | undefined;
  readonly serviceP99Ms: number | undefined;
  readonly latencyP99Ms: number | undefined;
  /** Mean time of one request in the model, its share of the run; undefined where nothing was answered. */
  readonly serviceMs: number | undefined;
  /** Mean length of a run of the last five seconds; undefined where none ended. */
  readonly runMs: number | undefined;
  /** Milliseconds of runs per second, over the last second: 1000 is one replica that is busy all the time. */
  readonly busyMsPerSecond: number;
}

interface Look {
  readonly atMs: number;
  readonly ended: number;
  readonly overloads: number;
  readonly arrived: number;
  readonly runs: number;
  readonly busyMs: number;
  readonly answered: number;
  readonly latency: Float64Array;
  readonly wait: Float64Array;
  readonly service: Float64Array;
}

const rateWindowMs = 1000;
const percentileWindowMs = 5000;
/** Looks are kept this far apart, so that their number is bounded however often one looks. */
const spacingMs = 250;

export class TrafficMeter {
  readonly statistics: ModelStatistics;
  /** Oldest first; the last one is not necessarily the last reading. */
  #looks: Look[];
  #last: Look;

  /** `outstanding` at the moment of its making. */
  constructor(statistics: ModelStatistics, nowMs: number, outstanding: number) {
    this.statistics = statistics;
    this.#last = look(statistics, nowMs, outstanding);
    this.#looks = [this.#last];
  }

  read(nowMs: number, outstanding: number): TrafficReading {
    const now = look(this.statistics, nowMs, outstanding);
    const before = this.#last;
    this.#last = now;
    const second = this.#lookBefore(nowMs - rateWindowMs);
    const seconds = Math.max(1, nowMs - second.atMs) / 1000;
    const some = this.#lookBefore(nowMs - percentileWindowMs);
    const percentile = (name: 'latency' | 'wait' | 'service', share: number) =>
      percentileMs(countsSince(now[name], some[name]), share);
    const [runs, busyMs, answered] = [now.runs - some.runs, now.busyMs - some.busyMs, now.answered - some.answered];
    if (nowMs - this.#looks.at(-1)!.atMs >= spacingMs) this.#looks.push(now);
    while (this.#looks.length > 1 && this.#looks[1]!.atMs <= nowMs - percentileWindowMs) this.#looks.shift();
    return {
      traffic: {
        requests: now.ended - before.ended,
        overloadFailures: now.overloads - before.overloads,
        serviceP95Ms: percentile('service', 0.95),
      },
      requestRate: Math.max(0, now.arrived - second.arrived) / seconds,
      queueWaitP99Ms: percentile('wait', 0.99),
      serviceP99Ms: percentile('service', 0.99),
      latencyP99Ms: percentile('latency', 0.99),
      serviceMs: answered > 0 && runs > 0 ? busyMs / answered : undefined,
      runMs: runs > 0 ? busyMs / runs : undefined,
      busyMsPerSecond: (now.busyMs - second.busyMs) / seconds,
    };
  }

  /** The newest look that is at least so old, else the oldest. */
  #lookBefore(atMs: number): Look {
    return this.#looks.findLast((one) => one.atMs <= atMs) ?? this.#looks[0]!;
  }
}

/** The runs of each batch size, for slot-estimate.ts. */
export function batchRunsOf({ batches }: ModelStatistics): BatchRuns[] {
  return [...batches].map(([rows, { count, inputMs, inferMs, outputMs }]) => ({
    rows,
    runs: count,
    totalMs: inputMs + inferMs + outputMs,
  }));
}

function look(statistics: ModelStatistics, atMs: number, outstanding: number): Look {
  const { success, fail, cacheHit, overloads, executionCount, latency, wait, service } = statistics;
  // Saved answers are no load: no copy had a part in them.
  const answered = success.count - cacheHit.count;
  const ended = answered + fail.count;
  return {
    atMs,
    ended,
    overloads,
    arrived: ended + outstanding,
    runs: executionCount,
    busyMs: batchRunsOf(statistics).reduce((sum, { totalMs }) => sum + totalMs, 0),
    answered,
    latency: latency.counts.slice(),
    wait: wait.counts.slice(),
    service: service.counts.slice(),
  };
}

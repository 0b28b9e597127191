/**
 * What a controller would have been told at each tick of a trace: simulated from the load, or as it was recorded.
 */
import type { MetricName } from './metrics.ts';
import { signalNames, staleAfterTicks } from './observation.ts';
import type { Measurement, Observation, ReplicaCpu, SignalName, Traffic } from './observation.ts';
import { toMilli } from './quantity.ts';
import { workOf } from './simulated-cluster.ts';
import type { LoadSample, RecordedSample, TraceModel } from './trace.ts';
import type { TraceMetrics } from './trace-schema.ts';

/** The part of an observation that comes from the trace. */
export interface TraceObservation extends Pick<
  Observation,
  'signals' | 'replicaCpu' | 'traffic' | 'queuedNow' | 'outstandingNow'
> {
  /** Offered work in erlangs; undefined in a recording. */
  readonly load?: number;
  /** Of the simulated machine. */
  readonly busyPercent?: number | undefined;
}

/** A tick of the replay. */
export interface TraceTick {
  readonly nowMs: number;
  readonly tickMs: number;
  /** What the controller's clock shows beyond `nowMs`. */
  readonly clockOffsetMs: number;
  readonly ready: number;
  readonly starting: number;
}

/** Asked tick by tick, with rising times. */
export interface TraceFeed {
  at(tick: TraceTick): TraceObservation;
}

/** Metrics that a simulated load has values for. */
const simulatedMetrics: readonly MetricName[] = ['outstandingPerSlot', 'queuePerReplica', 'requestRate', 'cpu'];

/** Which measurement of a recording gives which metric its value. */
const metricOf: Readonly<Partial<Record<keyof TraceMetrics, MetricName>>> = {
  outstanding: 'outstandingPerSlot',
  queued: 'queuePerReplica',
  requestRate: 'requestRate',
  cpuPercent: 'cpu',
  cpuPercentByReplica: 'cpu',
  memoryPercent: 'memory',
  queueWaitP99Ms: 'queueWaitP99',
  serviceP99Ms: 'serviceP99',
  latencyP99Ms: 'latencyP99',
  overloadFailures: 'errorRate',
};

/** Metrics that have a value, valid or not, anywhere in the model's trace. */
export function metricsIn({ samples }: TraceModel): ReadonlySet<MetricName> {
  if (samples.kind === 'load') return new Set(simulatedMetrics);
  const names = samples.records.flatMap(({ metrics }) => Object.keys(metrics) as (keyof TraceMetrics)[]);
  return new Set([...new Set(names)].flatMap((name) => metricOf[name] ?? []));
}

export function feedOf(model: TraceModel): TraceFeed {
  return model.samples.kind === 'load'
    ? new LoadFeed(model, model.samples.loads)
    : new RecordedFeed(model.samples.records);
}

/** A load holds until the next sample. Before the first there is none. */
class LoadFeed implements TraceFeed {
  readonly #model: TraceModel;
  readonly #loads: readonly LoadSample[];
  #next = 0;

  constructor(model: TraceModel, loads: readonly LoadSample[]) {
    this.#model = model;
    this.#loads = loads;
  }

  at({ nowMs, tickMs, clockOffsetMs, ready }: TraceTick): TraceObservation {
    while (this.#next < this.#loads.length && this.#loads[this.#next]!.t <= nowMs) this.#next += 1;
    const load = this.#loads[this.#next - 1]?.load ?? 0;
    const work = workOf({ ...this.#model, load, ready });
    const measured = (value: number): Measurement => ({ value, atMs: nowMs + clockOffsetMs });
    return {
      load,
      busyPercent: work.busyPercent,
      queuedNow: work.queued,
      outstandingNow: load,
      signals: {
        outstanding: measured(load),
        queued: measured(work.queued),
        requestRate: measured(work.arrivalsPerSecond),
        ...(ready > 0 && { cpuPercent: measured(work.cpuPercent) }),
      },
      traffic: {
        requests: (work.answersPerSecond * tickMs) / 1000,
        overloadFailures: 0,
        serviceP95Ms: work.serviceP95Ms,
      },
    };
  }
}

/** A measurement holds until a newer one or until it is stale; counts belong to the tick that they are in. */
class RecordedFeed implements TraceFeed {
  readonly #records: readonly RecordedSample[];
  #next = 0;
  /** Newest of each, on the trace's own time. */
  readonly #latest = new Map<SignalName, Measurement>();
  #cpuByReplica: { readonly percents: readonly number[]; readonly atMs: number } | undefined;

  constructor(records: readonly RecordedSample[]) {
    this.#records = records;
  }

  at({ nowMs, tickMs, clockOffsetMs, starting }: TraceTick): TraceObservation {
    const passed: TraceMetrics[] = [];
    for (; this.#next < this.#records.length && this.#records[this.#next]!.t <= nowMs; this.#next++) {
      const { t, metrics } = this.#records[this.#next]!;
      passed.push(metrics);
      for (const name of signalNames) {
        const value = metrics[name];
        if (value !== undefined) this.#latest.set(name, { value, atMs: t });
      }
      if (metrics.cpuPercentByReplica !== undefined)
        this.#cpuByReplica = { percents: metrics.cpuPercentByReplica, atMs: t };
    }
    const isFresh = (atMs: number): boolean => nowMs - atMs <= staleAfterTicks * tickMs;
    const now = (name: SignalName): number | undefined => {
      const latest = this.#latest.get(name);
      return latest !== undefined && isFresh(latest.atMs) && toMilli(latest.value) !== undefined
        ? latest.value
        : undefined;
    };
    const signals: Partial<Record<SignalName, Measurement>> = {};
    for (const [name, { value, atMs }] of this.#latest) signals[name] = { value, atMs: atMs + clockOffsetMs };
    const cpu = this.#cpuByReplica;
    return {
      signals,
      replicaCpu: cpu !== undefined && isFresh(cpu.atMs) ? replicaCpu(cpu.percents, starting) : undefined,
      traffic: trafficOf(passed),
      queuedNow: now('queued'),
      outstandingNow: now('outstanding'),
    };
  }
}

function replicaCpu(percents: readonly number[], starting: number): ReplicaCpu[] {
  return [
    ...percents.map((cpuPercent) => ({ isReady: true, cpuPercent })),
    ...Array.from({ length: starting }, () => ({ isReady: false })),
  ];
}

/** Sum of the samples since the tick before; undefined where none of them counted requests. */
function trafficOf(passed: readonly TraceMetrics[]): Traffic | undefined {
  const counted = passed.filter(({ requests }) => toMilli(requests) !== undefined);
  if (counted.length === 0) return undefined;
  const sum = (name: 'requests' | 'overloadFailures'): number =>
    counted.reduce((total, metrics) => total + (toMilli(metrics[name]) ?? 0) / 1000, 0);
  return { requests: sum('requests'), overloadFailures: sum('overloadFailures') };
}

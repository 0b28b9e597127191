/**
 * The metrics that a policy may scale on: from which signal each comes, how it relates to the count, and its words.
 *
 * What is linear in the number of replicas may use the ratio formula; a percentile or an error rate is not, so its vote is one
 * step (400 ms at a target of 100 ms is no reason for four times the replicas).
 */
import { staleAfterTicks } from './observation.ts';
import type { Measurement, Observation, SignalName } from './observation.ts';
import { utilisationOf } from './proposal.ts';
import type { ReplicaUsage, Usage } from './proposal.ts';
import { toMilli } from './quantity.ts';

export const metricNames = [
  'outstandingPerSlot',
  'queuePerReplica',
  'requestRate',
  'cpu',
  'queueWaitP99',
  'latencyP99',
  'serviceP99',
  'errorRate',
  'memory',
] as const;

export type MetricName = (typeof metricNames)[number];

/** `ratio`: as many replicas as meet the target. `step`: one more. `veto`: no fewer. `ceiling`: no more. */
export type Vote = 'ratio' | 'step' | 'veto' | 'ceiling';

export interface MetricKind {
  /** A total is spread over `slots` or `replicas`, a `value` is what it is. */
  readonly scope: 'slots' | 'replicas' | 'value';
  /** Behind a number, with its space. */
  readonly unit: string;
  /** What a person calls it. */
  readonly name: string;
  /** How a person says it; `#` is the value with its unit. */
  readonly phrase: string;
  /** The votes that make sense, the usual one first. */
  readonly votes: readonly [Vote, ...Vote[]];
}

export const metricKinds: Readonly<Record<MetricName, MetricKind>> = {
  // A place is one request that a copy answers at a time; a batch of 8 makes 8 of them.
  outstandingPerSlot: {
    scope: 'slots',
    unit: '',
    name: 'requests per place in a copy',
    phrase: '# requests per place in a copy',
    votes: ['ratio', 'step', 'veto'],
  },
  queuePerReplica: {
    scope: 'replicas',
    unit: '',
    name: 'waiting requests per copy',
    phrase: '# waiting requests per copy',
    votes: ['ratio', 'step', 'veto'],
  },
  requestRate: {
    scope: 'replicas',
    unit: '/s',
    name: 'requests per copy',
    phrase: '# requests per copy',
    votes: ['ratio', 'step', 'veto'],
  },
  cpu: { scope: 'value', unit: ' %', name: 'CPU', phrase: 'CPU #', votes: ['ratio', 'step', 'veto'] },
  queueWaitP99: {
    scope: 'value',
    unit: ' ms',
    name: 'waiting time',
    phrase: 'waiting time # (p99)',
    votes: ['step', 'veto'],
  },
  latencyP99: {
    scope: 'value',
    unit: ' ms',
    name: 'answer time',
    phrase: 'answer time # (p99)',
    votes: ['step', 'ratio', 'veto'],
  },
  // Replicas shorten the wait, not the work.
  serviceP99: {
    scope: 'value',
    unit: ' ms',
    name: 'time in the model',
    phrase: 'time in the model # (p99)',
    votes: ['veto'],
  },
  errorRate: {
    scope: 'value',
    unit: ' %',
    name: 'requests lost to overload',
    phrase: '# of requests lost to overload',
    votes: ['step', 'veto'],
  },
  // One more process needs more memory, not less.
  memory: { scope: 'value', unit: ' %', name: 'memory in use', phrase: '# of the memory in use', votes: ['ceiling'] },
};

const signalOf: Readonly<Partial<Record<MetricName, SignalName>>> = {
  outstandingPerSlot: 'outstanding',
  queuePerReplica: 'queued',
  requestRate: 'requestRate',
  queueWaitP99: 'queueWaitP99Ms',
  latencyP99: 'latencyP99Ms',
  serviceP99: 'serviceP99Ms',
  memory: 'memoryPercent',
};

/** A metric at one tick; `milli` is undefined where it has no valid value. */
export interface MetricReading {
  readonly milli: number | undefined;
  readonly shares: number;
  readonly replicas: number;
}

/** What the controller has summed up over the last minute. */
export interface RecentTraffic {
  readonly requests: number;
  readonly overloadFailures: number;
}

/** Fewer requests than this tell nothing about a share of one percent. */
const minRequestsForErrorRate = 100;

/**
 * Reads one metric. `targetMilli` is needed for CPU, where the direction decides how missing replicas are filled in;
 * undefined for a rule without one takes them as they are. `recent` is undefined where the host counts no requests.
 */
export function readMetric(
  metric: MetricName,
  observation: Observation,
  tickMs: number,
  targetMilli: number | undefined,
  recent: RecentTraffic | undefined,
): MetricReading {
  const { ready, starting, slotsPerReplica } = observation;
  if (metric === 'cpu') return cpuReading(observation, tickMs, targetMilli);
  if (metric === 'errorRate') return { milli: errorRateMilli(recent), shares: 1, replicas: ready };
  const measured = freshMilli(observation.signals[signalOf[metric]!], observation.nowMs, tickMs);
  const { scope } = metricKinds[metric];
  if (scope === 'value') return { milli: measured ?? idleMilli(metric, observation), shares: 1, replicas: ready };
  const current = Math.max(1, ready + starting);
  return { milli: measured, shares: scope === 'slots' ? current * slotsPerReplica : current, replicas: current };
}

/** A measurement's value where it is valid and at most three ticks old. A clock that stepped back makes none stale. */
function freshMilli(measurement: Measurement | undefined, nowMs: number, tickMs: number): number | undefined {
  if (measurement === undefined || nowMs - measurement.atMs > staleAfterTicks * tickMs) return undefined;
  return toMilli(measurement.value);
}

/** No request, no percentile, and no wait either: with nothing to measure, a duration is 0 and not missing. */
function idleMilli(metric: MetricName, { traffic, outstandingNow, signals }: Observation): number | undefined {
  if (metric === 'memory' || signals[signalOf[metric]!] !== undefined) return undefined;
  return traffic?.requests === 0 && outstandingNow === 0 ? 0 : undefined;
}

function errorRateMilli(recent: RecentTraffic | undefined): number | undefined {
  if (recent === undefined) return undefined;
  if (recent.requests < minRequestsForErrorRate) return 0;
  return toMilli((100 * recent.overloadFailures) / recent.requests);
}

function cpuReading(observation: Observation, tickMs: number, targetMilli: number | undefined): MetricReading {
  const usage = replicaUsage(observation, tickMs);
  const whole = Math.max(1, Math.round((targetMilli ?? 0) / 1000));
  const filled: Usage | undefined =
    targetMilli === undefined
      ? utilisationOf({ ...usage, missing: 0, ignored: 0 }, whole)
      : utilisationOf(usage, whole);
  return filled === undefined
    ? { milli: undefined, shares: 1, replicas: observation.ready }
    : { milli: filled.usedMilli, shares: 1, replicas: filled.replicas };
}

function replicaUsage(observation: Observation, tickMs: number): ReplicaUsage {
  const { replicaCpu, ready, starting, signals, nowMs } = observation;
  if (replicaCpu === undefined) {
    const mean = freshMilli(signals.cpuPercent, nowMs, tickMs);
    const counted = mean === undefined ? 0 : ready;
    return { usedMilli: counted * (mean ?? 0), counted, missing: 0, ignored: starting };
  }
  const measured = replicaCpu.filter(({ isReady }) => isReady).map(({ cpuPercent }) => toMilli(cpuPercent));
  const valid = measured.filter((milli) => milli !== undefined);
  return {
    usedMilli: valid.reduce((sum, milli) => sum + milli, 0),
    counted: valid.length,
    missing: measured.length - valid.length,
    ignored: replicaCpu.length - measured.length,
  };
}

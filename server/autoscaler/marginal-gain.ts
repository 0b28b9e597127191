/**
 * Whether more replicas still bring anything on this machine. Throughput over replicas has a peak (memory bandwidth, caches,
 * cores), and past it each process makes all of them slower; no formula knows where it is, so it is measured.
 *
 * Measured only while requests wait, because otherwise throughput is what the clients send. A count that brought too little
 * over a lower one is undone and remembered, until a day has passed or the settings have changed. Pure: state is plain data.
 */
import type { Ceiling } from './ceilings.ts';

export interface GainSettings {
  /** Default true. Nothing is measured where the host reports no traffic. */
  readonly enabled: boolean;
  /** Least gain in throughput for each replica added. Default 10 %. */
  readonly minThroughputPercent: number;
  /** Most that the p95 service time may rise. Default 15 %. */
  readonly maxServiceRisePercent: number;
  /** After the last replica became ready, until measuring begins. Default 2 s: queues and caches settle. */
  readonly settleMs: number;
  /** Saturated time that makes a measurement. Default 10 s. */
  readonly measureMs: number;
  /** Default 24 h. */
  readonly retestMs: number;
}

/** What a number of replicas managed while requests waited. */
interface Rate {
  readonly replicas: number;
  readonly atMs: number;
  /** Per 1000 s, so that it is whole. */
  readonly requests: number;
  readonly serviceP95Ms: number | undefined;
}

interface Measuring {
  readonly replicas: number;
  readonly sinceMs: number;
  readonly saturatedMs: number;
  readonly requests: number;
  readonly serviceP95Ms: number | undefined;
}

export interface GainState {
  readonly settingsKey: string;
  readonly measuring: Measuring | undefined;
  /** One per count, newest last. */
  readonly rates: readonly Rate[];
  readonly limit: { readonly ceiling: Ceiling & { name: 'gain' }; readonly foundMs: number } | undefined;
  /** Replicas have been ordered since the last measurement, and requests have waited ever since. */
  readonly isUnmeasured: boolean;
}

export interface GainFacts {
  readonly nowMs: number;
  /** Since the facts before these. */
  readonly elapsedMs: number;
  readonly ready: number;
  readonly starting: number;
  /** Requests waited. */
  readonly isSaturated: boolean;
  readonly requests: number;
  readonly serviceP95Ms: number | undefined;
  readonly settingsKey: string;
}

/** An older measurement was made under another load. */
const comparableMs = 600_000;
const maxRates = 16;
/** From here on the machine itself is what is short, and each addition is on trial before the next. */
const pinnedPercent = 90;

export function newGain(settingsKey: string): GainState {
  return { settingsKey, measuring: undefined, rates: [], limit: undefined, isUnmeasured: false };
}

/** Takes in one tick: measures, judges a measurement against the one of fewer replicas, forgets what is out of date. */
export function observeGain(before: GainState, facts: GainFacts, settings: GainSettings): GainState {
  if (!settings.enabled) return before;
  let state = before.settingsKey === facts.settingsKey ? before : newGain(facts.settingsKey);
  if (state.limit !== undefined && facts.nowMs - state.limit.foundMs >= settings.retestMs)
    state = { ...state, limit: undefined, rates: [] };
  if (!facts.isSaturated && facts.starting === 0) state = { ...state, isUnmeasured: false };

  const measuring = measured(state.measuring, facts, settings);
  if (measuring.saturatedMs < settings.measureMs) return { ...state, measuring };
  return judged(
    { ...state, measuring: restarted(facts), isUnmeasured: false },
    rateOf(measuring, facts.nowMs),
    settings,
  );
}

/** Notes that the controller has ordered more replicas. */
export function noteGrowth(state: GainState): GainState {
  return { ...state, isUnmeasured: true };
}

/** The count that a later one did not improve on; undefined while none is known. */
export function gainCeiling({ limit }: GainState): Ceiling | undefined {
  return limit?.ceiling;
}

/** The last addition is unmeasured on a machine that has nothing left to give: whether it helps is to be seen first. */
export function isOnTrial({ isUnmeasured }: GainState, busyPercent: number | undefined): boolean {
  return isUnmeasured && busyPercent !== undefined && busyPercent >= pinnedPercent;
}

function measured(before: Measuring | undefined, facts: GainFacts, { settleMs }: GainSettings): Measuring {
  if (facts.starting > 0 || before === undefined || before.replicas !== facts.ready) return restarted(facts);
  if (!facts.isSaturated || facts.nowMs - before.sinceMs <= settleMs) return before;
  return {
    ...before,
    saturatedMs: before.saturatedMs + facts.elapsedMs,
    requests: before.requests + facts.requests,
    serviceP95Ms: facts.serviceP95Ms ?? before.serviceP95Ms,
  };
}

function restarted({ ready, nowMs }: GainFacts): Measuring {
  return { replicas: ready, sinceMs: nowMs, saturatedMs: 0, requests: 0, serviceP95Ms: undefined };
}

function rateOf({ replicas, requests, saturatedMs, serviceP95Ms }: Measuring, nowMs: number): Rate {
  return { replicas, atMs: nowMs, requests: Math.round((requests * 1e6) / saturatedMs), serviceP95Ms };
}

function judged(state: GainState, rate: Rate, settings: GainSettings): GainState {
  const isFirst = !state.rates.some(({ replicas }) => replicas === rate.replicas);
  const rates = [...state.rates.filter(({ replicas }) => replicas !== rate.replicas), rate].slice(-maxRates);
  const fewer = state.rates
    .filter(({ replicas, atMs }) => replicas < rate.replicas && rate.atMs - atMs < comparableMs)
    .toSorted((a, b) => b.replicas - a.replicas)[0];
  if (!isFirst || fewer === undefined) return { ...state, rates };

  const fault = faultOf(fewer, rate, settings);
  if (fault === undefined) return { ...state, rates };
  const ceiling = { name: 'gain' as const, replicas: fewer.replicas, ...fault };
  return { ...state, rates: [], limit: { ceiling, foundMs: rate.atMs } };
}

/**
 * Each added replica must bring `minThroughputPercent`, but no more than half of its even share: from 10 replicas to 11 the
 * best possible is 10 %, so 5 % are asked there.
 */
function faultOf(
  fewer: Rate,
  more: Rate,
  { minThroughputPercent, maxServiceRisePercent }: GainSettings,
): { cause: 'throughput' | 'service-time'; percent: number } | undefined {
  const added = more.replicas - fewer.replicas;
  const gainPercent = percentMore(fewer.requests, more.requests);
  if (gainPercent < Math.min(minThroughputPercent * added, (50 * added) / fewer.replicas))
    return { cause: 'throughput', percent: Math.round(gainPercent) };
  if (fewer.serviceP95Ms === undefined || more.serviceP95Ms === undefined) return undefined;
  const risePercent = percentMore(fewer.serviceP95Ms, more.serviceP95Ms);
  return risePercent > maxServiceRisePercent ? { cause: 'service-time', percent: Math.round(risePercent) } : undefined;
}

function percentMore(before: number, after: number): number {
  return before === 0 ? Number.POSITIVE_INFINITY : ((after - before) * 100) / before;
}

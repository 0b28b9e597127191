/** Runs the trials of a search (slo-search.ts decides them) and judges each against the goal. */
import type { SearchDrive } from '../protocol/admin/load-plan.ts';
import type { LoadMeasurement, LoadProbe, SearchReport } from '../protocol/admin/load-result.ts';
import { runLoad } from './load-run.ts';
import type { RunFacts, RunOptions } from './load-run.ts';
import { decideSearch } from './slo-search.ts';
import { totalArrivals } from './stages.ts';

/** A closed loop says roughly where the search should begin. */
const roughMs = 1500;
const roughConnections = 8;
/** The last trial is longer, so that luck does not decide. */
const confirmFactor = 2;
const minPerSecond = 1;
/** A trial whose warm-up overloaded the server must not spoil the next: it begins when the server has answered. */
const restMs = 250;
/** Requests that must have been due before a trial that cannot succeed any more is ended. */
const minDue = 20;

export interface SearchOutcome {
  readonly report: SearchReport;
  /** Of the confirming trial; of the best one where none confirmed; undefined where nothing held. */
  readonly measurement: LoadMeasurement | undefined;
}

type Base = Omit<RunOptions, 'drive' | 'step'>;

export async function searchRate(drive: SearchDrive, base: Base): Promise<SearchOutcome> {
  const stage = { from: roughConnections, to: roughConnections, durationMs: roughMs };
  const rough = await runLoad({
    ...base,
    step: 'Looking for a rate to begin with',
    drive: { kind: 'closed', connections: [stage] },
  });
  const settings = {
    startPerSecond: Math.max(minPerSecond, Math.round(rough.measurement.answeredPerSecond / 2)),
    minPerSecond,
    maxPerSecond: drive.maxPerSecond,
  };
  const probes: LoadProbe[] = [];
  let best: LoadMeasurement | undefined;
  for (;;) {
    const next = decideSearch(probes, settings);
    if (next.kind === 'done' || base.signal.aborted) {
      const perSecond = next.kind === 'done' ? next.perSecond : undefined;
      const failsAtPerSecond = next.kind === 'done' ? next.failsAtPerSecond : undefined;
      const report = { perSecond, failsAtPerSecond, probes, sentence: '' };
      return { report: { ...report, sentence: sentenceOf(drive, report, base.signal.aborted) }, measurement: best };
    }
    const step = `${next.purpose === 'confirm' ? 'Confirming' : 'Trying'} ${Math.round(next.perSecond)}/s`;
    const { probe, measurement } = await tryRate(drive, base, { ...next, step });
    if (base.signal.aborted) continue;
    probes.push(probe);
    if (probe.holds && (best === undefined || next.purpose === 'confirm' || probe.perSecond > best.duePerSecond))
      best = measurement;
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
}

async function tryRate(
  drive: SearchDrive,
  base: Base,
  { perSecond, purpose, step }: { perSecond: number; purpose: LoadProbe['purpose']; step: string },
): Promise<{ probe: LoadProbe; measurement: LoadMeasurement }> {
  const durationMs = drive.probeMs * (purpose === 'confirm' ? confirmFactor : 1);
  const stages = [{ from: perSecond, to: perSecond, durationMs }];
  const expected = totalArrivals(stages);
  // So many slow or failed requests decide the trial, whatever comes after them.
  const slowAllowed = expected * (1 - drive.percentile / 100);
  const failedAllowed = (expected * drive.maxErrorPercent) / 100;
  const isDecided = ({ due, slow, failed }: RunFacts): boolean =>
    due >= minDue && (slow > slowAllowed + 1 || failed > failedAllowed + 1);
  const { measurement, cut } = await runLoad({
    ...base,
    step,
    drive: { kind: 'open', arrival: drive.arrival, perSecond: stages },
    limitMs: drive.limitMs,
    stopWhen: isDecided,
  });
  return { probe: { perSecond, purpose, ...judgeTrial(drive, measurement, cut) }, measurement };
}

/** Exact: failed requests count as slower than any limit. */
export function judgeTrial(
  { percentile, limitMs, maxErrorPercent }: SearchDrive,
  measurement: Pick<LoadMeasurement, 'counts' | 'percentiles' | 'latencyMs' | 'failures' | 'generator'>,
  cut: boolean,
): Pick<LoadProbe, 'holds' | 'latencyMs' | 'errorPercent' | 'reason'> {
  const { answered, failed, due } = measurement.counts;
  const errorPercent = due === 0 ? 0 : (100 * failed) / due;
  const latencyMs = answered === 0 ? undefined : atPercentile(measurement, percentile);
  const shown = latencyMs === undefined ? 'nothing was answered' : `p${percentile} is ${latencyMs.toFixed(2)} ms`;
  const own = measurement.generator.isLimit ? ` ${measurement.generator.notes.join(' ')}` : '';
  if (!cut && errorPercent > maxErrorPercent) {
    const first = measurement.failures[0]?.kind ?? 'failed';
    return { holds: false, latencyMs, errorPercent, reason: `${errorPercent.toFixed(2)} % failed (${first}).${own}` };
  }
  if (cut)
    return {
      holds: false,
      latencyMs: undefined,
      errorPercent,
      reason: `Ended early: too many were slower than ${limitMs} ms or failed.${own}`,
    };
  if (latencyMs === undefined || latencyMs > limitMs)
    return { holds: false, latencyMs, errorPercent, reason: `${shown}, above ${limitMs} ms.${own}` };
  return { holds: true, latencyMs, errorPercent, reason: `${shown}.${own}` };
}

function atPercentile(
  { percentiles, latencyMs }: Pick<LoadMeasurement, 'percentiles' | 'latencyMs'>,
  percentile: number,
): number {
  const known: Readonly<Record<number, number>> = {
    50: latencyMs.p50,
    75: latencyMs.p75,
    90: latencyMs.p90,
    95: latencyMs.p95,
    99: latencyMs.p99,
    99.9: latencyMs.p999,
    99.99: latencyMs.p9999,
  };
  return known[percentile] ?? percentiles.find(([percent]) => percent >= percentile)?.[1] ?? latencyMs.max;
}

function sentenceOf(
  { percentile, limitMs, maxPerSecond }: SearchDrive,
  { perSecond, failsAtPerSecond, probes }: Pick<SearchReport, 'perSecond' | 'failsAtPerSecond' | 'probes'>,
  aborted: boolean,
): string {
  const goal = `p${percentile} within ${limitMs} ms`;
  if (aborted) return `The search was ended after ${probes.length} trials.`;
  if (perSecond === undefined)
    return `No rate was found that holds ${goal}: ${probes.at(-1)?.reason ?? 'nothing was tried.'}`;
  const border =
    failsAtPerSecond === undefined
      ? `the search went no further than ${maxPerSecond}/s`
      : `${Math.round(failsAtPerSecond)}/s does not`;
  return `${Math.floor(perSecond)} requests per second hold ${goal}; ${border}.`;
}

/** One line of the table: two figures, what they make together, and what was wanted. Pure. */
import type { MeasuredPair } from './pairs.ts';
import { spreadOf } from './spread.ts';

/** `below` is a missed target; `FAILED` means that there is no figure. */
export type Verdict = 'met' | 'below' | '' | 'skipped' | 'FAILED';

export interface Row {
  readonly workload: string;
  readonly subject: string;
  readonly baseline: string;
  /** Median (smallest to largest) of the pairs. */
  readonly comparison: string;
  readonly target: string;
  readonly verdict: Verdict;
}

/** Throughput, Millrace / baseline, pair by pair. Without a target the row is there to be read. */
export function throughputRow(workload: string, pairs: readonly MeasuredPair[], target?: number): Row {
  const ratio = spreadOf(pairs.map(({ subject, baseline }) => subject.perSecond / baseline.perSecond));
  return {
    workload,
    subject: perSecond(pairs.map(({ subject }) => subject.perSecond)),
    baseline: perSecond(pairs.map(({ baseline }) => baseline.perSecond)),
    comparison: `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`,
    target: target === undefined ? '' : `≥ ${target.toFixed(2)}`,
    verdict: target === undefined ? '' : verdictOf(ratio.median >= target),
  };
}

/** Median latency, Millrace − baseline, pair by pair. */
export function latencyRow(workload: string, pairs: readonly MeasuredPair[], maxAddedMs: number): Row {
  const added = spreadOf(pairs.map(({ subject, baseline }) => subject.p50Ms! - baseline.p50Ms!));
  return {
    workload,
    subject: `${spreadOf(pairs.map(({ subject }) => subject.p50Ms!)).median.toFixed(3)} ms`,
    baseline: `${spreadOf(pairs.map(({ baseline }) => baseline.p50Ms!)).median.toFixed(3)} ms`,
    comparison: `${signed(added.median)} ms (${signed(added.min)} to ${signed(added.max)})`,
    target: `≤ +${maxAddedMs.toFixed(2)} ms`,
    verdict: verdictOf(added.median <= maxAddedMs),
  };
}

/** Two generators on one server: rate and median latency, and how often the first said that it was the limit itself. */
export function closenessRow(workload: string, pairs: readonly MeasuredPair[], within: number): Row {
  const rate = spreadOf(pairs.map(({ subject, baseline }) => subject.perSecond / baseline.perSecond));
  const p50 = spreadOf(pairs.map(({ subject, baseline }) => subject.p50Ms! / baseline.p50Ms!));
  const said = pairs.filter(({ subject }) => subject.generatorIsLimit === true).length;
  const isClose = rate.median >= 1 - within && p50.median <= 1 + within;
  const figures = (side: 'subject' | 'baseline'): string =>
    `${perSecond(pairs.map((pair) => pair[side].perSecond))}, p50 ${spreadOf(pairs.map((pair) => pair[side].p50Ms!)).median.toFixed(3)} ms`;
  return {
    workload,
    subject: figures('subject'),
    baseline: figures('baseline'),
    comparison: `${rate.median.toFixed(2)} (${rate.min.toFixed(2)}–${rate.max.toFixed(2)}), p50 ${p50.median.toFixed(2)} (${p50.min.toFixed(2)}–${p50.max.toFixed(2)}); said to be the limit: ${said} of ${pairs.length}`,
    target: `≥ ${(1 - within).toFixed(2)}, p50 ≤ ${(1 + within).toFixed(2)}, or says so`,
    verdict: verdictOf(isClose || said * 2 > pairs.length),
  };
}

/** A figure of Millrace alone that has to stay within a limit. */
export function limitRow(workload: string, values: readonly number[], limit: number, unit: string): Row {
  const { median, min, max } = spreadOf(values);
  const digits = median < 10 ? 2 : 0;
  return {
    workload,
    subject: `${median.toFixed(digits)} ${unit}`,
    baseline: '',
    comparison: `(${min.toFixed(digits)}–${max.toFixed(digits)})`,
    target: `≤ ${limit} ${unit}`,
    verdict: verdictOf(median <= limit),
  };
}

/** Two figures of which less is better, pair by pair; there to be read. */
export function ratioRow(
  workload: string,
  pairs: readonly { readonly subject: number; readonly baseline: number }[],
  unit: string,
): Row {
  const ratio = spreadOf(pairs.map(({ subject, baseline }) => subject / baseline));
  return {
    workload,
    subject: `${Math.round(spreadOf(pairs.map(({ subject }) => subject)).median)} ${unit}`,
    baseline: `${Math.round(spreadOf(pairs.map(({ baseline }) => baseline)).median)} ${unit}`,
    comparison: `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`,
    target: '',
    verdict: '',
  };
}

export function failedRow(workload: string, reason: string): Row {
  return { workload, subject: reason, baseline: '', comparison: '', target: '', verdict: 'FAILED' };
}

export function skippedRow(workload: string, reason: string): Row {
  return { workload, subject: reason, baseline: '', comparison: '', target: '', verdict: 'skipped' };
}

function verdictOf(met: boolean): Verdict {
  return met ? 'met' : 'below';
}

function perSecond(values: readonly number[]): string {
  const { median } = spreadOf(values);
  return `${median < 1000 ? median.toFixed(1) : Math.round(median).toLocaleString('en-US')} /s`;
}

function signed(ms: number): string {
  return `${ms < 0 ? '−' : '+'}${Math.abs(ms).toFixed(3)}`;
}

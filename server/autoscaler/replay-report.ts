/**
 * What a replay found, as plain data: a timeline, what changed and why, and the numbers by which policies are compared.
 */
import type { Cause, ScalingDecision } from './decision.ts';

/** One tick of one model; the decision is the one made in it. */
export interface ReplayTick {
  /** On the trace's time. */
  readonly t: number;
  /** Offered work in erlangs; absent in a recording. */
  readonly load?: number;
  readonly ready: number;
  readonly starting: number;
  readonly desired: number;
  readonly wanted: number;
  readonly cause: Cause;
  readonly limitedBy?: ScalingDecision['limitedBy'];
  readonly saturatedBy?: ScalingDecision['saturatedBy'];
  readonly explanation: string;
}

export interface ReplayChange {
  readonly t: number;
  readonly from: number;
  readonly to: number;
  readonly cause: Cause;
  readonly explanation: string;
}

export interface ReplayedModel {
  readonly name: string;
  readonly ticks: number;
  /** Of the ordered replicas after each tick. */
  readonly replicas: { readonly first: number; readonly last: number; readonly min: number; readonly max: number };
  readonly changes: number;
  readonly growths: number;
  readonly shrinks: number;
  /** Changes in the other direction than the one before. */
  readonly reversals: number;
  /** Ticks at which more was wanted than the machine can bear. */
  readonly saturatedTicks: number;
  readonly changeLog: readonly ReplayChange[];
  readonly timeline: readonly ReplayTick[];
}

export interface ReplayReport {
  readonly tickMs: number;
  /** Sentences about what was ignored or left out. */
  readonly warnings: readonly string[];
  readonly models: readonly ReplayedModel[];
}

export function summarise(name: string, timeline: readonly ReplayTick[]): ReplayedModel {
  const changeLog = timeline.flatMap(({ t, ready, starting, desired, cause, explanation }) => {
    const from = ready + starting;
    return desired === from ? [] : [{ t, from, to: desired, cause, explanation }];
  });
  const growths = changeLog.filter(({ from, to }) => to > from).length;
  let [min, max] = [Number.POSITIVE_INFINITY, 0];
  for (const { desired } of timeline) [min, max] = [Math.min(min, desired), Math.max(max, desired)];
  return {
    name,
    ticks: timeline.length,
    replicas: { first: timeline[0]!.ready + timeline[0]!.starting, last: timeline.at(-1)!.desired, min, max },
    changes: changeLog.length,
    growths,
    shrinks: changeLog.length - growths,
    reversals: reversalsIn(changeLog),
    saturatedTicks: timeline.filter(({ saturatedBy }) => saturatedBy !== undefined).length,
    changeLog,
    timeline,
  };
}

function reversalsIn(changes: readonly ReplayChange[]): number {
  let reversals = 0;
  for (const [index, { from, to }] of changes.entries()) {
    const before = changes[index - 1];
    if (before !== undefined && to > from !== before.to > before.from) reversals += 1;
  }
  return reversals;
}

/**
 * How long a value must be too high or too low before it counts: one rule per metric, and the vote that follows.
 *
 * Up when every valid value since `upForMs` is above, down when every one since `downForMs` is below, and nothing in between:
 * the separate thresholds that users asked HPA for (kubernetes issue 39090). A ratio uses the most modest value of the time.
 * A rule without a value now, or that lacks a fifth of its values, is unknown: it does not ask for growth and forbids
 * shrinking, but its time runs on. With both times 0 and the band of a tolerance, a rule is exactly an HPA metric.
 */
import type { MetricName, Vote } from './metrics.ts';
import { positionOf, replicasAtTarget } from './proposal.ts';
import type { Band, Position } from './proposal.ts';
import type { Proposal } from './hpa.ts';
import { coveragePermille, runUntilNow } from './windows.ts';
import type { Run, SampleWindow } from './windows.ts';

export interface Rule {
  readonly metric: MetricName;
  readonly vote: Vote;
  /** What one share (replica, slot) should carry; only a ratio has one. */
  readonly targetMilli: number | undefined;
  /** `lowMicro` is Infinity for a rule that agrees to every shrink. */
  readonly band: Band;
  readonly upForMs: number;
  readonly downForMs: number;
}

export interface RuleInput {
  /** With the sample of this tick. */
  readonly window: SampleWindow;
  readonly nowMs: number;
  /** Ready and starting replicas. */
  readonly current: number;
  /** As in `Usage`: what values are divided by, and what a ratio multiplies. */
  readonly shares: number;
  readonly replicas: number;
  /** Values up to here are from before the last growth was ready; a rule that waits starts again after it. */
  readonly restartedMs: number;
}

/** What a rule saw and what it asks for; the numbers are what an explanation quotes. */
export interface RuleVote {
  readonly metric: MetricName;
  readonly vote: Vote;
  readonly verdict: 'grow' | 'shrink' | 'hold' | 'unknown';
  readonly proposal: Proposal;
  /** Newest value per share, in the metric's unit. */
  readonly value: number | undefined;
  readonly position: Position | undefined;
  /** How long the value has been where it is. */
  readonly heldMs: number;
}

/** Part of its time that a rule must have values for, thousandths. */
const minCoveragePermille = 800;

/**
 * The vote of a rule now. `step` rules and rules with an `upForMs` wait again after each growth, or one long breach would
 * fire at every tick: 3 replicas at 95 % for 120 s would be 5, 7, 10, 14 and 19 within the next minute.
 */
export function voteOf(rule: Rule, input: RuleInput): RuleVote {
  const newest = input.window.at(-1)?.milli;
  const side = newest === undefined ? undefined : sideOf(rule, input, newest);
  const up = conditionOf(rule, input, 'above');
  const down = conditionOf(rule, input, 'below');
  const verdict = newest === undefined ? 'unknown' : verdictOf(up, down);
  const run = side === 'above' ? up.run : side === 'below' ? down.run : undefined;
  return {
    metric: rule.metric,
    vote: rule.vote,
    verdict,
    proposal: proposalOf(rule, input, verdict, { up: up.run, down: down.run, newest }),
    value: newest === undefined ? undefined : newest / input.shares / 1000,
    position: side,
    heldMs: run === undefined ? 0 : input.nowMs - run.sinceMs,
  };
}

function sideOf({ band }: Rule, { shares, replicas }: RuleInput, usedMilli: number): Position {
  return positionOf({ usedMilli, shares, replicas }, band);
}

interface Condition {
  readonly state: 'met' | 'not-met' | 'unknown';
  readonly run: Run | undefined;
}

function conditionOf(rule: Rule, input: RuleInput, side: 'above' | 'below'): Condition {
  const { window, nowMs } = input;
  const spanMs = side === 'above' ? rule.upForMs : rule.downForMs;
  const restarts = side === 'above' && (rule.upForMs > 0 || rule.vote === 'step');
  const afterMs = restarts ? input.restartedMs : Number.NEGATIVE_INFINITY;
  const run = runUntilNow(window, (milli) => sideOf(rule, input, milli) === side, { nowMs, spanMs, afterMs });
  if (coveragePermille(window, nowMs, spanMs) < minCoveragePermille) return { state: 'unknown', run };
  return { state: run !== undefined && nowMs - run.sinceMs >= spanMs ? 'met' : 'not-met', run };
}

function verdictOf(up: Condition, down: Condition): RuleVote['verdict'] {
  if (up.state === 'met') return 'grow';
  if (up.state === 'unknown' || down.state === 'unknown') return 'unknown';
  return down.state === 'met' ? 'shrink' : 'hold';
}

interface Seen {
  readonly up: Run | undefined;
  readonly down: Run | undefined;
  readonly newest: number | undefined;
}

function proposalOf(rule: Rule, input: RuleInput, verdict: RuleVote['verdict'], seen: Seen): Proposal {
  const { current } = input;
  if (verdict === 'unknown') return { type: 'invalid' };
  if (rule.vote === 'ceiling') return { type: 'consents' };
  if (rule.vote === 'ratio' && rule.targetMilli !== undefined) {
    const raw = seen.newest === undefined ? current : ratioProposal(rule, rule.targetMilli, input, seen.newest);
    if (verdict === 'hold') return { type: 'replicas', replicas: current, raw };
    const modest = verdict === 'grow' ? seen.up!.lowMilli : seen.down!.highMilli;
    return { type: 'replicas', replicas: ratioProposal(rule, rule.targetMilli, input, modest), raw };
  }
  if (verdict === 'shrink') return { type: 'consents' };
  const replicas = verdict === 'grow' && rule.vote === 'step' ? current + 1 : current;
  return { type: 'replicas', replicas, raw: replicas };
}

/**
 * What the ratio asks for at this value, not reversed: with 3 ready and 4 starting, 150 % of a target is 5 replicas of the
 * ready ones, which is no reason to stop two of the seven.
 */
function ratioProposal(rule: Rule, targetMilli: number, input: RuleInput, usedMilli: number): number {
  const { current, shares, replicas } = input;
  const position = sideOf(rule, input, usedMilli);
  if (position === 'within') return current;
  const needed = replicasAtTarget({ usedMilli, shares, replicas }, targetMilli);
  return position === 'above' ? Math.max(current, needed) : Math.min(current, needed);
}

/**
 * A decision as one sentence that a person understands, with the numbers that it was made of:
 *
 *   14 requests per place in a copy for 6 s, target 0.7: 2 → 3 copies; 40 are wanted, the limit is 3 because this machine has 4 cores,
 *   1 of them kept free
 *
 * A replica is a copy here, as everywhere that people read. Words only: nothing is decided in this file.
 */
import type { Ceiling } from './ceilings.ts';
import type { Limits, ScalingDecision } from './decision.ts';
import { metricKinds } from './metrics.ts';
import type { Policy } from './policy.ts';
import type { DirectionLimits, RatePolicy } from './rate-policies.ts';
import type { RuleVote } from './rules.ts';

type Unexplained = Omit<ScalingDecision, 'explanation'>;

export function explain(decision: Unexplained, policy: Policy): string {
  const { cause, current, desired, votes } = decision;
  const change = desired === current ? `stays at ${copies(current)}` : `${current} → ${copies(desired)}`;
  switch (cause) {
    case 'metrics':
      return `${reason(decision, policy)}: ${change}${qualifier(decision, policy)}`;
    case 'no-metrics':
      return `${votes.length === 0 ? 'the policy has no metric' : `no value for ${namesOf(votes)}`}: ${change}`;
    case 'bounds':
      return `${change}${boundClause(decision, policy)}`;
    case 'restart-hold':
      return `the autoscaler has just started and watches for ${duration(policy.restartHoldMs)} first: ${change}`;
    case 'wake':
      return `a request waits and no copy runs: ${change}`;
    case 'idle':
      return `no request for ${duration(policy.idleToZeroMs)}: ${change}`;
    case 'asleep':
      return `no request waits: ${change}`;
    case 'cancelled':
      return `the load has gone before all ordered copies were ready: ${change}`;
    case 'paused':
      return `paused: ${change}`;
    case 'manual':
      return `set by hand: ${change}`;
    case 'frozen':
      return `a new version is being brought in: ${change}`;
  }
}

/** The metrics that made the number: those that want it, or those that stand against another. */
function reason({ votes, wanted, current, limitedBy }: Unexplained, policy: Policy): string {
  const counted = votes.filter(({ vote, value }) => vote !== 'ceiling' && value !== undefined);
  const unknown = votes.filter(({ verdict }) => verdict === 'unknown');
  if (wanted === current && unknown.length > 0 && limitedBy === undefined) return `no value for ${namesOf(unknown)}`;
  const asking = counted.filter(({ proposal }) => proposal.type === 'replicas' && proposal.replicas === wanted);
  const said = asking.length > 0 ? asking : counted;
  return said.map((vote) => measured(vote, policy)).join(' and ');
}

/** `CPU 95 % for 120 s, target 70 %`. */
function measured(vote: RuleVote, policy: Policy): string {
  const { unit, phrase } = metricKinds[vote.metric];
  const value = phrase.replace('#', `${figure(vote.value ?? 0)}${unit}`);
  return `${value}${lasting(vote, policy)}${aim(vote, policy)}`;
}

/** How long the value has been too high or too low, and how long it must have been where that is not enough yet. */
function lasting({ metric, position, heldMs, verdict }: RuleVote, policy: Policy): string {
  const { upForMs = 0, downForMs = 0 } = policy.metrics[metric] ?? {};
  if (position === 'within') return '';
  const neededMs = position === 'above' ? upForMs : downForMs;
  if (verdict === 'hold' && heldMs < neededMs) return ` for ${duration(heldMs)} of ${duration(neededMs)}`;
  if (heldMs < policy.tickMs) return '';
  // The history of a rule ends there.
  const isAtEnd = heldMs >= Math.max(upForMs, downForMs, 60_000);
  return ` for ${duration(heldMs)}${isAtEnd && heldMs > neededMs ? ' or longer' : ''}`;
}

function aim({ metric, position }: RuleVote, policy: Policy): string {
  const { unit } = metricKinds[metric];
  const { target, above = 0, below } = policy.metrics[metric] ?? {};
  if (target !== undefined) return `, target ${figure(target)}${unit}`;
  if (position === 'above' || below === undefined) return `, limit ${figure(above)}${unit}`;
  return position === 'below' ? `, enough below ${figure(below)}${unit}` : `, right up to ${figure(above)}${unit}`;
}

/** Why the number is not the one that is wanted. */
function qualifier({ limitedBy, wanted, limits, heldBy, votes }: Unexplained, policy: Policy): string {
  const wish = `; ${wanted} ${are(wanted)} wanted`;
  const held = heldBy === undefined ? '' : `${heldBy.replicas} ${were(heldBy.replicas)} right ${ago(heldBy.ageMs)}`;
  switch (limitedBy) {
    case 'max':
      return `${wish}${limitClause(limits)}`;
    case 'min':
      return `; at least ${limits.min} ${are(limits.min)} kept`;
    case 'up-policy':
      return `${wish}, at most ${rates(policy.up)}`;
    case 'down-policy':
      return `${wish}, at most ${rates(policy.down)}`;
    case 'up-window':
      return `${wish}, but ${held}; that must be ${duration(policy.up.windowMs)} past`;
    case 'down-window':
      return `${wish}, but ${held}; that must be ${duration(policy.down.windowMs)} past`;
    case 'missing-metric':
      return `; no shrinking without a value for ${namesOf(votes.filter(({ verdict }) => verdict === 'unknown'))}`;
    case undefined:
      return '';
  }
}

function boundClause({ current, desired, limits }: Unexplained, policy: Policy): string {
  if (desired < current) return limitClause(limits);
  const kept = `, at least ${limits.min} ${are(limits.min)} kept`;
  return limits.min < policy.min ? `${kept} and not ${policy.min}${becauseOf(limits.ceiling)}` : kept;
}

function limitClause({ max, ceiling }: Limits): string {
  return `, the limit is ${max}${becauseOf(ceiling)}`;
}

function becauseOf(ceiling: Ceiling | undefined): string {
  switch (ceiling?.name) {
    case undefined:
      return ' in the policy';
    case 'cpu': {
      const spare = ceiling.reserved === 0 ? '' : `, ${ceiling.reserved} of them kept free`;
      const each = ceiling.threads === 1 ? '' : ` and a copy uses ${ceiling.threads}`;
      return ` because this machine has ${count(ceiling.cores, 'core')}${spare}${each}`;
    }
    case 'memory':
      return ` because ${gigabytes(ceiling.usableBytes)} of memory can be used and a copy takes ${gigabytes(ceiling.replicaBytes)}`;
    case 'gain':
      return ` because more copies ${gainOf(ceiling)}`;
    case 'gain-pending':
      return ' until it is known whether the last copies helped';
    case 'share':
      return ' because other models use this machine too';
    case 'memory-rule':
      return ' while so much of the memory is in use';
    case 'recovering':
      return ' because memory has been free for a moment only';
  }
}

function gainOf({ cause, percent }: Ceiling & { name: 'gain' }): string {
  if (cause === 'service-time') return `made each answer ${percent} % slower`;
  return percent < 0 ? `lowered the throughput by ${-percent} %` : `raised the throughput by only ${percent} %`;
}

/** `100 % or 4 per 15 s`. */
function rates({ select, policies }: DirectionLimits): string {
  if (select === 'disabled' || policies.length === 0) return '0, because this direction is disabled';
  const one = ({ type, value, periodMs }: RatePolicy): string =>
    `${value}${type === 'percent' ? ' %' : ''} per ${duration(periodMs)}`;
  return policies.map(one).join(select === 'max' ? ' or ' : ' and ');
}

function namesOf(votes: readonly RuleVote[]): string {
  return votes.map(({ metric }) => metricKinds[metric].name).join(', ');
}

function copies(replicas: number): string {
  return replicas === 1 ? '1 copy' : `${replicas} copies`;
}

function ago(ms: number): string {
  return ms === 0 ? 'just now' : `${duration(ms)} ago`;
}

function were(amount: number): string {
  return amount === 1 ? 'was' : 'were';
}

function are(amount: number): string {
  return amount === 1 ? 'is' : 'are';
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** Two decimals below 10, one below 100, none above. */
function figure(value: number): string {
  return String(Number(value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)));
}

function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${figure(ms / 1000)} s`;
  return ms < 7_200_000 ? `${figure(ms / 60_000)} min` : `${figure(ms / 3_600_000)} h`;
}

function gigabytes(bytes: number): string {
  return `${figure(bytes / 1e9)} GB`;
}

/**
 * Who has the last word on a count: orders from outside, sleep and waking, bounds, the pause after a restart, idleness,
 * orders that can be taken back, and only then the metrics. The first that applies decides.
 *
 * From 0 to 1 and from 1 to 0 is a mechanism of its own, apart from scaling (as in KEDA, whose cooldown however sends any number
 * straight to 0: kedacore/keda issue 7770): waking never waits, and only one that is left may go to sleep.
 */
import type { ControllerState } from './controller-state.ts';
import type { Cause, Limits } from './decision.ts';
import type { HpaDecision } from './hpa.ts';
import type { Observation } from './observation.ts';
import type { Policy } from './policy.ts';
import type { RuleVote } from './rules.ts';

export interface Choice {
  readonly desired: number;
  readonly cause: Cause;
}

interface Offered {
  readonly votes: readonly RuleVote[];
  readonly limits: Limits;
  readonly hpa: HpaDecision;
}

export function choose(policy: Policy, state: ControllerState, observation: Observation, offered: Offered): Choice {
  const { control, ready, starting } = observation;
  const current = ready + starting;
  const { hpa, limits } = offered;
  if (control.mode === 'manual') return { desired: control.replicas, cause: 'manual' };
  if (control.mode === 'paused') return { desired: current, cause: 'paused' };
  if (current === 0) return fromNone(policy, observation, limits);
  if (hpa.cause === 'bounds') return { desired: hpa.desired, cause: 'bounds' };
  if (state.clock.awakeMs < state.holdUntilMs) return { desired: current, cause: 'restart-hold' };
  if (policy.min === 0 && current === 1 && idleMs(state) >= policy.idleToZeroMs) return { desired: 0, cause: 'idle' };
  const kept = keptOrders(policy, state, observation, offered);
  if (kept < current) return { desired: kept, cause: 'cancelled' };
  return { desired: hpa.desired, cause: hpa.cause === 'no-valid-metric' ? 'no-metrics' : 'metrics' };
}

/** Without a replica there is nothing to measure: the minimum is restored, or a request wakes one, at once. */
function fromNone({ min }: Policy, { queuedNow, outstandingNow }: Observation, limits: Limits): Choice {
  if (min > 0) return { desired: limits.min, cause: 'bounds' };
  const isCalled = (queuedNow ?? 0) > 0 || (outstandingNow ?? 0) > 0;
  return isCalled ? { desired: limits.min, cause: 'wake' } : { desired: 0, cause: 'asleep' };
}

/**
 * The count without the orders that nobody needs any more: all that runs now fits into the ready replicas, and no ratio asks
 * for more. One order is kept, because what came once comes again; so a spike shorter than a start costs one replica.
 */
function keptOrders(
  policy: Policy,
  state: ControllerState,
  { ready, starting, slotsPerReplica, outstandingNow, queuedNow }: Observation,
  { votes, limits }: Offered,
): number {
  const current = ready + starting;
  if (!policy.cancelStarting || state.growingSinceMs === undefined || starting === 0) return current;
  if (queuedNow !== 0 || outstandingNow === undefined || outstandingNow > ready * slotsPerReplica) return current;
  const isWanted = votes.some(
    ({ vote, proposal }) => vote === 'ratio' && (proposal.type !== 'replicas' || proposal.raw > ready),
  );
  return isWanted ? current : Math.min(current, Math.max(limits.min, ready + 1));
}

function idleMs({ clock, idleSinceMs }: ControllerState): number {
  return idleSinceMs === undefined ? 0 : clock.awakeMs - idleSinceMs;
}

/**
 * Between which counts a decision may move now: the policy's bounds under the ceilings of the machine.
 *
 * Hard ceilings cut at once what is above them. Soft ones only stop growth: a machine that is busy with the last
 * addition, memory above the limit of the policy's rule, and memory that has become free but for a moment. The minimum gives
 * way to hard ceilings, because processes that do not fit are of use to nobody, and never to soft ones.
 */
import { lowestCeiling, machineCeilings } from './ceilings.ts';
import type { Ceiling } from './ceilings.ts';
import type { ControllerState } from './controller-state.ts';
import type { Limits } from './decision.ts';
import { gainCeiling, isOnTrial } from './marginal-gain.ts';
import type { Footprint, Machine, Observation } from './observation.ts';
import type { Policy } from './policy.ts';
import type { RuleVote } from './rules.ts';
import { remember } from './stabiliser.ts';
import type { Recommendations } from './stabiliser.ts';

/** The limits, and what the machine allowed lately for the next tick's state. */
export function limitsOf(
  policy: Policy,
  state: ControllerState,
  { ready, starting, machine, footprint, share }: Observation,
  votes: readonly RuleVote[],
): { readonly limits: Limits; readonly ceilings: Recommendations } {
  const current = ready + starting;
  const fixed = machineCeilings(machine, footprint, policy.ceilings);
  const bearable = lowestCeiling(machineCeilings(emptied(machine, footprint), footprint, policy.ceilings));
  const allowed = Math.min(policy.max, bearable?.replicas ?? policy.max);
  const seen = { atMs: state.clock.awakeMs, replicas: allowed };
  const ceilings = remember(state.ceilings, seen, policy.ceilings.recoveryMs);
  const least = ceilings.lows[0]!.replicas;

  const gain = gainCeiling(state.gain);
  const hard = [...fixed];
  if (gain !== undefined) hard.push(gain);
  if (share !== undefined) hard.push({ name: 'share', replicas: share });
  const soft: Ceiling[] = [];
  if (least < allowed) soft.push({ name: 'recovering', replicas: Math.max(current, least) });
  if (isOnTrial(state.gain, machine?.busyPercent)) soft.push({ name: 'gain-pending', replicas: current });
  if (votes.some(({ vote, verdict }) => vote === 'ceiling' && verdict === 'grow'))
    soft.push({ name: 'memory-rule', replicas: current });

  const hardMax = Math.min(policy.max, lowestCeiling(hard)?.replicas ?? policy.max);
  // A minimum of 0 is the business of the gates: the rules alone never lead to none.
  const min = Math.min(Math.max(1, policy.min), hardMax);
  const binding = lowestCeiling([...hard, ...soft]);
  const max = Math.max(min, Math.min(policy.max, binding?.replicas ?? policy.max));
  return { limits: { min, max, ceiling: max < policy.max ? binding : undefined }, ceilings };
}

/** The machine as it would be without the other models, so that it is seen whether memory comes and goes, or only changes hands. */
function emptied(machine: Machine | undefined, footprint: Footprint | undefined): Machine | undefined {
  if (machine?.availableBytes === undefined || machine.replicasRssBytes === undefined) return machine;
  const others = Math.max(0, machine.replicasRssBytes - (footprint?.ownRssBytes ?? 0));
  return { ...machine, availableBytes: machine.availableBytes + others };
}

/** What others are shown of the autoscaler: the admin API a whole decision, the metrics page its numbers. Pure. */
import { metricKinds } from '../autoscaler/metrics.ts';
import type { RuleVote } from '../autoscaler/rules.ts';
import type { ScalingReading } from '../metrics/inference-metrics.ts';
import type { ScalingView } from '../protocol/admin/scaling-view.ts';
import { sentenceOf } from './scaling-events.ts';
import type { ScalingState } from './scaling-loop.ts';
import type { ScalingOrder } from './scaling-orders.ts';

export function scalingReading({ target, decision, growths, shrinks }: ScalingState): ScalingReading {
  const { limits, wanted } = decision;
  return {
    name: target.model,
    version: target.version,
    min: limits.min,
    limit: limits.max,
    wanted,
    growths,
    shrinks,
  };
}

export function scalingView(state: ScalingState, order: ScalingOrder | undefined): ScalingView {
  const { target, settings, policy, observation, decision } = state;
  const { machine, footprint, share } = observation;
  const mode = order?.mode ?? 'settings';
  const fixed = mode === 'manual' ? order?.replicas : mode === 'settings' ? settings.fixed : undefined;
  return {
    model: target.model,
    version: target.version,
    mode,
    ...(fixed !== undefined && { fixed }),
    min: policy.min,
    max: policy.max,
    limit: decision.limits.max,
    ...(decision.limitedBy !== undefined && { limitedBy: decision.limitedBy }),
    ready: observation.ready,
    starting: observation.starting,
    spares: target.spares,
    desired: decision.desired,
    wanted: decision.wanted,
    cause: decision.cause,
    ...(decision.saturatedBy !== undefined && { saturatedBy: decision.saturatedBy }),
    explanation: sentenceOf(decision, observation),
    threads: target.threads,
    slotsPerReplica: observation.slotsPerReplica,
    queued: observation.queuedNow ?? 0,
    outstanding: observation.outstandingNow ?? 0,
    votes: decision.votes.map((vote) => voteView(vote, state)),
    machine: {
      ...(machine?.physicalCores !== undefined && { physicalCores: machine.physicalCores }),
      ...(machine?.busyPercent !== undefined && { busyPercent: Math.round(machine.busyPercent) }),
      ...(machine?.availableBytes !== undefined && { availableBytes: machine.availableBytes }),
      ...(machine?.totalBytes !== undefined && { totalBytes: machine.totalBytes }),
    },
    ...(footprint?.peakRssBytes !== undefined && { peakRssBytes: footprint.peakRssBytes }),
    ...(share !== undefined && { share }),
  };
}

function voteView(
  { metric, vote, verdict, value, heldMs, proposal }: RuleVote,
  { policy }: ScalingState,
): ScalingView['votes'][number] {
  const { target, above, below } = policy.metrics[metric] ?? {};
  return {
    metric,
    vote,
    verdict,
    ...(value !== undefined && { value: Number(value.toPrecision(4)) }),
    unit: metricKinds[metric].unit.trim(),
    ...(target !== undefined && { target }),
    ...(above !== undefined && { above }),
    ...(below !== undefined && { below }),
    heldMs,
    ...(proposal.type === 'replicas' && { proposes: proposal.replicas }),
  };
}

/**
 * The policies that have a name. A policy file names one as `preset` and says only what differs from it.
 */
import type { PolicyInput } from './policy.ts';

/** For one machine: quick to grow, sized by outstanding work, bounded by what the machine can bear. */
const edge: PolicyInput = {
  metrics: {
    // Linear, never saturated and known at once; 70 % of the slots is Knative's target for concurrency.
    outstandingPerSlot: { target: 0.7 },
    // For loads that are right on average and come in bursts.
    queueWaitP99: { above: 100, upForMs: 30_000, below: 50, downForMs: 60_000 },
    errorRate: { above: 1, upForMs: 10_000 },
  },
};

/** What people write for a cloud: the usual HPA settings, with duration rules for what must not be acted on at once. */
const kubernetes: PolicyInput = {
  min: 3,
  max: 50,
  // --horizontal-pod-autoscaler-sync-period
  tickMs: 15_000,
  metrics: {
    cpu: { target: 70, above: 70, upForMs: 120_000, below: 30, downForMs: 600_000 },
    latencyP99: { vote: 'ratio', target: 100, above: 100, upForMs: 300_000, below: 50, downForMs: 600_000 },
    queuePerReplica: { target: 10, above: 10, below: 2 },
    errorRate: { above: 1 },
    memory: { above: 80 },
  },
  down: { windowMs: 300_000, policies: [{ type: 'percent', value: 10, periodMs: 60_000 }] },
};

export const presets = { edge, kubernetes } as const;

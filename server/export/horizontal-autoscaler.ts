/**
 * A scaling policy as the spec of a HorizontalPodAutoscaler (autoscaling/v2). Pure.
 *
 * Bounds, windows, rate limits and the CPU target are taken over one to one. What an HPA has no word for is said in a note: a rule that
 * must hold for a while, a vote of one step, a ceiling. Such metrics are not turned into ratios, because four times the latency is no
 * reason for four times the pods.
 */
import type { Policy } from '../autoscaler/policy.ts';
import type { Rule } from '../autoscaler/rules.ts';

export interface AutoscalerSpec {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly metrics: readonly object[];
  readonly behavior: { readonly scaleUp: object; readonly scaleDown: object };
}

export interface AutoscalerWishes {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly customMetrics: boolean;
}

/** Names of the metrics per pod that the rules for the Prometheus adapter make (prometheus-adapter.ts). */
export const customMetricNames = {
  queuePerReplica: 'millrace_queued_requests',
  requestRate: 'millrace_requests_per_second',
} as const;

/** 70 %, the usual target, where the policy has none for the CPU. */
const usualCpuPercent = 70;

export function autoscalerSpec(
  policy: Policy,
  wishes: AutoscalerWishes,
): { readonly spec: AutoscalerSpec; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const minReplicas = wishes.min ?? Math.max(1, policy.min);
  if (wishes.min === undefined && policy.min === 0) {
    notes.push('"min": 0 became one pod: an HPA scales to zero only with a feature that clusters leave off.');
  }
  const maxReplicas = Math.max(minReplicas, wishes.max ?? policy.max);
  const metrics = [cpuMetric(policy.rules, notes)];
  for (const rule of policy.rules) {
    if (rule.metric === 'cpu') continue;
    const custom = customMetric(rule);
    if (custom === undefined) notes.push(`"metrics.${rule.metric}" is not taken over: ${withoutWord(rule)}.`);
    else if (wishes.customMetrics) metrics.push(custom);
    else notes.push(`"metrics.${rule.metric}" needs a Prometheus adapter in the cluster; --custom-metrics writes it.`);
  }
  for (const { metric, upForMs, downForMs } of policy.rules) {
    if (metric !== 'cpu' || (upForMs === 0 && downForMs === 0)) continue;
    notes.push(
      `The CPU rule waits ${seconds(upForMs)} s before it grows and ${seconds(downForMs)} s before it shrinks; an HPA waits by its stabilization windows alone.`,
    );
  }
  const tolerance = policy.tolerance;
  if (tolerance !== 0.1) notes.push('"tolerance" is not taken over: clusters set it for all, at 0.1.');
  return {
    spec: {
      minReplicas,
      maxReplicas,
      metrics,
      behavior: {
        scaleUp: direction(policy.up, 'up', notes),
        scaleDown: direction(policy.down, 'down', notes),
      },
    },
    notes,
  };
}

function cpuMetric(rules: readonly Rule[], notes: string[]): object {
  const cpu = rules.find(({ metric }) => metric === 'cpu');
  if (cpu?.targetMilli === undefined) {
    notes.push(`The policy has no target for the CPU; the HPA has ${usualCpuPercent} %.`);
  }
  const percent = cpu?.targetMilli === undefined ? usualCpuPercent : Math.max(1, Math.round(cpu.targetMilli / 1000));
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percent } } };
}

function customMetric({ metric, vote, targetMilli }: Rule): object | undefined {
  if (vote !== 'ratio' || targetMilli === undefined) return undefined;
  if (metric !== 'queuePerReplica' && metric !== 'requestRate') return undefined;
  const averageValue = targetMilli % 1000 === 0 ? String(targetMilli / 1000) : `${targetMilli}m`;
  return {
    type: 'Pods',
    pods: { metric: { name: customMetricNames[metric] }, target: { type: 'AverageValue', averageValue } },
  };
}

function withoutWord({ metric, vote }: Rule): string {
  if (metric === 'outstandingPerSlot') return 'how many slots a pod has is known inside it only';
  switch (vote) {
    case 'ceiling':
      return 'an HPA has no ceiling that a metric sets; the memory limit of the pods is one';
    case 'veto':
      return 'an HPA has no veto';
    case 'step':
      return 'an HPA has no vote of one step';
    case 'ratio':
      return 'it does not shrink in proportion to the pods, as an HPA assumes';
  }
}

function direction(
  { windowMs, select, policies }: Policy['up'],
  name: 'up' | 'down',
  notes: string[],
): Record<string, unknown> {
  const selectPolicy = { max: 'Max', min: 'Min', disabled: 'Disabled' }[select];
  // Kubernetes refuses a policy that allows nothing, and a list without one.
  const usable = policies.filter(({ value }) => value > 0);
  if (usable.length < policies.length) notes.push(`A policy of "${name}" that allows no change is left out.`);
  if (usable.length === 0 && select !== 'disabled') {
    notes.push(`"${name}" has no rate limit; Kubernetes then has its own, 100 % and for growth 4 pods per 15 s.`);
  }
  return {
    stabilizationWindowSeconds: seconds(windowMs),
    selectPolicy,
    ...(usable.length > 0 && {
      policies: usable.map(({ type, value, periodMs }) => ({
        type: type === 'pods' ? 'Pods' : 'Percent',
        value,
        periodSeconds: Math.max(1, seconds(periodMs)),
      })),
    }),
  };
}

/** Rounded up: no wait becomes shorter. */
function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

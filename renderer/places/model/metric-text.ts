/** What the autoscaler measures, in the words of the GUI. Pure. */
import { t } from '../../texts/t.ts';

export const metricTexts = {
  outstandingPerSlot: 'metric.outstandingPerSlot',
  queuePerReplica: 'metric.queuePerReplica',
  requestRate: 'metric.requestRate',
  cpu: 'metric.cpu',
  queueWaitP99: 'metric.queueWaitP99',
  latencyP99: 'metric.latencyP99',
  serviceP99: 'metric.serviceP99',
  errorRate: 'metric.errorRate',
  memory: 'metric.memory',
} as const;

/** A metric that a newer host has is shown under its own name. */
export function metricText(metric: string): string {
  return metric in metricTexts ? t(metricTexts[metric as keyof typeof metricTexts]) : metric;
}

const limitTexts = {
  max: 'scaling.by.max',
  min: 'scaling.by.min',
  'up-policy': 'scaling.by.up-policy',
  'down-policy': 'scaling.by.down-policy',
  'up-window': 'scaling.by.up-window',
  'down-window': 'scaling.by.down-window',
  'missing-metric': 'scaling.by.missing-metric',
} as const;

/** What stands between the number of copies and the number that is wanted. */
export function limitText(limitedBy: string): string {
  return limitedBy in limitTexts ? t(limitTexts[limitedBy as keyof typeof limitTexts]) : limitedBy;
}

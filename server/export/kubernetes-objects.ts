/** The Kubernetes objects of an exported host. Pure. */
import { createHash } from 'node:crypto';
import type { NewKubernetesExport } from '../protocol/admin/export.ts';
import type { ExportFacts } from './export-facts.ts';
import { autoscalerSpec } from './horizontal-autoscaler.ts';
import { podSettings, podPort, settingsFile } from './pod-settings.ts';
import { podSpec, selectorLabels } from './pod-template.ts';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface KubernetesObjects {
  /** In the order in which they are best made. */
  readonly objects: readonly KubernetesObject[];
  readonly notes: readonly string[];
}

/** A rollout adds a pod before it takes one away, and no pod is missing meanwhile. */
export const rollout = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } as const;

/** At most one pod is away for an upgrade of the nodes. */
export const maxUnavailable = 1;

export function kubernetesObjects(facts: ExportFacts, wishes: NewKubernetesExport): KubernetesObjects {
  const { name, namespace } = wishes;
  const { settings, environment, notes } = podSettings(facts, wishes);
  const autoscaler = autoscalerSpec(facts.policy, wishes);
  const labels = {
    ...selectorLabels(name),
    'app.kubernetes.io/version': facts.version,
    'app.kubernetes.io/managed-by': 'millrace-export',
  };
  const metadata = { name, ...(namespace !== undefined && { namespace }), labels };
  const text = `${JSON.stringify({ ...settings, allowedHosts: serviceNames(wishes) }, undefined, 2)}\n`;
  const settingsName = `${name}-settings`;
  const image = imageOf(facts, wishes);
  const pod = podSpec({ facts, wishes, image, environment, settingsName });
  const reference = { apiVersion: 'apps/v1', kind: 'Deployment', name };
  return {
    objects: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { ...metadata, name: settingsName },
        data: { [settingsFile]: text },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
          // No number of pods: that is the autoscaler's, and an apply must not set it back.
          selector: { matchLabels: selectorLabels(name) },
          strategy: rollout,
          template: {
            metadata: {
              labels,
              // Other settings are a new rollout: a host reads them when it starts.
              annotations: { 'millrace/settings-sha256': createHash('sha256').update(text).digest('hex') },
            },
            spec: pod,
          },
        },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: {
          type: 'ClusterIP',
          selector: selectorLabels(name),
          ports: [{ name: 'http', port: podPort, targetPort: 'http', protocol: 'TCP' }],
        },
      },
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata,
        spec: { scaleTargetRef: reference, ...autoscaler.spec },
      },
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata,
        spec: { maxUnavailable, selector: { matchLabels: selectorLabels(name) } },
      },
    ],
    notes: [...notes, ...autoscaler.notes],
  };
}

export function imageOf(facts: ExportFacts, { image }: NewKubernetesExport): string {
  return image ?? `millrace:${facts.version}`;
}

/** Names under which pods of the cluster reach the Service; a host refuses requests that are addressed to others. */
function serviceNames({ name, namespace, hosts }: NewKubernetesExport): string[] {
  const within =
    namespace === undefined
      ? []
      : [`${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
  return [name, ...within, ...hosts];
}

/** The pod of an exported host: what it runs, what it may, how it is asked how it is, and how it ends. Pure. */
import type { NewKubernetesExport } from '../protocol/admin/export.ts';
import type { ExportFacts } from './export-facts.ts';
import { podPaths, podPort, settingsFile } from './pod-settings.ts';
import type { EnvironmentVariable } from './pod-settings.ts';

/** User and group of the image; see Dockerfile. */
const userId = 10_001;
/** Between the moment when a pod is to end and the moment when no Service sends it anything more, seconds. */
export const preStopSeconds = 5;
/** What a host needs to end once its requests are answered: its replicas have 5 s, databases are closed. Seconds. */
const stopSeconds = 15;

/** preStop, the host's own wait for accepted requests, and its end: before that Kubernetes must not kill it. */
export function gracePeriodSeconds(drainTimeoutMs: number): number {
  return preStopSeconds + Math.ceil(drainTimeoutMs / 1000) + stopSeconds;
}

export interface PodParts {
  readonly facts: ExportFacts;
  readonly wishes: NewKubernetesExport;
  readonly image: string;
  readonly environment: readonly EnvironmentVariable[];
  readonly settingsName: string;
}

export function containerResources({ cpu, memory, storage, gpu }: NewKubernetesExport): Record<string, unknown> {
  // Requests are limits: a host counts the cores and the memory that it may use, and an HPA measures against requests.
  const amounts = {
    cpu: String(cpu),
    memory,
    'ephemeral-storage': storage,
    ...(gpu !== undefined && { [gpu.resource]: String(gpu.count) }),
  };
  return { requests: amounts, limits: amounts };
}

/** Nodes with such GPUs are often kept for those who ask for them. */
export function gpuTolerations({ gpu }: NewKubernetesExport): readonly object[] {
  return gpu === undefined ? [] : [{ key: gpu.resource, operator: 'Exists', effect: 'NoSchedule' }];
}

export function nodeSelectorOf({ gpu, nodeSelector }: NewKubernetesExport): Readonly<Record<string, string>> {
  // The label that NVIDIA's own feature discovery gives to nodes.
  const usual = gpu?.resource === 'nvidia.com/gpu' ? { 'nvidia.com/gpu.present': 'true' } : {};
  return Object.keys(nodeSelector).length > 0 ? nodeSelector : usual;
}

export function podSpec({ facts, wishes, image, environment, settingsName }: PodParts): Record<string, unknown> {
  const nodeSelector = nodeSelectorOf(wishes);
  const tolerations = gpuTolerations(wishes);
  return {
    ...(wishes.serviceAccount !== undefined && { serviceAccountName: wishes.serviceAccount }),
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: gracePeriodSeconds(facts.drainTimeoutMs),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: userId,
      runAsGroup: userId,
      fsGroup: userId,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(tolerations.length > 0 && { tolerations }),
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: selectorLabels(wishes.name) },
      },
    ],
    containers: [
      {
        name: 'millrace',
        image,
        imagePullPolicy: 'IfNotPresent',
        args: ['serve', '--config', `${podPaths.settings}/${settingsFile}`, '--json'],
        ...(environment.length > 0 && { env: environment }),
        ports: [{ name: 'http', containerPort: podPort, protocol: 'TCP' }],
        resources: containerResources(wishes),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        ...probes(),
        // The Service must have forgotten the pod before the host takes no more connections.
        lifecycle: { preStop: { exec: { command: ['sleep', String(preStopSeconds)] } } },
        volumeMounts: [
          { name: 'settings', mountPath: podPaths.settings, readOnly: true },
          { name: 'data', mountPath: podPaths.data },
          { name: 'temporary', mountPath: podPaths.temporary },
        ],
      },
    ],
    volumes: [
      { name: 'settings', configMap: { name: settingsName } },
      { name: 'data', emptyDir: { sizeLimit: wishes.storage } },
      { name: 'temporary', emptyDir: { sizeLimit: '1Gi' } },
    ],
  };
}

/**
 * Started once it listens, alive while it answers, ready once its models are there and while it does not stop. The Host header is one
 * that every host accepts: the kubelet asks by the pod's address.
 */
function probes(): Record<string, unknown> {
  const ask = (path: string): object => ({
    httpGet: { path, port: 'http', httpHeaders: [{ name: 'Host', value: 'localhost' }] },
  });
  return {
    startupProbe: { ...ask('/v2/health/live'), periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 60 },
    readinessProbe: { ...ask('/v2/health/ready'), periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 2 },
    // A busy machine answers late; only one that does not answer for a minute is started again.
    livenessProbe: { ...ask('/v2/health/live'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  };
}

export function selectorLabels(name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': 'millrace', 'app.kubernetes.io/instance': name };
}

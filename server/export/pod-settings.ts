/**
 * The settings file of a host in a pod, and the variables of the environment that it names. Secrets are named by the Secret that holds
 * them and never written. Pure.
 */
import type { NewKubernetesExport } from '../protocol/admin/export.ts';
import type { S3Settings } from '../protocol/admin/source-settings.ts';
import type { ExportFacts } from './export-facts.ts';

/** Where the pod has things. The data folder and /tmp are all that it writes to. */
export const podPaths = { data: '/data', temporary: '/tmp', settings: '/etc/millrace' } as const;
export const settingsFile = 'settings.json';
/** 8000 is Triton's, so that its clients need no flag. */
export const podPort = 8000;

export interface PodSettings {
  /** What settings.json holds. `allowedHosts` is filled in by whoever knows the Service's name. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly environment: readonly EnvironmentVariable[];
  readonly notes: readonly string[];
}

export type EnvironmentVariable =
  | { readonly name: string; readonly valueFrom: { readonly fieldRef: { readonly fieldPath: string } } }
  | {
      readonly name: string;
      readonly valueFrom: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
    };

export function podSettings(facts: ExportFacts, wishes: NewKubernetesExport): PodSettings {
  const notes: string[] = [...facts.left];
  const environment: EnvironmentVariable[] = [
    { name: 'MILLRACE_POD_ADDRESS', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
  ];
  const sources = facts.sources.flatMap((source) => {
    if (source.kind === 's3') return [podSource(source, wishes, notes)];
    notes.push(`The source ${source.name} is a folder of this machine and is left out; push its models to S3.`);
    return [];
  });
  if (sources.some(({ anonymous }) => !anonymous) && wishes.serviceAccount === undefined) {
    const secret = wishes.s3Secret ?? `${wishes.name}-s3`;
    environment.push(
      fromSecret('AWS_ACCESS_KEY_ID', secret, 'access-key-id'),
      fromSecret('AWS_SECRET_ACCESS_KEY', secret, 'secret-access-key'),
    );
  }
  const redis = wishes.redis ? (wishes.redisSecret ?? `${wishes.name}-redis`) : undefined;
  if (redis === undefined) {
    notes.push(
      'Without Redis each pod has saved answers of its own, and features that are written to one pod are not on the others.',
    );
  } else {
    if (facts.settings.cache.enabled) environment.push(fromSecret('MILLRACE_CACHE_REDIS', redis, 'cache-url'));
    environment.push(fromSecret('MILLRACE_FEATURES_REDIS', redis, 'features-url'));
  }
  const { defaults, cache, limits, compatibility, drainTimeoutMs, log } = facts.settings;
  const { enabled, ttlSeconds, maxBytes } = cache;
  const settings = {
    models: `${podPaths.data}/models`,
    dataDirectory: podPaths.data,
    http: { port: podPort },
    // Beside loopback at the pod's own address, where the Service and the kubelet ask.
    lan: {
      on: true,
      addresses: ['${MILLRACE_POD_ADDRESS}'],
      port: podPort,
      tls: { kind: 'off' },
      announce: false,
    },
    keys: facts.keys,
    defaults: {
      ...defaults,
      // Nothing else runs in the pod, so no core is kept for it. How many pods there are is the HPA's business.
      scaling: { preset: 'edge', ceilings: { reservedCores: 0 } },
    },
    ...(wishes.gpu !== undefined && { devices: { device: podDevice(facts.device, wishes.gpu.resource) } }),
    cache: {
      enabled,
      ttlSeconds,
      ...(redis === undefined ? { maxBytes } : enabled && { redis: '${MILLRACE_CACHE_REDIS}' }),
    },
    ...(redis !== undefined && { features: { redis: '${MILLRACE_FEATURES_REDIS}' } }),
    limits,
    compatibility,
    sources,
    waitForSources: true,
    drainTimeoutMs,
    log: { ...log, format: 'json' },
  };
  return { settings, environment, notes };
}

function podSource(source: S3Settings, { s3Endpoint }: NewKubernetesExport, notes: string[]): S3Settings {
  const { caFile, ...rest } = source;
  if (caFile !== undefined)
    notes.push(`The source ${source.name} has a "caFile" of this machine, which the pods lack.`);
  const endpoint = s3Endpoint ?? source.endpoint;
  if (endpoint !== undefined && /^https?:\/\/(?:localhost|127\.|\[::1\])/i.test(endpoint)) {
    notes.push(
      `The source ${source.name} is at ${endpoint}, which in a pod is the pod itself: name the server with --s3-endpoint.`,
    );
  }
  return { ...rest, ...(endpoint !== undefined && { endpoint }), paused: false };
}

/** What the settings name where that is a GPU, else what the plug-in's name says. */
function podDevice(device: string | undefined, resource: string): string {
  if (device !== undefined && device !== 'cpu') return device;
  return resource.startsWith('nvidia.com/') ? 'cuda' : 'gpu';
}

function fromSecret(name: string, secret: string, key: string): EnvironmentVariable {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}

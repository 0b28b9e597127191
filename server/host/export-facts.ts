/** The settings of this host as an export to other machines takes them, and what of them belongs to this machine alone. */
import { parsePolicy } from '../autoscaler/policy.ts';
import type { Config } from '../config.ts';
import type { ExportFacts } from '../export/export-facts.ts';
import type { KeyRing } from '../security/key-ring.ts';
import type { SourceSettings } from '../protocol/admin/source-settings.ts';

/** What a host knows beside its settings file. */
export interface KnownToHost {
  readonly version: string;
  /** Those that were added too. */
  readonly sources: readonly SourceSettings[];
  /** Of the models that name one. */
  readonly timeoutsMs: readonly number[];
  readonly keys: ReturnType<KeyRing['forSettings']>;
}

/** Throws `invalid-config` where the scaling settings cannot be used. */
export function exportFacts(config: Config, { version, sources, timeoutsMs, keys }: KnownToHost): ExportFacts {
  const { cache, compatibility, defaults, devices, drainTimeoutMs, limits, log } = config;
  const { priority, warmSpare, ...scaling } = defaults.scaling;
  const left = [
    defaults.replicas !== undefined &&
      `"defaults.replicas" (${defaults.replicas}) was chosen for this machine and is left out.`,
    defaults.threads !== undefined &&
      `"defaults.threads" (${defaults.threads}) was chosen for this machine and is left out.`,
    keys.ending.length > 0 &&
      `Keys that end some day are left out, because a settings file cannot say so: ${keys.ending.join(', ')}.`,
    keys.keys.some(({ addresses }) => addresses !== undefined) &&
      'Some keys are taken from certain addresses only; pods see those of the cluster.',
    config.memoryBudgetBytes !== undefined &&
      '"memoryBudgetBytes" is left out: in a pod 60 % of its memory limit count.',
    (priority !== undefined || warmSpare !== undefined) &&
      '"priority" and "warmSpare" of "defaults.scaling" are about copies on one machine and are left out.',
  ];
  return {
    version,
    drainTimeoutMs,
    longestTimeoutMs: Math.max(defaults.timeoutMs, ...timeoutsMs),
    maxBodyBytes: limits.maxBodyBytes,
    settings: {
      defaults: { strategy: defaults.strategy, timeoutMs: defaults.timeoutMs },
      cache: { enabled: cache.enabled, ttlSeconds: cache.ttlSeconds, maxBytes: cache.maxBytes },
      limits,
      compatibility,
      drainTimeoutMs,
      log: { level: log.level },
    },
    sources,
    keys: keys.keys.map((key) => ({ ...key })),
    device: devices.device,
    // What nobody wrote is a matter of a cluster there and of one machine here.
    policy: parsePolicy({ preset: 'kubernetes', ...scaling }, 'defaults.scaling'),
    left: left.filter((note) => note !== false),
  };
}

/** Facts of a host that many tests of exports begin with, and wishes with their defaults. */
import { parsePolicy } from '../../server/autoscaler/policy.ts';
import type { ExportFacts } from '../../server/export/export-facts.ts';
import { newKubernetesExportSchema, newNginxExportSchema } from '../../server/protocol/admin/export.ts';
import type {
  KubernetesWishes,
  NewKubernetesExport,
  NewNginxExport,
  NginxWishes,
} from '../../server/protocol/admin/export.ts';
import { sourceSettingsSchema } from '../../server/protocol/admin/source-settings.ts';

export const s3Source = sourceSettingsSchema.parse({
  kind: 's3',
  name: 'factory',
  bucket: 'models',
  prefix: 'prod',
  endpoint: 'http://minio.storage:9000',
  allowPrivateEndpoint: true,
});

/** As `millrace keys create --for-settings` prints it; nobody has the text of it. */
export const exportedKey = {
  id: '1f2e3d4c',
  sha256: 'b'.repeat(64),
  name: 'Line 3',
  rights: ['infer'],
  share: 1,
  hasPrivateCache: false,
};

export function factsOf(change: Partial<ExportFacts> = {}): ExportFacts {
  return {
    version: '0.1.0',
    drainTimeoutMs: 60_000,
    longestTimeoutMs: 60_000,
    maxBodyBytes: 67_108_864,
    settings: {
      defaults: { strategy: 'auto', timeoutMs: 60_000 },
      cache: { enabled: true, ttlSeconds: 3600, maxBytes: 268_435_456 },
      limits: { maxBodyBytes: 67_108_864 },
      compatibility: { serverName: 'millrace', repositoryControl: 'none' },
      drainTimeoutMs: 60_000,
      log: { level: 'info' },
    },
    sources: [s3Source],
    keys: [exportedKey],
    device: undefined,
    policy: parsePolicy({ preset: 'kubernetes' }, 'The test'),
    left: [],
    ...change,
  };
}

export function wishesOf(wishes: KubernetesWishes = {}): NewKubernetesExport {
  return newKubernetesExportSchema.parse(wishes);
}

export function nginxWishesOf(wishes: NginxWishes): NewNginxExport {
  return newNginxExportSchema.parse(wishes);
}

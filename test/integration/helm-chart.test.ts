/** The exported chart, rendered by Helm itself: the same objects as the plain YAML, and other values where a person writes them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportKubernetes } from '../../server/export/kubernetes.ts';
import { kubernetesObjects } from '../../server/export/kubernetes-objects.ts';
import type { KubernetesObject } from '../../server/export/kubernetes-objects.ts';
import type { KubernetesWishes } from '../../server/protocol/admin/export.ts';
import { factsOf, wishesOf } from '../export/export-wishes.ts';
import { helm, helmInstalled, helmSkip } from '../support/helm.ts';
import { schemaFaults } from '../support/kubernetes-schemas.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-chart-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function writeChart(wishes: KubernetesWishes): Promise<void> {
  for (const { path, text } of exportKubernetes(factsOf(), wishesOf({ ...wishes, form: 'helm' })).files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function rendered(...args: string[]): Promise<Map<string, KubernetesObject>> {
  const text = await helm('template', ...args);
  const documents = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject | null);
  return new Map(documents.flatMap((each) => (each === null ? [] : [[each.kind, each] as const])));
}

/** Without what a chart says otherwise: who manages the objects, how settings are laid out, and with that their digest. */
function comparable(object: KubernetesObject): unknown {
  const text = JSON.stringify(object, (key, value: unknown) =>
    key === 'app.kubernetes.io/managed-by' || key === 'millrace/settings-sha256'
      ? undefined
      : key === 'settings.json'
        ? JSON.parse(value as string)
        : value,
  );
  return JSON.parse(text);
}

describe.skipIf(!helmInstalled)(`the chart${helmSkip}`, () => {
  it.each<[string, KubernetesWishes]>([
    ['by default', {}],
    [
      'with everything that can be said',
      {
        image: `images.factory:5000/ml/millrace@sha256:${'a'.repeat(64)}`,
        cpu: 8,
        memory: '16Gi',
        gpu: { resource: 'nvidia.com/gpu', count: 2 },
        nodeSelector: { pool: 'gpu' },
        min: 2,
        max: 9,
        customMetrics: true,
        serviceAccount: 'models',
        hosts: ['models.factory.example'],
      },
    ],
  ])('%s passes Helm’s own check and renders what the plain YAML says', async (_name, wishes) => {
    const all = { ...wishes, name: 'vision', namespace: 'ml' };
    await writeChart(all);
    expect(await helm('lint', '--strict', folder)).toContain('0 chart(s) failed');
    const objects = await rendered('vision', folder, '--namespace', 'ml');
    for (const plain of kubernetesObjects(factsOf(), wishesOf(all)).objects) {
      const found = objects.get(plain.kind)!;
      expect(comparable(found), plain.kind).toEqual(comparable(plain));
      expect(schemaFaults(found as never), plain.kind).toEqual([]);
    }
    expect(objects.size).toBe(5);
  });

  it('takes other values on the command line, and rolls out when settings change', async () => {
    await writeChart({});
    const before = await rendered('a', folder, '--namespace', 'ml');
    const after = await rendered(
      'a',
      folder,
      '--namespace',
      'ml',
      '--set',
      'autoscaling.maxReplicas=7',
      '--set',
      'settings.cache.ttlSeconds=5',
    );
    expect(after.get('HorizontalPodAutoscaler')!['spec']).toMatchObject({ maxReplicas: 7 });
    const mark = (objects: typeof before): unknown =>
      (objects.get('Deployment')!['spec'] as { template: { metadata: { annotations: unknown } } }).template.metadata
        .annotations;
    expect(mark(after)).not.toEqual(mark(before));
  });
});

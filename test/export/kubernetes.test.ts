import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../server/autoscaler/policy.ts';
import { exportKubernetes, neededSecrets } from '../../server/export/kubernetes.ts';
import { kubernetesObjects } from '../../server/export/kubernetes-objects.ts';
import type { KubernetesObject } from '../../server/export/kubernetes-objects.ts';
import { newKubernetesExportSchema } from '../../server/protocol/admin/export.ts';
import type { KubernetesWishes } from '../../server/protocol/admin/export.ts';
import { sourceSettingsSchema } from '../../server/protocol/admin/source-settings.ts';
import { schemaFaults } from '../support/kubernetes-schemas.ts';
import { exportedKey, factsOf, s3Source, wishesOf } from './export-wishes.ts';

/** The documents of an export as a cluster reads them. */
function documentsOf(wishes: KubernetesWishes = {}, facts = factsOf()): Record<string, KubernetesObject> {
  const { files } = exportKubernetes(facts, wishesOf(wishes));
  const documents = files
    .filter(({ path }) => path.endsWith('.yaml') && !path.includes('/'))
    .flatMap(({ text }) => parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject));
  return Object.fromEntries(documents.map((each) => [each.kind, each]));
}

interface Container {
  readonly env?: readonly { readonly name: string; readonly valueFrom: { readonly secretKeyRef: object } }[];
  readonly [field: string]: unknown;
}

function podOf(documents: Record<string, KubernetesObject>): Record<string, unknown> & { containers: Container[] } {
  const { template } = documents['Deployment']!['spec'] as { template: { spec: Record<string, unknown> } };
  return template.spec as ReturnType<typeof podOf>;
}

function settingsIn(documents: Record<string, KubernetesObject>): Record<string, unknown> {
  const { 'settings.json': text } = documents['ConfigMap']!['data'] as { 'settings.json': string };
  return JSON.parse(text) as Record<string, unknown>;
}

const everything: KubernetesWishes = {
  name: 'vision',
  namespace: 'line-2',
  image: 'images.factory:5000/ml/millrace@sha256:' + 'a'.repeat(64),
  cpu: 8,
  memory: '16Gi',
  storage: '100Gi',
  gpu: { resource: 'nvidia.com/gpu', count: 2 },
  nodeSelector: { 'node.kubernetes.io/instance-type': 'g5.xlarge' },
  min: 2,
  max: 9,
  customMetrics: true,
  redisSecret: 'shared-redis',
  s3Secret: 'shared-s3',
  hosts: ['models.factory.example'],
};

describe('the objects', () => {
  it.each<[string, KubernetesWishes]>([
    ['as they are by default', {}],
    ['with everything that can be said', everything],
    ['without Redis, with a role instead of keys', { redis: false, serviceAccount: 'models' }],
  ])('%s are what Kubernetes’ schemas allow, without an unknown field', (_name, wishes) => {
    const documents = documentsOf(wishes);
    expect(Object.keys(documents).toSorted()).toEqual([
      'ConfigMap',
      'Deployment',
      'HorizontalPodAutoscaler',
      'PodDisruptionBudget',
      'Service',
    ]);
    for (const each of Object.values(documents)) expect(schemaFaults(each as never), each.kind).toEqual([]);
  });

  it('survive being written as YAML', () => {
    const wishes = wishesOf(everything);
    const { objects } = kubernetesObjects(factsOf(), wishes);
    expect(Object.values(documentsOf(everything))).toEqual(expect.arrayContaining([...objects]));
  });

  it('find each other: the Service, the autoscaler and the budget name the pods of the Deployment', () => {
    const documents = documentsOf({ name: 'vision' });
    const { selector, template } = documents['Deployment']!['spec'] as {
      selector: { matchLabels: object };
      template: { metadata: { labels: object } };
    };
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(documents['Service']!['spec']).toMatchObject({ selector: selector.matchLabels });
    expect(documents['PodDisruptionBudget']!['spec']).toMatchObject({ maxUnavailable: 1, selector });
    expect(documents['HorizontalPodAutoscaler']!['spec']).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: documents['Deployment']!.metadata.name },
    });
    const port = (podOf(documents).containers[0]!['ports'] as { name: string }[])[0]!.name;
    expect(documents['Service']!['spec']).toMatchObject({ ports: [{ port: 8000, targetPort: port }] });
  });

  it('leave the number of pods to the autoscaler, and bring a pod before they take one', () => {
    const { spec } = documentsOf()['Deployment']! as unknown as { spec: Record<string, unknown> };
    expect(spec['replicas']).toBeUndefined();
    expect(spec['strategy']).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
  });

  it('roll out when a setting changes and not otherwise', () => {
    const mark = (documents: Record<string, KubernetesObject>): unknown =>
      (documents['Deployment']!['spec'] as { template: { metadata: { annotations: unknown } } }).template.metadata
        .annotations;
    const facts = factsOf();
    expect(mark(documentsOf())).toEqual(mark(documentsOf({ max: 7 })));
    const cache = { ...facts.settings.cache, ttlSeconds: 60 };
    const other = documentsOf({}, factsOf({ settings: { ...facts.settings, cache } }));
    expect(mark(other)).not.toEqual(mark(documentsOf()));
  });
});

describe('a pod', () => {
  it('runs as nobody, writes nowhere but to its volumes, and talks to no API', () => {
    const pod = podOf(documentsOf());
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10001,
        fsGroup: 10001,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    const [container] = pod.containers;
    expect(container).toMatchObject({
      securityContext: {
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      },
    });
    const mounts = container!['volumeMounts'] as { mountPath: string; readOnly?: boolean }[];
    expect(mounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath)).toEqual([
      '/data',
      '/tmp',
    ]);
  });

  it('is given as much as it asks for, so that a host counts its cores and memory rightly', () => {
    const [container] = podOf(documentsOf({ cpu: 4, memory: '8Gi', storage: '50Gi' })).containers;
    const amounts = { cpu: '4', memory: '8Gi', 'ephemeral-storage': '50Gi' };
    expect(container).toMatchObject({ resources: { requests: amounts, limits: amounts } });
  });

  it.each([
    [0, 20],
    [60_000, 80],
    [90_500, 111],
  ])(
    'with a drain of %d ms has %d s to end: preStop, the drain, and the end of its replicas',
    (drainTimeoutMs, seconds) => {
      const pod = podOf(documentsOf({}, factsOf({ drainTimeoutMs })));
      expect(pod['terminationGracePeriodSeconds']).toBe(seconds);
      expect(pod.containers[0]!['lifecycle']).toEqual({ preStop: { exec: { command: ['sleep', '5'] } } });
    },
  );

  it('is asked by a name that every host accepts: alive apart from ready', () => {
    const [container] = podOf(documentsOf()).containers;
    const paths = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) => {
      const { httpGet } = container![probe] as { httpGet: { path: string; port: string; httpHeaders: unknown } };
      expect(httpGet).toMatchObject({ port: 'http', httpHeaders: [{ name: 'Host', value: 'localhost' }] });
      return httpGet.path;
    });
    expect(paths).toEqual(['/v2/health/live', '/v2/health/live', '/v2/health/ready']);
  });

  it('with a GPU is put on a node that has one, and its models run there', () => {
    const documents = documentsOf({ gpu: { resource: 'nvidia.com/gpu', count: 1 } });
    const pod = podOf(documents);
    expect(pod['nodeSelector']).toEqual({ 'nvidia.com/gpu.present': 'true' });
    expect(pod['tolerations']).toEqual([{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }]);
    expect(pod.containers[0]!['resources']).toMatchObject({ limits: { 'nvidia.com/gpu': '1' } });
    expect(settingsIn(documents)).toMatchObject({ devices: { device: 'cuda' } });
    expect(settingsIn(documentsOf({}, factsOf({ device: 'cuda' })))['devices']).toBeUndefined();
    const other = documentsOf({ gpu: { resource: 'amd.com/gpu', count: 1 }, nodeSelector: { gpu: 'mi300' } });
    expect(podOf(other)['nodeSelector']).toEqual({ gpu: 'mi300' });
    expect(settingsIn(other)).toMatchObject({ devices: { device: 'gpu' } });
    expect(podOf(documentsOf())['nodeSelector']).toBeUndefined();
  });
});

describe('the settings of a pod', () => {
  it('ask the S3 source, share through Redis, and wait for the models', () => {
    const documents = documentsOf({ namespace: 'ml', hosts: ['models.example'] });
    expect(settingsIn(documents)).toMatchObject({
      models: '/data/models',
      dataDirectory: '/data',
      waitForSources: true,
      sources: [{ kind: 's3', name: 'factory', bucket: 'models', endpoint: 'http://minio.storage:9000' }],
      cache: { enabled: true, ttlSeconds: 3600, redis: '${MILLRACE_CACHE_REDIS}' },
      features: { redis: '${MILLRACE_FEATURES_REDIS}' },
      allowedHosts: ['millrace', 'millrace.ml', 'millrace.ml.svc', 'millrace.ml.svc.cluster.local', 'models.example'],
      log: { level: 'info', format: 'json' },
    });
  });

  it('open the address of the pod, for those who have a key, and tell the network no name', () => {
    const documents = documentsOf();
    expect(settingsIn(documents)).toMatchObject({
      http: { port: 8000 },
      lan: { on: true, addresses: ['${MILLRACE_POD_ADDRESS}'], port: 8000, announce: false },
      keys: [exportedKey],
    });
    expect(podOf(documents).containers[0]!.env![0]).toEqual({
      name: 'MILLRACE_POD_ADDRESS',
      valueFrom: { fieldRef: { fieldPath: 'status.podIP' } },
    });
    expect(() => exportKubernetes(factsOf({ keys: [] }), wishesOf())).toThrow(
      expect.objectContaining({ code: 'invalid-config', hint: expect.stringContaining('millrace keys create') }),
    );
  });

  it('name secrets by their Secret, and hold none', () => {
    const documents = documentsOf({ name: 'vision' });
    expect(podOf(documents).containers[0]!.env!.slice(1)).toEqual(
      [
        ['AWS_ACCESS_KEY_ID', 'vision-s3', 'access-key-id'],
        ['AWS_SECRET_ACCESS_KEY', 'vision-s3', 'secret-access-key'],
        ['MILLRACE_CACHE_REDIS', 'vision-redis', 'cache-url'],
        ['MILLRACE_FEATURES_REDIS', 'vision-redis', 'features-url'],
      ].map(([name, secret, key]) => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } })),
    );
    const { objects } = kubernetesObjects(factsOf(), wishesOf({ name: 'vision' }));
    expect([...neededSecrets(objects)]).toEqual([
      ['vision-s3', ['access-key-id', 'secret-access-key']],
      ['vision-redis', ['cache-url', 'features-url']],
    ]);
  });

  it('need no key where a role or a public bucket is asked, and no Redis where none is wanted', () => {
    const anonymous = factsOf({ sources: [{ ...s3Source, anonymous: true } as never] });
    expect(podOf(documentsOf({ redis: false }, anonymous)).containers[0]!.env).toHaveLength(1);
    expect(podOf(documentsOf({ redis: false, serviceAccount: 'models' }))).toMatchObject({
      serviceAccountName: 'models',
    });
    expect(podOf(documentsOf({ redis: false, serviceAccount: 'models' })).containers[0]!.env).toHaveLength(1);
    const settings = settingsIn(documentsOf({ redis: false }));
    expect(settings).toMatchObject({ cache: { maxBytes: 268_435_456 } });
    expect(settings['features']).toBeUndefined();
    const facts = factsOf();
    const off = { ...facts.settings, cache: { ...facts.settings.cache, enabled: false } };
    expect(settingsIn(documentsOf({}, factsOf({ settings: off })))['cache']).toEqual({
      enabled: false,
      ttlSeconds: 3600,
    });
  });

  it('can be wished for a server that pods reach under another address', () => {
    const settings = settingsIn(documentsOf({ s3Endpoint: 'https://s3.cluster:9000' }));
    expect(settings).toMatchObject({ sources: [{ endpoint: 'https://s3.cluster:9000' }] });
  });
});

describe('what is not taken over', () => {
  const share = sourceSettingsSchema.parse({ kind: 'directory', name: 'share', path: '/models' });

  it('is said: folders, local addresses, certificates and settings of this machine', () => {
    const local = { ...s3Source, endpoint: 'http://localhost:9000', caFile: '/etc/ca.pem' };
    const { notes, files } = exportKubernetes(
      factsOf({ sources: [share, local as never], left: ['"defaults.replicas" (4) is left out.'] }),
      wishesOf({ redis: false }),
    );
    for (const part of [
      'source share',
      'the pod itself',
      '"caFile"',
      '"defaults.replicas"',
      'Without Redis',
      'Without --namespace',
    ]) {
      expect(notes.join('\n')).toContain(part);
      expect(files.find(({ path }) => path === 'README.md')!.text).toContain(part);
    }
    expect(files.map(({ text }) => text).join()).not.toContain('/etc/ca.pem');
  });

  it('is not said of what is taken over', () => {
    expect(exportKubernetes(factsOf(), wishesOf({ namespace: 'ml' })).notes.join()).not.toMatch(
      /source|Redis|namespace/,
    );
  });

  it('is nothing to be refused for, but a host without any S3 source is', () => {
    expect(() => exportKubernetes(factsOf({ sources: [share] }), wishesOf())).toThrow(
      expect.objectContaining({ code: 'invalid-config', hint: expect.stringContaining('sources add') }),
    );
  });
});

it('the README says which Secrets to make and how to apply the rest', () => {
  const readme = exportKubernetes(factsOf(), wishesOf({ namespace: 'ml' })).files.find(
    ({ path }) => path === 'README.md',
  )!;
  expect(readme.text).toContain('kubectl create secret generic millrace-redis --namespace ml');
  expect(readme.text).toContain("--from-literal=access-key-id='…'");
  expect(readme.text).toContain('kubectl apply --namespace ml -f .');
});

it('the rules for the adapter come along where the autoscaler needs them', () => {
  const paths = (wishes: KubernetesWishes) =>
    exportKubernetes(factsOf(), wishesOf(wishes)).files.map(({ path }) => path);
  expect(paths({ customMetrics: true })).toContain('prometheus-adapter/values.yaml');
  expect(paths({})).not.toContain('prometheus-adapter/values.yaml');
});

it('a policy of the user is what the autoscaler has', () => {
  const policy = parsePolicy({ preset: 'kubernetes', min: 1, max: 4 }, 'The test');
  const { HorizontalPodAutoscaler: autoscaler } = documentsOf({}, factsOf({ policy }));
  expect(autoscaler!['spec']).toMatchObject({ minReplicas: 1, maxReplicas: 4 });
});

it.each<[string, object]>([
  ['name', { name: 'Vision' }],
  ['name', { name: 'a'.repeat(41) }],
  ['namespace', { namespace: 'a b' }],
  ['image', { image: 'x; rm -rf /' }],
  ['memory', { memory: '4' }],
  ['cpu', { cpu: 0.5 }],
  ['gpu.resource', { gpu: { resource: 'gpu', count: 1 } }],
  ['redisSecret', { redisSecret: 'a/b' }],
  ['nodeSelector.a b', { nodeSelector: { 'a b': 'c' } }],
  ['hosts.0', { hosts: ['a b'] }],
])('a wish for another %s is refused', (path, wish) => {
  const { error } = newKubernetesExportSchema.safeParse(wish);
  expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
});

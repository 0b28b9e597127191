/** `millrace export kubernetes`: the objects as plain YAML or as a Helm chart, with what is still to be done in words. Pure. */
import { MillraceError } from '../base/errors.ts';
import type { NewKubernetesExport } from '../protocol/admin/export.ts';
import type { Export, ExportFacts, ExportFile } from './export-facts.ts';
import { chartFiles } from './helm-chart.ts';
import { kubernetesObjects } from './kubernetes-objects.ts';
import type { KubernetesObject } from './kubernetes-objects.ts';
import { adapterValues } from './prometheus-adapter.ts';
import { yamlText } from './yaml.ts';

/** Throws `invalid-config` where the host has no source that pods could ask for models, or no key that lets apps in. */
export function exportKubernetes(facts: ExportFacts, wishes: NewKubernetesExport): Export {
  if (!facts.sources.some(({ kind }) => kind === 's3')) {
    throw new MillraceError('invalid-config', 'No source is in S3, so pods would have no models to serve.', {
      hint: 'Add one with `millrace sources add <name> s3://<bucket>/<prefix>`, and publish models with `millrace models push`.',
    });
  }
  if (facts.keys.length === 0) {
    throw new MillraceError(
      'invalid-config',
      'There is no key without an end, and pods take no requests without one.',
      {
        hint: 'Make one for the apps of the cluster: `millrace keys create <name>`. Only its hash is exported.',
      },
    );
  }
  const { objects, notes } = kubernetesObjects(facts, wishes);
  const isChart = wishes.form === 'helm';
  const files = isChart ? chartFiles(facts, wishes) : objects.map(fileOf);
  const adapter: ExportFile[] = wishes.customMetrics
    ? [
        {
          path: 'prometheus-adapter/values.yaml',
          text: yamlText(
            adapterValues(),
            'Values for the chart of the Prometheus adapter: the metrics that the autoscaler asks for.',
          ),
        },
      ]
    : [];
  const all = [...notes, ...namespaceNote(wishes)];
  return {
    files: [...files, ...adapter, { path: 'README.md', text: readme(facts, wishes, objects, all) }],
    notes: all,
  };
}

const fileNames: Readonly<Record<string, string>> = {
  ConfigMap: 'settings.yaml',
  Deployment: 'deployment.yaml',
  Service: 'service.yaml',
  HorizontalPodAutoscaler: 'autoscaler.yaml',
  PodDisruptionBudget: 'disruption-budget.yaml',
};

function fileOf(object: KubernetesObject): ExportFile {
  return { path: fileNames[object.kind]!, text: yamlText(object) };
}

function namespaceNote({ namespace, form, name }: NewKubernetesExport): string[] {
  if (namespace !== undefined || form === 'helm') return [];
  return [`Without --namespace pods accept requests that are addressed to ${name}, and none to ${name}.<namespace>.`];
}

/** Which Secrets the pods need: name, key, and what a person puts there. */
export function neededSecrets(objects: readonly KubernetesObject[]): Map<string, string[]> {
  const secrets = new Map<string, string[]>();
  for (const [, name, key] of JSON.stringify(objects).matchAll(
    /"secretKeyRef":\{"name":"([^"]+)","key":"([^"]+)"\}/g,
  )) {
    secrets.set(name!, [...(secrets.get(name!) ?? []), key!]);
  }
  return secrets;
}

const placeholders: Readonly<Record<string, string>> = {
  'cache-url': 'redis://user:password@redis:6379',
  'features-url': 'redis://user:password@redis:6379',
  'access-key-id': '…',
  'secret-access-key': '…',
};

function readme(
  facts: ExportFacts,
  wishes: NewKubernetesExport,
  objects: readonly KubernetesObject[],
  notes: readonly string[],
): string {
  const space = wishes.namespace === undefined ? '' : ` --namespace ${wishes.namespace}`;
  const secrets = [...neededSecrets(objects)].map(([name, keys]) =>
    [
      `kubectl create secret generic ${name}${space} \\`,
      ...keys.map(
        (key, index) => `  --from-literal=${key}='${placeholders[key]}'${index === keys.length - 1 ? '' : ' \\'}`,
      ),
    ].join('\n'),
  );
  const apply =
    wishes.form === 'helm' ? `helm upgrade --install ${wishes.name} .${space}` : `kubectl apply${space} -f .`;
  return [
    `# Millrace ${facts.version} on Kubernetes`,
    '',
    'Written by `millrace export kubernetes`. There are no secrets in these files; the pods look for them in Secrets that you make once:',
    '',
    '```sh',
    ...(secrets.length === 0 ? ['# none is needed'] : secrets),
    '```',
    '',
    'Then, and after each change:',
    '',
    '```sh',
    apply,
    '```',
    '',
    `Apps in the cluster call \`http://${wishes.name}:8000\` with a key: ${facts.keys.map(({ name }) => String(name)).join(', ')}. What stands in the settings is the hash of each.`,
    ...(notes.length === 0
      ? []
      : ['', '## Not taken over, or still to be done', '', ...notes.map((note) => `- ${note}`)]),
    '',
  ].join('\n');
}

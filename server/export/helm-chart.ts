/**
 * The same objects as a Helm chart: templates from resources/helm, and the values of this export. Templates place values and decide next
 * to nothing, so that what is tested as plain YAML is what a chart renders.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NewKubernetesExport } from '../protocol/admin/export.ts';
import type { ExportFacts, ExportFile } from './export-facts.ts';
import { autoscalerSpec } from './horizontal-autoscaler.ts';
import { imageOf, maxUnavailable } from './kubernetes-objects.ts';
import { podSettings, podPort } from './pod-settings.ts';
import {
  containerResources,
  gpuTolerations,
  gracePeriodSeconds,
  nodeSelectorOf,
  preStopSeconds,
} from './pod-template.ts';
import { yamlText } from './yaml.ts';

const templates = fileURLToPath(new URL('../../resources/helm', import.meta.url));

/** Of the chart's own shape; it changes with the templates. */
const chartVersion = '1.0.0';

export function chartFiles(facts: ExportFacts, wishes: NewKubernetesExport): ExportFile[] {
  const names = readdirSync(join(templates, 'templates')).toSorted();
  return [
    {
      path: 'Chart.yaml',
      text: yamlText({
        apiVersion: 'v2',
        name: 'millrace',
        description: 'Millrace serves ONNX models; exported from the settings of a host.',
        type: 'application',
        version: chartVersion,
        appVersion: facts.version,
      }),
    },
    { path: 'values.yaml', text: yamlText(chartValues(facts, wishes)) },
    { path: '.helmignore', text: '.git/\nprometheus-adapter/\n' },
    ...names.map((name) => ({
      path: `templates/${name}`,
      text: readFileSync(join(templates, 'templates', name), 'utf8'),
    })),
  ];
}

export function chartValues(facts: ExportFacts, wishes: NewKubernetesExport): Record<string, unknown> {
  const { settings, environment } = podSettings(facts, wishes);
  const { repository, tag } = imageParts(imageOf(facts, wishes));
  return {
    image: { repository, tag, pullPolicy: 'IfNotPresent' },
    serviceAccountName: wishes.serviceAccount ?? '',
    resources: containerResources(wishes),
    storage: wishes.storage,
    nodeSelector: nodeSelectorOf(wishes),
    tolerations: gpuTolerations(wishes),
    environment,
    /** Names beside the Service's own under which apps reach it. */
    hosts: wishes.hosts,
    service: { type: 'ClusterIP', port: podPort },
    preStopSeconds,
    terminationGracePeriodSeconds: gracePeriodSeconds(facts.drainTimeoutMs),
    autoscaling: autoscalerSpec(facts.policy, wishes).spec,
    disruptionBudget: { maxUnavailable },
    settings,
  };
}

/** `tag` begins with the sign that sets it apart: `:1.2` or `@sha256:…`. A colon before the last slash is a port. */
function imageParts(image: string): { readonly repository: string; readonly tag: string } {
  const digest = image.indexOf('@');
  if (digest !== -1) return { repository: image.slice(0, digest), tag: image.slice(digest) };
  const colon = image.lastIndexOf(':');
  return colon > image.lastIndexOf('/')
    ? { repository: image.slice(0, colon), tag: image.slice(colon) }
    : { repository: image, tag: ':latest' };
}

/** Exports over the API: the files for Kubernetes and for nginx, made of the settings that this host runs with. */
import { exportViewSchema, newKubernetesExportSchema, newNginxExportSchema } from '../protocol/admin/export.ts';
import type { ExportView, NewKubernetesExport, NewNginxExport } from '../protocol/admin/export.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

/** What the host does for these routes. Both throw `invalid-config`. */
export interface ExportDesk {
  kubernetes(wishes: NewKubernetesExport): Promise<ExportView>;
  nginx(wishes: NewNginxExport): Promise<ExportView>;
}

export function exportRoutes(desk: ExportDesk): AdminRoute[] {
  const noun = 'exports';
  return [
    jsonRoute({
      method: 'POST',
      path: '/exports/kubernetes',
      noun,
      summary:
        'The objects that run hosts like this one on Kubernetes, as YAML or as a Helm chart; secrets are named, never written',
      body: newKubernetesExportSchema,
      answer: exportViewSchema,
      handle: ({ body }) => desk.kubernetes(body),
    }),
    jsonRoute({
      method: 'POST',
      path: '/exports/nginx',
      noun,
      summary: 'The configuration of an nginx in front of several hosts',
      body: newNginxExportSchema,
      answer: exportViewSchema,
      handle: ({ body }) => desk.nginx(body),
    }),
  ];
}

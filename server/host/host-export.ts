/** Exports of a running host, for its admin API. */
import type { ExportDesk } from '../admin/export-routes.ts';
import type { Config } from '../config.ts';
import type { Export, ExportFacts } from '../export/export-facts.ts';
import { exportKubernetes } from '../export/kubernetes.ts';
import { exportNginx } from '../export/nginx.ts';
import type { ExportView } from '../protocol/admin/export.ts';
import type { KeyRing } from '../security/key-ring.ts';
import type { SourceList } from '../sources/source-list.ts';
import { version } from '../version.ts';
import type { Catalog } from './catalog.ts';
import { exportFacts } from './export-facts.ts';

export function hostExport(config: Config, sources: SourceList, catalog: Catalog, keys: KeyRing): ExportDesk {
  const facts = async (): Promise<ExportFacts> => {
    const listed = await sources.all();
    return exportFacts(config, {
      version,
      sources: listed.map(({ settings }) => settings),
      timeoutsMs: catalog.list().map(({ timeoutMs }) => timeoutMs),
      keys: keys.forSettings(Date.now()),
    });
  };
  return {
    kubernetes: async (wishes) => viewOf(exportKubernetes(await facts(), wishes)),
    nginx: async (wishes) => viewOf(exportNginx(await facts(), wishes)),
  };
}

function viewOf({ files, notes }: Export): ExportView {
  return { files: [...files], notes: [...notes] };
}

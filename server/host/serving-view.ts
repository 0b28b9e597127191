/** What the admin API says of how a model is served. */
import type { ServingView } from '../protocol/admin/model-command.ts';
import type { Deployment } from './deployment.ts';
import type { LibraryModel } from './model-library.ts';

export async function servingView(
  model: LibraryModel,
  deployment: Deployment,
  sizeBytes: (version: string) => Promise<number>,
): Promise<ServingView> {
  const { wishes, shadowReport } = deployment;
  const stored = await Promise.all(
    model.entry.versions.map(async ({ version }) => ({ version, sizeBytes: await sizeBytes(version) })),
  );
  return {
    name: deployment.name,
    served: deployment.served.version,
    isPinned: wishes.isPinned,
    previous: [...wishes.previous],
    traffic: Object.fromEntries(deployment.trafficPercent),
    ...(shadowReport !== undefined && { shadow: { ...shadowReport } }),
    stored,
    isSwapping: deployment.isSwapping,
    isUnloaded: deployment.isUnloaded,
  };
}

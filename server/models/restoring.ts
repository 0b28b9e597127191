/** Restoring what was removed, with every byte compared, and how what waits in the trash is shown. With or without a running host. */
import { MillraceError } from '../base/errors.ts';
import type { Restoration, TrashView } from '../protocol/admin/trash-view.ts';
import type { ModelStore } from './model-store.ts';
import { checkVersion } from './store-scan.ts';
import { entryBytes } from './trash.ts';

/**
 * Throws `unknown-model`, `unknown-version` and `conflict` as the store does, and `model-refused` where what came back is not what was
 * imported: then it is in quarantine, and what is intact of the rest is in the store.
 */
export async function restoreVersions(
  store: ModelStore,
  wanted: string,
  version: string | undefined,
): Promise<Restoration> {
  const { name, versions } = await store.restore(wanted, version);
  const intact: string[] = [];
  const faults: string[] = [];
  for (const each of versions) {
    const fault = await checkVersion(store, name, each);
    if (fault === undefined) intact.push(each);
    else faults.push(`Version ${each} of ${name} ${fault}; it is in quarantine.`);
  }
  if (faults.length === 0) return { name, versions: intact };
  throw new MillraceError('model-refused', faults.join(' '), {
    details: { reason: 'damaged', restored: intact },
    hint: 'Import it again from where it came.',
  });
}

export async function viewTrash({ trash }: ModelStore): Promise<TrashView[]> {
  return Promise.all(
    (await trash.entries()).map(async (entry) => ({
      name: entry.name,
      versions: [...entry.versions],
      isWhole: entry.isWhole,
      sizeBytes: await entryBytes(trash, entry),
      removedAt: new Date(entry.removedAtMs).toISOString(),
      deletedAt: new Date(entry.deletedAtMs).toISOString(),
    })),
  );
}

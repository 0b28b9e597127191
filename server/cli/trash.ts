/** `millrace models restore` and `trash`: removals taken back or made final, with or without a running host. */
import type { JobView } from '../protocol/admin/job-view.ts';
import type { EmptiedTrash, NewRestoration, Restoration, TrashView } from '../protocol/admin/trash-view.ts';
import { ModelStore } from '../models/model-store.ts';
import { restoreVersions, viewTrash } from '../models/restoring.ts';
import { keptDays } from '../models/trash.ts';
import { HostClient } from './host-client.ts';
import { followJob } from './host-jobs.ts';
import { megabytes, table } from './output.ts';

export interface TrashFlags {
  readonly data: string;
  readonly version?: string;
  readonly empty?: boolean;
  readonly json?: boolean;
}

export async function restoreCommand(name: string, flags: TrashFlags): Promise<void> {
  const wish: NewRestoration = { name, ...(flags.version !== undefined && { version: flags.version }) };
  const client = await HostClient.running(flags.data);
  let restored: Restoration;
  if (client === undefined) restored = await restoreVersions(new ModelStore(flags.data), name, flags.version);
  else {
    const started = await client.post<JobView>('/trash/restore', wish);
    restored = (await followJob(client, started, () => {}, new AbortController().signal)).result as Restoration;
  }
  const { versions } = restored;
  console.log(
    flags.json === true
      ? JSON.stringify(restored, undefined, 2)
      : `Restored ${versions.length === 1 ? 'version' : 'versions'} ${versions.join(', ')} of ${restored.name}.`,
  );
}

export async function trashCommand(flags: TrashFlags): Promise<void> {
  const client = await HostClient.running(flags.data);
  const store = new ModelStore(flags.data);
  if (flags.empty === true) {
    const emptied: EmptiedTrash =
      client === undefined
        ? { deleted: (await store.trash.empty(Date.now(), await store.trash.entries())).length }
        : await client.delete<EmptiedTrash>('/trash');
    const { deleted } = emptied;
    print(flags, emptied, `Deleted ${deleted} ${deleted === 1 ? 'removal' : 'removals'} for good.`);
    return;
  }
  const views = client === undefined ? await viewTrash(store) : await client.get<TrashView[]>('/trash');
  print(flags, views, trashText(views));
}

function trashText(views: readonly TrashView[]): string {
  if (views.length === 0) return 'The trash is empty.';
  const rows = views.map(({ name, versions, sizeBytes, removedAt, deletedAt }) => [
    name,
    versions.join(', '),
    megabytes(sizeBytes),
    localTime(removedAt),
    localTime(deletedAt),
  ]);
  return [
    table(['MODEL', 'VERSIONS', 'SIZE', 'REMOVED', 'DELETED FOR GOOD'], rows),
    '',
    `What is removed can be restored for ${keptDays} days: millrace models restore <name>`,
  ].join('\n');
}

function localTime(iso: string): string {
  return new Date(iso).toLocaleString('sv-SE').slice(0, 16);
}

function print({ json }: TrashFlags, value: unknown, text: string): void {
  console.log(json === true ? JSON.stringify(value, undefined, 2) : text);
}

/** Sources as they are shown: settings, address, credentials, last sync. Holds no secret. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceSettings } from '../protocol/admin/source-settings.ts';
import type { SourceView } from '../protocol/admin/source-view.ts';
import { s3Address } from './s3-address.ts';
import { SecretsFile } from './secrets-file.ts';
import type { SourceList } from './source-list.ts';
import { SourceMemory } from './source-memory.ts';

/** When a source is synced next, milliseconds of the clock; `lastEndMs` of its last sync. */
export type NextSync = (settings: SourceSettings, lastEndMs: number | undefined) => number | undefined;

/** Throws `invalid-config` and `storage-failed`. `next` only where a host keeps a schedule. */
export async function viewSources(dataDirectory: string, list: SourceList, next?: NextSync): Promise<SourceView[]> {
  const sources = await list.all();
  if (sources.length === 0) return [];
  const withKey = new Set(await new SecretsFile(dataDirectory).names());
  const memory = SourceMemory.open(dataDirectory);
  try {
    return sources.map(({ settings, origin, paused }) => {
      const [last] = memory.history(settings.name, 1);
      const endMs = last === undefined ? undefined : Date.parse(last.endedAt ?? last.startedAt);
      const nextMs = paused ? undefined : next?.(settings, endMs);
      return {
        settings,
        address: addressOf(settings),
        origin,
        paused,
        credentials: credentialsOf(settings, withKey),
        ...(last !== undefined && { last }),
        ...(nextMs !== undefined && { nextSyncAt: new Date(nextMs).toISOString() }),
      };
    });
  } finally {
    memory.close();
  }
}

/** Everything that was kept for a source that was removed: its key, its memory, what it had fetched halfway. */
export async function forgetSource(dataDirectory: string, name: string): Promise<void> {
  await new SecretsFile(dataDirectory).forget(name);
  const memory = SourceMemory.open(dataDirectory);
  try {
    memory.forget(name);
  } finally {
    memory.close();
  }
  await rm(join(dataDirectory, 'downloads', name), { recursive: true, force: true });
}

function addressOf(settings: SourceSettings): string {
  return settings.kind === 'directory' ? settings.path : s3Address(settings);
}

function credentialsOf(settings: SourceSettings, withKey: ReadonlySet<string>): SourceView['credentials'] {
  if (settings.kind === 'directory') return 'none';
  if (settings.anonymous) return 'anonymous';
  return withKey.has(settings.name) ? 'stored' : 'aws';
}

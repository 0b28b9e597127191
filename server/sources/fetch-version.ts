/**
 * Brings all files of a planned version into `<data>/downloads/<source>/<model>@<version>/`, as a folder that an import takes:
 *
 *   package/<model>/<version>/model.onnx …    files that are complete
 *   parts/                                    files that grow
 *
 * Bytes that the store has already are copied from it. What a process that died leaves here is gone on with by the next one.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ModelStore } from '../models/model-store.ts';
import { checkSpace } from '../models/staging.ts';
import type { FreeBytes } from '../models/staging.ts';
import { downloadObject } from './download.ts';
import type { DownloadLimits, Wait } from './download.ts';
import type { ModelSource } from './model-source.ts';
import type { SourceMemory } from './source-memory.ts';
import type { PlannedDownload, PlannedFile } from './sync-plan.ts';

export interface FetchJob {
  readonly source: ModelSource;
  /** Name of the source in the settings. */
  readonly name: string;
  /** `<data>/downloads`. */
  readonly downloads: string;
  readonly memory: SourceMemory;
  readonly store: ModelStore;
  readonly planned: PlannedDownload;
  readonly freeBytes: FreeBytes;
  readonly limits?: DownloadLimits | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears how many bytes of the version are here, and how many of these came over the line. */
  readonly onBytes?: (doneBytes: number, fetchedBytes: number) => void;
  readonly random?: (() => number) | undefined;
  readonly wait?: Wait | undefined;
}

export interface FetchedVersion {
  /** Absolute: the model's folder, for an import. */
  readonly folder: string;
  readonly fetchedBytes: number;
}

/** Objects of one version at once. Three fill a line that one stream does not, and hold three buffers of 64 KiB. */
const parallelObjects = 3;

/** Throws `source-failed`, and `disk-full`. The caller removes the folder when it is done with it. */
export async function fetchVersion(job: FetchJob): Promise<FetchedVersion> {
  const { planned, downloads, name } = job;
  const root = versionDownloads(downloads, name, planned);
  const folder = join(root, 'package', planned.model);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // The import makes its own copy before this one goes.
  await checkSpace(root, 2 * planned.sizeBytes - (await bytesBelow(root)), job.freeBytes);
  const stored = await storedFiles(job.store, planned.model);
  let doneBytes = 0;
  let fetchedBytes = 0;
  const onBytes = (bytes: number, isKept: boolean): void => {
    doneBytes += bytes;
    if (!isKept) fetchedBytes += bytes;
    job.onBytes?.(doneBytes, fetchedBytes);
  };
  const stop = new AbortController();
  const signal = job.signal === undefined ? stop.signal : AbortSignal.any([job.signal, stop.signal]);
  const waiting = [...planned.files];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      await fetchFile({ job, file, root, folder, stored, signal, onBytes });
    }
  };
  const workers = Array.from({ length: Math.min(parallelObjects, planned.files.length) }, async () => {
    try {
      await work();
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  // All of them have stopped writing before this settles.
  const ends = await Promise.allSettled(workers);
  job.signal?.throwIfAborted();
  if (ends.some(({ status }) => status === 'rejected')) throw stop.signal.reason;
  return { folder, fetchedBytes };
}

/** Folder of one version; no model's name holds an @. */
export function versionDownloads(
  downloads: string,
  source: string,
  version: { model: string; version: string },
): string {
  return join(downloads, source, `${version.model}@${version.version}`);
}

/** Removes what earlier syncs of a source left and the plan does not want. */
export async function clearDownloads(
  downloads: string,
  source: string,
  plan: readonly PlannedDownload[],
): Promise<void> {
  const wanted = new Set(plan.map(({ model, version }) => `${model}@${version}`));
  for (const entry of await readdir(join(downloads, source)).catch(() => [])) {
    if (!wanted.has(entry)) await rm(join(downloads, source, entry), { recursive: true, force: true }).catch(() => {});
  }
}

interface FileFetch {
  readonly job: FetchJob;
  readonly file: PlannedFile;
  readonly root: string;
  readonly folder: string;
  readonly stored: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number, isKept: boolean) => void;
}

async function fetchFile({ job, file, root, folder, stored, signal, onBytes }: FileFetch): Promise<void> {
  signal.throwIfAborted();
  const { entry } = file;
  const finalPath = join(folder, file.path);
  const sha256 = file.sha256 ?? job.memory.sha256Of(job.name, entry);
  if (sha256 !== undefined) {
    const copy = stored.get(sha256);
    if ((await sha256Of(finalPath)) === sha256 || (copy !== undefined && (await copyTo(copy, finalPath, sha256)))) {
      onBytes(entry.sizeBytes, true);
      return;
    }
  }
  const part = createHash('sha256').update(file.path).digest('hex').slice(0, 32);
  const found = await downloadObject({
    source: job.source,
    entry,
    partPath: join(root, 'parts', part),
    finalPath,
    sha256: file.sha256,
    signal,
    onBytes,
    ...(job.limits !== undefined && { limits: job.limits }),
    ...(job.random !== undefined && { random: job.random }),
    ...(job.wait !== undefined && { wait: job.wait }),
  });
  job.memory.rememberObject(job.name, entry, found);
}

/** Paths of the model's stored files by SHA-256. */
async function storedFiles(store: ModelStore, model: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const version of await store.versions(model)) {
    const record = await store.record(model, version);
    for (const [path, { sha256 }] of Object.entries(record?.files ?? {})) {
      found.set(sha256, join(store.versionFolder(model, version), path));
    }
  }
  return found;
}

/** Undefined where the file cannot be read. */
async function sha256Of(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(bytes as Buffer);
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}

/** False where the stored file is not what its record says; then nothing is at `to`. */
async function copyTo(from: string, to: string, sha256: string): Promise<boolean> {
  const hash = createHash('sha256');
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const handle = await open(to, 'w', 0o600);
  try {
    for await (const bytes of createReadStream(from, { highWaterMark: 1024 * 1024 })) {
      hash.update(bytes as Buffer);
      await handle.writeFile(bytes as Buffer);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
  } finally {
    await handle.close();
  }
  if (hash.digest('hex') === sha256) return true;
  await rm(to, { force: true });
  return false;
}

async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

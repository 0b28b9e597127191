/**
 * Publishes a stored version to a source: its files first, one after another, then the manifest that says they are all there. Until
 * then, whoever syncs from the source takes nothing. Pushing what is there already sends nothing.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { MillraceError } from '../base/errors.ts';
import { ModelStore } from '../models/model-store.ts';
import type { SourceSettings } from '../protocol/admin/source-settings.ts';
import { backOffMs } from './back-off.ts';
import { sleep } from './download.ts';
import type { Wait } from './download.ts';
import type { ModelSource } from './model-source.ts';
import { sourceFailure } from './source-failure.ts';
import { readListing } from './source-listing.ts';
import { beatMs } from './source-memory.ts';
import type { SourceMemory } from './source-memory.ts';
import { manifestName, manifestText } from './source-manifest.ts';
import type { SourceManifest } from './source-manifest.ts';
import { listAll, readManifest } from './sync-facts.ts';

export interface PushJob {
  readonly settings: SourceSettings;
  /** Called once, and closed here. */
  readonly open: () => Promise<ModelSource>;
  readonly dataDirectory: string;
  readonly memory: SourceMemory;
  readonly model: string;
  /** The highest where it is left out. */
  readonly version?: string | undefined;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal | undefined;
  readonly wait?: Wait;
  readonly random?: () => number;
}

export interface PushReport {
  readonly state: 'pushed' | 'unchanged';
  readonly model: string;
  readonly version: string;
  readonly files: number;
  readonly sentBytes: number;
}

/** Tries of each file. */
const tries = 4;

/**
 * Throws `unknown-model`, `unknown-version`, `source-busy`, `source-failed`, and `model-refused` where the stored version is not
 * what was imported or the source has other contents under its number.
 */
export async function pushVersion(job: PushJob): Promise<PushReport> {
  const { settings, memory, dataDirectory, signal } = job;
  const store = new ModelStore(dataDirectory);
  const found = await store.find(job.model, job.version);
  const model = found.name;
  const version = found.versions.at(-1)!;
  const { fault } = await store.check(model, version);
  const record = await store.record(model, version);
  if (fault !== undefined || record === undefined) {
    throw new MillraceError(
      'model-refused',
      `Version ${version} of ${model} ${fault ?? 'is damaged'}; it is not published.`,
      {
        hint: 'Run `millrace models verify`.',
        details: { reason: 'damaged' },
      },
    );
  }
  const manifest: SourceManifest = { format: 1, name: model, version, files: record.files };
  const run = memory.begin(settings.name, 'push');
  const beat = setInterval(() => memory.beat(run), beatMs);
  beat.unref();
  const files = Object.entries(record.files);
  const totalBytes = files.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0);
  const end = (outcome: 'done' | 'failed', sentence: string, bytes: number, hint?: string): void =>
    memory.end(run, { outcome, sentence, hint, imported: 0, unchanged: 0, refused: 0, bytes });
  let sentBytes = 0;
  let opened: ModelSource | undefined;
  try {
    const source = (opened = await job.open());
    if (await isThere(source, manifest, signal)) {
      end('done', `Version ${version} of ${model} was there already.`, 0);
      return { state: 'unchanged', model, version, files: files.length, sentBytes: 0 };
    }
    for (const [path, { sizeBytes }] of files) {
      const before = sentBytes;
      const from = join(store.versionFolder(model, version), path);
      await retried(job, () => {
        sentBytes = before;
        return source.put(`${model}/${version}/${path}`, {
          sizeBytes,
          body: () => createReadStream(from, { highWaterMark: 1024 * 1024 }),
          signal,
          onBytes: (bytes) => job.onProgress?.((sentBytes += bytes), totalBytes),
        });
      });
      sentBytes = before + sizeBytes;
    }
    const text = Buffer.from(manifestText(manifest));
    await retried(job, () =>
      source.put(`${model}/${version}/${manifestName}`, {
        sizeBytes: text.length,
        body: () => Readable.from([text], { objectMode: false }),
        signal,
      }),
    );
    end('done', `Version ${version} of ${model} was published.`, sentBytes);
    return { state: 'pushed', model, version, files: files.length, sentBytes };
  } catch (error) {
    const sentence = error instanceof MillraceError ? error.message : 'It was stopped.';
    end('failed', sentence, sentBytes, error instanceof MillraceError ? error.hint : undefined);
    throw error;
  } finally {
    clearInterval(beat);
    opened?.close();
  }
}

/** True where the source has exactly this version. A number with other contents is never written over. */
async function isThere(source: ModelSource, wanted: SourceManifest, signal: AbortSignal | undefined): Promise<boolean> {
  const listing = readListing(await listAll(source, signal));
  const listed = listing.models
    .find(({ name }) => name === wanted.name)
    ?.versions.find(({ version }) => version === wanted.version);
  if (listed === undefined) return false;
  const other = (): MillraceError =>
    new MillraceError(
      'model-refused',
      `The source has a version ${wanted.version} of ${wanted.name} with other contents.`,
      {
        hint: 'A version never changes: publish the new contents under a new number.',
        details: { reason: 'version-taken' },
      },
    );
  if (listed.manifest === undefined) {
    // Files without a manifest are a push that was cut, or somebody's own upload; ours has only files of ours in it.
    if ([...listed.files.keys()].some((path) => wanted.files[path] === undefined)) throw other();
    return false;
  }
  const reading = await readManifest(source, listed.manifest, wanted.name, wanted.version, signal);
  if ('fault' in reading)
    throw sourceFailure('manifest', `The manifest at the source ${reading.fault}.`, 'Remove it there.');
  const there = reading.manifest.files;
  const paths = new Set([...Object.keys(there), ...Object.keys(wanted.files)]);
  if ([...paths].some((path) => there[path]?.sha256 !== wanted.files[path]?.sha256)) throw other();
  return [...paths].every((path) => listed.files.get(path)?.sizeBytes === there[path]!.sizeBytes);
}

async function retried(job: PushJob, attempt: () => Promise<void>): Promise<void> {
  const { random = Math.random, wait = sleep } = job;
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      job.signal?.throwIfAborted();
      if (!(error instanceof MillraceError) || !error.retryable || failures >= tries) throw error;
      await wait(backOffMs(failures, random()), job.signal);
    }
  }
}

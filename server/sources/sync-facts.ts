/** Collects what a plan needs, from the source, the store and the memory; waits for a second look where the plan wants one. */
import { MillraceError } from '../base/errors.ts';
import { ModelStore } from '../models/model-store.ts';
import { backOffMs } from './back-off.ts';
import { sleep } from './download.ts';
import { sourceLimits } from './model-source.ts';
import type { ModelSource, SourceEntry } from './model-source.ts';
import { failureReason, sourceFailure } from './source-failure.ts';
import type { SourceFailureReason } from './source-failure.ts';
import { readListing } from './source-listing.ts';
import type { ListedVersion } from './source-listing.ts';
import { manifestName, parseManifestText } from './source-manifest.ts';
import type { ManifestReading } from './source-manifest.ts';
import type { OpenJob } from './sync.ts';
import { chooseVersions, isSettled, planSync } from './sync-plan.ts';
import type { PlanOptions, StoredFacts, SyncFacts, SyncPlan } from './sync-plan.ts';

/** What fails for one object like this will fail for all. */
const wholeSource: ReadonlySet<SourceFailureReason> = new Set([
  'unreachable',
  'endpoint',
  'credentials',
  'redirect',
  'limit',
]);
/** Tries of a listing or a manifest. */
const tries = 3;

/** Lists, and lists again after `settleMs` where that may complete a version. A dry run lists once and notes nothing. */
export async function gatherPlan(job: OpenJob, defaultSettleMs: number): Promise<SyncPlan> {
  const { parts = {}, dryRun = false } = job;
  const settleMs = parts.settleMs ?? defaultSettleMs;
  const first = await onePass(job, settleMs);
  if (dryRun || !first.waiting.some(({ settles }) => settles)) return first;
  job.onProgress?.({ step: 'wait', name: '', doneBytes: 0, totalBytes: 0 });
  await (parts.wait ?? sleep)(settleMs, job.signal);
  return onePass(job, settleMs);
}

async function onePass(job: OpenJob, settleMs: number): Promise<SyncPlan> {
  const { settings, memory, parts = {}, dryRun = false } = job;
  const { name } = settings;
  job.onProgress?.({ step: 'list', name: '', doneBytes: 0, totalBytes: 0 });
  const entries = await retried(job, () => listAll(job.source, job.signal));
  const listing = readListing(entries);
  if (!dryRun) memory.keepObjects(name, new Set(entries.map(({ key }) => key)));
  const options: PlanOptions = { nowMs: (parts.now ?? Date.now)(), settleMs, retryRefused: job.retryRefused ?? false };
  const chosen = chooseVersions(listing, settings);
  const stored = await storedVersions(new ModelStore(job.dataDirectory), chosen);
  const of =
    <T>(map: ReadonlyMap<string, T>) =>
    (model: string, version: string): T | undefined =>
      map.get(`${model}/${version}`);
  const known = (model: string, version: string) => memory.known(name, model, version);
  const manifests = await readManifests(job, chosen, { known, stored: of(stored) }, options);
  const facts: SyncFacts = {
    known,
    stored: of(stored),
    manifest: of(manifests),
    seenSinceMs: (model, version, fingerprint) =>
      dryRun ? memory.seenSince(name, model, version, fingerprint) : memory.see(name, model, version, fingerprint),
  };
  return planSync(listing, settings, facts, options);
}

export async function listAll(source: ModelSource, signal: AbortSignal | undefined): Promise<SourceEntry[]> {
  const entries: SourceEntry[] = [];
  for await (const page of source.list(signal)) entries.push(...page);
  return entries;
}

async function storedVersions(store: ModelStore, chosen: readonly ListedVersion[]): Promise<Map<string, StoredFacts>> {
  const found = new Map<string, StoredFacts>();
  for (const { model, version } of chosen) {
    const record = await store.record(model, version);
    if (record !== undefined)
      found.set(`${model}/${version}`, { modelSha256: record.origin.sha256, files: record.files });
  }
  return found;
}

async function readManifests(
  job: OpenJob,
  chosen: readonly ListedVersion[],
  facts: Pick<SyncFacts, 'known' | 'stored'>,
  options: PlanOptions,
): Promise<Map<string, ManifestReading>> {
  const readings = new Map<string, ManifestReading>();
  for (const listed of chosen) {
    const { manifest, model, version } = listed;
    // One that is too large is refused by the plan, unread.
    if (manifest === undefined || manifest.sizeBytes > sourceLimits.manifestBytes) continue;
    if (isSettled(listed, facts, options)) continue;
    try {
      const reading = await retried(job, () => readManifest(job.source, manifest, model, version, job.signal));
      readings.set(`${model}/${version}`, reading);
    } catch (error) {
      const reason = failureReason(error);
      if (reason === undefined || wholeSource.has(reason)) throw error;
      readings.set(`${model}/${version}`, { fault: `could not be read (${reason})` });
    }
  }
  return readings;
}

/** Throws `source-failed`. The entry has been judged to be small enough. */
export async function readManifest(
  source: ModelSource,
  entry: SourceEntry,
  model: string,
  version: string,
  signal: AbortSignal | undefined,
): Promise<ManifestReading> {
  if (entry.sizeBytes > sourceLimits.manifestBytes) return { fault: `has ${entry.sizeBytes} bytes` };
  return parseManifestText(await readText(source, entry, signal), model, version);
}

/** An object that is small enough to be text, whole. Throws `limit` where more comes than was listed. */
async function readText(
  source: ModelSource,
  { key, etag, sizeBytes }: SourceEntry,
  signal: AbortSignal | undefined,
): Promise<string> {
  const timeout = AbortSignal.timeout(manifestTimeoutMs);
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const { body } = await source.open(key, { etag, signal: either });
  const onAbort = (): void => void body.destroy();
  either.addEventListener('abort', onAbort);
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > sizeBytes) {
        throw sourceFailure('size', `A ${manifestName} is longer than it was listed.`, 'Check the server.');
      }
      pieces.push(piece);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof MillraceError) throw error;
    throw sourceFailure('cut', `A ${manifestName} could not be read to its end.`, 'Sync again.', error);
  } finally {
    either.removeEventListener('abort', onAbort);
    body.on('error', () => {});
    body.destroy();
  }
  if (bytes < sizeBytes) throw sourceFailure('cut', `A ${manifestName} could not be read to its end.`, 'Sync again.');
  return Buffer.concat(pieces).toString('utf8');
}

const manifestTimeoutMs = 60_000;

async function retried<T>(job: OpenJob, attempt: () => Promise<T>): Promise<T> {
  const { parts: { random = Math.random, wait = sleep } = {} } = job;
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

/**
 * What a sync would do: which versions to fetch, which are here, which to wait for, which are refused, each with its reason. Pure;
 * sync.ts applies it, `sync --dry-run` prints it.
 *
 * A version is taken when it is known to be complete: its manifest lists every file with its size, or, without a manifest, its
 * listing stayed the same for `settleMs`. A version that was taken once never changes: other contents under its number are refused.
 */
import { sizeText } from '../models/model-refusal.ts';
import type { FileDigest } from '../models/staging.ts';
import { matchesAny } from './model-globs.ts';
import type { SourceEntry } from './model-source.ts';
import { sourceLimits } from './model-source.ts';
import type { ListedModel, ListedVersion, Listing, ListingProblem } from './source-listing.ts';
import type { ManifestReading, SourceManifest } from './source-manifest.ts';
import { manifestName } from './source-manifest.ts';

export interface SyncPolicy {
  readonly models: readonly string[];
  readonly versions: number | 'all';
}

/** How an earlier sync of this source ended for a version. */
export interface KnownVersion {
  readonly fingerprint: string;
  readonly outcome: 'imported' | 'refused';
  readonly sentence: string;
  readonly hint: string | undefined;
  /** Refused contents are fetched again from then on, milliseconds of the clock. */
  readonly retryAtMs: number;
}

/** What the store says of a version that it has. */
export interface StoredFacts {
  /** SHA-256 of the model file as it came, before anything was changed in it. */
  readonly modelSha256: string;
  readonly files: Readonly<Record<string, FileDigest>>;
}

export interface SyncFacts {
  known(model: string, version: string): KnownVersion | undefined;
  stored(model: string, version: string): StoredFacts | undefined;
  /** Undefined where the version has none, or it has not been read because nothing depends on it. */
  manifest(model: string, version: string): ManifestReading | undefined;
  /** Since when the version has been listed with this fingerprint, milliseconds of the clock. */
  seenSinceMs(model: string, version: string, fingerprint: string): number | undefined;
}

export interface PlannedFile {
  readonly entry: SourceEntry;
  /** Below the model's folder. */
  readonly path: string;
  /** As the manifest says. */
  readonly sha256: string | undefined;
}

export interface PlannedVersion {
  readonly model: string;
  readonly version: string;
  readonly reason: string;
}

export interface PlannedDownload extends PlannedVersion {
  readonly fingerprint: string;
  readonly files: readonly PlannedFile[];
  readonly sizeBytes: number;
}

export interface PlannedWait extends PlannedVersion {
  /** True where a second look may be enough. */
  readonly settles: boolean;
}

export interface PlannedRefusal extends PlannedVersion {
  readonly fingerprint: string;
  readonly hint: string | undefined;
}

export interface SyncPlan {
  /** In the order in which they are fetched: by model, ascending by number. */
  readonly downloads: readonly PlannedDownload[];
  readonly unchanged: readonly PlannedVersion[];
  /** Not known to be complete yet. */
  readonly waiting: readonly PlannedWait[];
  readonly refused: readonly PlannedRefusal[];
  /** Keys that no model has. */
  readonly problems: readonly ListingProblem[];
}

export interface PlanOptions {
  readonly nowMs: number;
  /** How long a listing without a manifest must stay the same. */
  readonly settleMs: number;
  /** Fetches again what was refused before. */
  readonly retryRefused: boolean;
}

/** 32 GB: three times what the inspection lets pass, and an end to what one object may cost. */
const maxVersionBytes = 32e9;
const maxVersionFiles = 1000;

/** The versions that the policy wants, by model, ascending. */
export function chooseVersions(listing: Listing, { models, versions }: SyncPolicy): ListedVersion[] {
  return listing.models
    .filter(({ name }) => matchesAny(models, name))
    .flatMap((model) => (versions === 'all' ? model.versions : model.versions.slice(-versions)));
}

/** True where an earlier sync dealt with exactly this listing and its result still stands. */
export function isSettled(
  version: ListedVersion,
  facts: Pick<SyncFacts, 'known' | 'stored'>,
  options: PlanOptions,
): boolean {
  const known = facts.known(version.model, version.version);
  if (known === undefined || known.fingerprint !== version.fingerprint) return false;
  if (known.outcome === 'imported') return facts.stored(version.model, version.version) !== undefined;
  return !options.retryRefused && options.nowMs < known.retryAtMs;
}

export function planSync(listing: Listing, policy: SyncPolicy, facts: SyncFacts, options: PlanOptions): SyncPlan {
  const plan = {
    downloads: [] as PlannedDownload[],
    unchanged: [] as PlannedVersion[],
    waiting: [] as PlannedWait[],
    refused: [] as PlannedRefusal[],
    problems: listing.problems,
  };
  const models = new Map(listing.models.map((model) => [model.name, model]));
  for (const listed of chooseVersions(listing, policy)) {
    const judged = judge(listed, models.get(listed.model)!, facts, options);
    const { model, version } = listed;
    if (judged.kind === 'download') plan.downloads.push({ model, version, fingerprint: listed.fingerprint, ...judged });
    else if (judged.kind === 'refused') {
      plan.refused.push({ model, version, fingerprint: listed.fingerprint, reason: judged.reason, hint: judged.hint });
    } else if (judged.kind === 'waiting')
      plan.waiting.push({ model, version, reason: judged.reason, settles: judged.settles });
    else plan.unchanged.push({ model, version, reason: judged.reason });
  }
  return plan;
}

type Judgement =
  | { readonly kind: 'download'; readonly reason: string; readonly files: PlannedFile[]; readonly sizeBytes: number }
  | { readonly kind: 'unchanged'; readonly reason: string }
  | { readonly kind: 'waiting'; readonly reason: string; readonly settles: boolean }
  | { readonly kind: 'refused'; readonly reason: string; readonly hint: string | undefined };

function judge(listed: ListedVersion, model: ListedModel, facts: SyncFacts, options: PlanOptions): Judgement {
  const { version, fingerprint } = listed;
  const known = facts.known(model.name, version);
  const stored = facts.stored(model.name, version);
  if (isSettled(listed, facts, options)) {
    if (known!.outcome === 'imported') return { kind: 'unchanged', reason: 'It is in the store.' };
    return { kind: 'refused', reason: known!.sentence, hint: known!.hint };
  }
  const reading = facts.manifest(model.name, version);
  const complete =
    reading === undefined ? settledFiles(listed, model, facts, options) : manifestFiles(listed, reading, stored);
  if (complete.kind !== 'files') return complete;
  const sizeBytes = complete.files.reduce((sum, { entry }) => sum + entry.sizeBytes, 0);
  if (complete.files.length > maxVersionFiles) {
    const reason = `It has ${complete.files.length} files; at most ${maxVersionFiles} are taken.`;
    return refused(reason, 'Keep in its folder what belongs to the model only.');
  }
  if (sizeBytes > maxVersionBytes) {
    const reason = `It has ${sizeText(sizeBytes)}; at most ${sizeText(maxVersionBytes)} are taken.`;
    return refused(reason, 'Use a smaller or quantised model.');
  }
  return { kind: 'download', reason: reasonToFetch(known, stored, fingerprint), files: complete.files, sizeBytes };
}

function reasonToFetch(known: KnownVersion | undefined, stored: StoredFacts | undefined, fingerprint: string): string {
  if (known?.outcome === 'refused') {
    return known.fingerprint === fingerprint
      ? 'It was refused before and is tried again.'
      : 'It was refused and has changed since.';
  }
  if (stored !== undefined) return 'The store has this number; the contents are fetched to compare them.';
  return known === undefined ? 'It is new.' : 'It is no longer in the store.';
}

interface CompleteFiles {
  readonly kind: 'files';
  readonly files: PlannedFile[];
}

function manifestFiles(
  listed: ListedVersion,
  reading: ManifestReading,
  stored: StoredFacts | undefined,
): Judgement | CompleteFiles {
  if ('fault' in reading) {
    return refused(`Its ${manifestName} ${reading.fault}.`, 'Publish the version again with `millrace models push`.');
  }
  const { manifest } = reading;
  const files: PlannedFile[] = [];
  for (const [path, { sizeBytes, sha256 }] of Object.entries(manifest.files)) {
    const entry = listed.files.get(path);
    if (entry === undefined)
      return refused(`Its manifest lists ${path}, which is not there.`, 'Publish the version again.');
    if (entry.sizeBytes !== sizeBytes) {
      const reason = `Its manifest gives ${path} ${sizeBytes} bytes, and it has ${entry.sizeBytes}.`;
      return refused(reason, 'Publish the version again.');
    }
    files.push({ entry, path: `${listed.version}/${path}`, sha256 });
  }
  if (stored === undefined) return { kind: 'files', files };
  const other = differingFile(manifest, stored);
  if (other === undefined) return { kind: 'unchanged', reason: 'The store has the same contents.' };
  return refused(
    `The store has a version ${listed.version} with another ${other}, and a version never changes.`,
    'Publish the new contents under a new number.',
  );
}

/** Files that only one side has are no difference: an import leaves out what is no part of a model and adds what it made. */
function differingFile({ files }: SourceManifest, stored: StoredFacts): string | undefined {
  if (
    files['model.onnx']!.sha256 !== stored.modelSha256 &&
    files['model.onnx']!.sha256 !== stored.files['model.onnx']?.sha256
  ) {
    return 'model.onnx';
  }
  return Object.keys(files).find(
    (path) =>
      path !== 'model.onnx' && stored.files[path] !== undefined && stored.files[path].sha256 !== files[path]!.sha256,
  );
}

function settledFiles(
  listed: ListedVersion,
  model: ListedModel,
  facts: SyncFacts,
  options: PlanOptions,
): Judgement | CompleteFiles {
  if (listed.manifest !== undefined && listed.manifest.sizeBytes > sourceLimits.manifestBytes) {
    const reason = `Its ${manifestName} has ${listed.manifest.sizeBytes} bytes; at most ${sourceLimits.manifestBytes} are read.`;
    return refused(reason, 'Publish the version again with `millrace models push`.');
  }
  if (![...listed.files.keys()].some((path) => /\.onnx$/i.test(path.split('/')[0]!))) {
    return { kind: 'waiting', reason: 'It has no model.onnx yet.', settles: false };
  }
  const sinceMs = facts.seenSinceMs(listed.model, listed.version, listed.fingerprint);
  if (sinceMs === undefined || options.nowMs - sinceMs < options.settleMs) {
    const reason = 'It has no manifest, and its files were not yet seen twice without a change.';
    return { kind: 'waiting', reason, settles: true };
  }
  const inVersion = [...listed.files].map(([path, entry]) => ({
    entry,
    path: `${listed.version}/${path}`,
    sha256: undefined,
  }));
  const beside = [...model.side].map(([path, entry]) => ({ entry, path, sha256: undefined }));
  return { kind: 'files', files: [...inVersion, ...beside] };
}

function refused(reason: string, hint: string): Judgement {
  return { kind: 'refused', reason, hint };
}

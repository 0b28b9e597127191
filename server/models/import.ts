/**
 * An import from beginning to end: open → stage and judge → try in a child → record → sync → publish by one rename. What
 * fails or dies before the last step leaves the store as it was.
 */
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { asMillraceError, MillraceError } from '../base/errors.ts';
import { recipeOf, resolveRecipe } from '../protocol/resolved-recipe.ts';
import { carryOver, expectedRecipe, ownSamples, savedSamples } from './carry-over.ts';
import { configNotes, trialNotes } from './import-notes.ts';
import { openSource } from './import-source.ts';
import type { ImportSource } from './import-source.ts';
import { summarize } from './inspection.ts';
import { parseModelName } from './model-name.ts';
import { modelRefusal } from './model-refusal.ts';
import { isVersion, ModelStore } from './model-store.ts';
import type { PackageModel, PackageVersion } from './package-layout.ts';
import { diffSignatures } from './signature-diff.ts';
import type { SignatureChange } from './signature-diff.ts';
import { checkSpace, explainFull, freeBytesOf, Staging, syncTree } from './staging.ts';
import type { FreeBytes } from './staging.ts';
import type { TryModel } from './trial.ts';
import { contentDigest, ownDigest, recordText } from './version-record.ts';
import type { VersionRecord } from './version-record.ts';
import { stageVersion } from './version-staging.ts';
import type { StagedVersion } from './version-staging.ts';

export interface ImportProgress {
  readonly step: 'unpack' | 'copy' | 'try';
  /** The model, empty while an archive is unpacked. */
  readonly name: string;
  /** 0 where the step cannot be measured. */
  readonly totalBytes: number;
  readonly doneBytes: number;
}

export interface ImportRequest {
  readonly path: string;
  readonly dataDirectory: string;
  /** What people call the file, where its name on disk is ours: an upload. */
  readonly shownAs?: string | undefined;
  /** Instead of the name that the file or folder gives; only where it holds one model. */
  readonly name?: string | undefined;
  /** Instead of the number that the folder gives or the next free one; only where there is one version. */
  readonly version?: string | undefined;
  readonly skipSamples?: boolean;
  /** Only a stored version of the same number counts as the same contents: a source's numbers are kept. */
  readonly exactVersion?: boolean;
  /** Recorded as where it came from, instead of the name of the file or folder. */
  readonly origin?: string;
  readonly tryModel: TryModel;
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly freeBytes?: FreeBytes;
  readonly signal?: AbortSignal | undefined;
}

export interface ImportedVersion {
  readonly state: 'imported' | 'unchanged';
  readonly record: VersionRecord;
  /** Compared with the highest version before; undefined for a model's first. */
  readonly changes: { readonly since: string; readonly list: readonly SignatureChange[] } | undefined;
}

export interface RefusedVersion {
  readonly state: 'refused';
  readonly name: string;
  readonly version: string | undefined;
  readonly error: MillraceError;
}

export interface ImportReport {
  /** In the order in which they were published. */
  readonly versions: readonly (ImportedVersion | RefusedVersion)[];
  readonly passedOver: readonly string[];
}

/**
 * Imports every model at a path. One that is refused does not hold up the others and is in the report.
 * Throws `invalid-config` and `model-refused` where the path as a whole cannot be imported, `invalid-name` for `name`.
 */
export async function importModels(request: ImportRequest): Promise<ImportReport> {
  const { dataDirectory, freeBytes = freeBytesOf, onProgress = () => {} } = request;
  const store = new ModelStore(dataDirectory);
  if (request.name !== undefined) parseModelName(request.name);
  if (request.version !== undefined && !isVersion(request.version)) {
    throw new MillraceError('invalid-config', `${request.version} is no version: versions are whole numbers from 1.`);
  }
  const staging = await Staging.open(store.stagingFolder);
  try {
    let neededBytes = 0;
    const hooks = {
      checkSpace: (bytes: number) => checkSpace(staging.path, (neededBytes = bytes), freeBytes),
      onBytes: (doneBytes: number, totalBytes: number) =>
        onProgress({ step: 'unpack', name: '', doneBytes, totalBytes }),
      signal: request.signal,
    };
    const unpacking = openSource(request.path, join(staging.path, 'unpacked'), hooks, request.shownAs);
    const source = await unpacking.catch((error: unknown) => explainFull(error, staging.path, neededBytes, freeBytes));
    const versions: (ImportedVersion | RefusedVersion)[] = [];
    for (const { model, version } of planned(source, request)) {
      try {
        versions.push(
          await importVersion({ request, store, staging, source, model, version, freeBytes, index: versions.length }),
        );
      } catch (error) {
        request.signal?.throwIfAborted();
        const known = asMillraceError(error);
        if (known.code === 'internal') throw error;
        versions.push({ state: 'refused', name: model.name, version: version.version, error: known });
      }
    }
    return { versions, passedOver: source.passedOver };
  } finally {
    await staging.discard();
  }
}

interface VersionImport {
  readonly request: ImportRequest;
  readonly store: ModelStore;
  readonly staging: Staging;
  readonly source: ImportSource;
  readonly model: PackageModel;
  readonly version: PackageVersion;
  readonly freeBytes: FreeBytes;
  readonly index: number;
}

/** Each version to import; --name and --version hold for exactly one. */
function planned(
  source: ImportSource,
  { name, version }: ImportRequest,
): { model: PackageModel; version: PackageVersion }[] {
  const all = source.models.flatMap((model) => model.versions.map((each) => ({ model, version: each })));
  if (name !== undefined && source.models.length > 1) {
    const found = source.models.map((model) => model.name).join(', ');
    throw new MillraceError(
      'invalid-config',
      `${source.name} holds ${source.models.length} models (${found}); --name is for one.`,
    );
  }
  if (version !== undefined && all.length > 1) {
    throw new MillraceError('invalid-config', `${source.name} holds ${all.length} versions; --version is for one.`);
  }
  return all.map((each) => ({
    model: { ...each.model, name: name ?? each.model.name },
    version: { ...each.version, version: version ?? each.version.version },
  }));
}

async function importVersion(job: VersionImport): Promise<ImportedVersion> {
  const { request, store, staging, model, version, index } = job;
  const name = modelName(model.name);
  const stored = await store.storedName(name);
  if (stored !== undefined && stored !== name) {
    throw new MillraceError(
      'invalid-name',
      `The store has this model as '${stored}'; '${name}' differs in upper and lower case only.`,
      {
        hint: `Import it with --name ${stored}, or with another name.`,
      },
    );
  }
  const report = (step: ImportProgress['step'], doneBytes: number, totalBytes: number): void =>
    request.onProgress?.({ step, name, doneBytes, totalBytes });
  const stagingJob = {
    staging,
    root: job.source.root,
    freeBytes: job.freeBytes,
    onBytes: (doneBytes: number, totalBytes: number) => report('copy', doneBytes, totalBytes),
    signal: request.signal,
  };
  const staged = await stageVersion(stagingJob, model, version, `v${index}`);
  const before = await store.versions(name);
  const candidates = request.exactVersion === true ? before.filter((each) => each === version.version) : before;
  const same = await sameContents(store, name, candidates, contentDigest(staged.files));
  if (same !== undefined) return { state: 'unchanged', record: same, changes: undefined };

  const previous = before.length === 0 ? undefined : await store.record(name, before.at(-1)!);
  const saved =
    (await ownSamples(store, name)) ??
    staged.side.samples ??
    (previous && (await savedSamples(store, name, previous.version)));
  report('try', 0, 0);
  const trial = await request.tryModel({
    modelPath: join(staged.folder, 'model.onnx'),
    emptyFolder: await staging.emptyFolder(),
    weightBytes: staged.neededBytes,
    maxBatchSize: staged.side.manifest.maxBatchSize,
    samples: request.skipSamples === true ? undefined : saved,
    recipe: await expectedRecipe(store, name, staged.side.manifest, previous?.version),
    signal: request.signal,
  });
  resolveRecipe(recipeOf(staged.side.manifest), trial.signature);
  const changes = previous && {
    since: previous.version,
    list: diffSignatures(previous.trial.signature, trial.signature),
  };
  const isFileOnly = model.folder === undefined && changes?.list.every(({ breaking }) => !breaking) === true;
  const carried = isFileOnly
    ? await carryOver(store, { name, version: changes.since }, staging, basename(staged.folder), staged.files)
    : [];
  const notes = [
    ...staged.notes,
    ...configNotes(staged.side.config, name, trial),
    ...trialNotes(trial),
    ...(carried.length === 0 ? [] : [`Taken over from version ${previous!.version}: ${carried.join(', ')}.`]),
    ...(request.skipSamples === true && saved !== undefined
      ? ['The saved test cases were skipped (--no-samples).']
      : []),
  ];
  const origin = {
    source: request.origin ?? job.source.name,
    path: version.folder,
    sha256: staged.sha256,
    changes: staged.changes,
    carried,
  };
  const publishing = publish(job, staged, (number) => ({
    format: 1,
    name,
    version: number,
    digest: contentDigest(staged.files),
    importedAt: new Date().toISOString(),
    origin,
    files: staged.files,
    model: summarize(staged.model),
    trial,
    notes:
      number === (version.version ?? number)
        ? notes
        : [...notes, `Version ${version.version} is taken by other contents, so this is version ${number}.`],
  }));
  const record = await publishing.catch((error: unknown) =>
    explainFull(error, staging.path, staged.neededBytes, job.freeBytes),
  );
  return { state: 'imported', record, changes };
}

/** Records and publishes under the wished number, or where the source only suggests it, under the next that nobody has. */
async function publish(
  { request, store, staging, version }: VersionImport,
  staged: StagedVersion,
  makeRecord: (version: string) => VersionRecord,
): Promise<VersionRecord> {
  const { name } = makeRecord('1');
  const wished = version.version;
  const taken = new Set(await store.versions(name));
  let number = wished !== undefined && !taken.has(wished) ? wished : await store.nextVersion(name);
  while (true) {
    if (request.version !== undefined && number !== request.version) {
      throw modelRefusal(
        'version-taken',
        `Model ${name} has a version ${request.version} with other contents.`,
        'Versions never change: leave --version out, or remove that version first.',
      );
    }
    const record = makeRecord(number);
    await rm(join(staged.folder, 'version.json'), { force: true });
    await staging.writeText(recordText(record), join(basename(staged.folder), 'version.json'));
    await syncTree(staged.folder);
    if (await store.publish(staged.folder, name, number)) return record;
    number = await store.nextVersion(name);
  }
}

function modelName(name: string): string {
  try {
    return parseModelName(name);
  } catch (error) {
    throw new MillraceError('invalid-name', asMillraceError(error).message, {
      hint: 'Give it another name with --name.',
      cause: error,
    });
  }
}

/** The record of a stored version with these contents. One whose bytes have changed since goes to quarantine instead. */
async function sameContents(
  store: ModelStore,
  name: string,
  versions: readonly string[],
  digest: string,
): Promise<VersionRecord | undefined> {
  for (const version of versions) {
    const record = await store.record(name, version);
    if (record === undefined || ownDigest(record) !== digest) continue;
    const { fault } = await store.check(name, version);
    if (fault === undefined) return record;
    await store.quarantine(name, version, fault);
  }
  return undefined;
}

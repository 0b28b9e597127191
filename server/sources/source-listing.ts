/** What a source lists, read as models and versions. Pure. What is not one is said, not guessed at. */
import { createHash } from 'node:crypto';
import { modelNameKey } from '../models/model-name.ts';
import { byNumber } from '../models/model-store.ts';
import type { SourceEntry } from './model-source.ts';
import { parseSourceKey, quoted } from './source-key.ts';
import { manifestName } from './source-manifest.ts';

export interface ListedVersion {
  readonly model: string;
  readonly version: string;
  /** By path below the version's folder, the manifest aside. */
  readonly files: ReadonlyMap<string, SourceEntry>;
  readonly manifest: SourceEntry | undefined;
  /** Changes when any file of the version, or its manifest, changes, comes or goes. */
  readonly fingerprint: string;
}

export interface ListedModel {
  readonly name: string;
  /** Ascending by number. */
  readonly versions: readonly ListedVersion[];
  /** labels.txt and the like at the model's own level. */
  readonly side: ReadonlyMap<string, SourceEntry>;
}

export interface ListingProblem {
  /** What it is about, as it may be shown. */
  readonly subject: string;
  readonly sentence: string;
}

export interface Listing {
  /** By name. */
  readonly models: readonly ListedModel[];
  /** The first of them; `problemCount` counts all. */
  readonly problems: readonly ListingProblem[];
  readonly problemCount: number;
  readonly objectCount: number;
}

/** Enough to see what kind of mistake it is. */
const maxProblems = 100;

export function readListing(entries: readonly SourceEntry[]): Listing {
  const models = new Map<string, { versions: Map<string, Map<string, SourceEntry>>; side: Map<string, SourceEntry> }>();
  const problems: ListingProblem[] = [];
  let problemCount = 0;
  const problem = (subject: string, sentence: string): void => {
    problemCount++;
    if (problems.length < maxProblems) problems.push({ subject, sentence });
  };
  for (const entry of entries) {
    const key = parseSourceKey(entry.key);
    if (key.kind === 'hostile')
      problem(quoted(entry.key), `The key ${quoted(entry.key)} ${key.why}; it is left alone.`);
    if (key.kind === 'hostile' || key.kind === 'other') continue;
    const model = models.get(key.model) ?? { versions: new Map(), side: new Map() };
    models.set(key.model, model);
    if (key.kind === 'model-file') {
      model.side.set(key.path, entry);
      continue;
    }
    const files = model.versions.get(key.version) ?? new Map<string, SourceEntry>();
    model.versions.set(key.version, files);
    const twin = [...files.keys()].find((path) => path !== key.path && path.toLowerCase() === key.path.toLowerCase());
    if (twin === undefined) files.set(key.path, entry);
    else
      problem(
        quoted(entry.key),
        `${quoted(entry.key)} and ${quoted(twin)} beside it are one file on Windows and macOS.`,
      );
  }
  const listed: ListedModel[] = [];
  const names = new Map<string, string>();
  for (const [name, { versions, side }] of [...models].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const twin = names.get(modelNameKey(name));
    if (twin !== undefined) {
      problem(name, `The models ${twin} and ${name} differ in upper and lower case only; ${name} is left alone.`);
      continue;
    }
    names.set(modelNameKey(name), name);
    const ascending = [...versions].sort(([a], [b]) => byNumber(a, b));
    listed.push({ name, side, versions: ascending.map(([version, files]) => listedVersion(name, version, files)) });
  }
  return { models: listed, problems, problemCount, objectCount: entries.length };
}

function listedVersion(model: string, version: string, all: ReadonlyMap<string, SourceEntry>): ListedVersion {
  const files = new Map([...all].filter(([path]) => path !== manifestName));
  return { model, version, files, manifest: all.get(manifestName), fingerprint: fingerprintOf(all) };
}

function fingerprintOf(files: ReadonlyMap<string, SourceEntry>): string {
  const hash = createHash('sha256');
  for (const [path, { sizeBytes, etag }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${sizeBytes}\0${etag}\n`);
  }
  return hash.digest('hex');
}

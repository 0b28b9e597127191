/**
 * Where models are found on disk and what is wanted of them: the store, a folder of the user's, or the demo models beside the store.
 * Reads and, for the store, writes serving.json; holds nothing in memory.
 */
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../base/errors.ts';
import { ModelStore } from '../models/model-store.ts';
import { scanModel, scanRepository } from '../models/repository.ts';
import type { ModelEntry, RepositoryProblem } from '../models/repository.ts';
import { parseSamples } from '../models/samples.ts';
import { readWishes, writeWishes } from '../models/serving-file.ts';
import type { ServingWishes } from '../models/serving.ts';
import { diffSignatures } from '../models/signature-diff.ts';
import type { SignatureChange } from '../models/signature-diff.ts';
import type { VersionRecord } from '../models/version-record.ts';
import type { PresentVersion } from '../models/serving-plan.ts';
import type { SavedSamples } from '../protocol/sample-comparison.ts';

/** The models that come with Millrace; while they are served, so is the store. */
export const demoModels = fileURLToPath(new URL('../../resources/models', import.meta.url));

export interface LibraryModel {
  readonly name: string;
  readonly folder: string;
  /** In the store: what is wanted of it can be written, and its versions can be removed. */
  readonly isStored: boolean;
  readonly entry: ModelEntry;
  readonly wishes: ServingWishes;
  readonly present: readonly PresentVersion[];
  readonly problems: readonly RepositoryProblem[];
}

interface Root {
  readonly folder: string;
  readonly isStore: boolean;
}

export class ModelLibrary {
  readonly store: ModelStore;
  readonly #roots: readonly Root[];

  constructor(modelsFolder: string, dataDirectory: string) {
    this.store = new ModelStore(dataDirectory);
    const store = { folder: resolve(this.store.modelsFolder), isStore: true };
    const named = { folder: resolve(modelsFolder), isStore: false };
    if (named.folder === store.folder) this.#roots = [store];
    else this.#roots = named.folder === demoModels ? [store, named] : [named];
  }

  /** Imports and removals take effect. */
  get servesStore(): boolean {
    return this.#roots.some(({ isStore }) => isStore);
  }

  /** Names of the models that can be served, sorted, and what is wrong with the others. Throws `invalid-config`. */
  async scan(): Promise<{ readonly names: readonly string[]; readonly problems: readonly RepositoryProblem[] }> {
    const names = new Set<string>();
    const problems: RepositoryProblem[] = [];
    for (const root of this.#roots) {
      // A store that nothing has been imported into yet need not even be there.
      if (root.isStore && (await foldersIn(root.folder)).length === 0) continue;
      const scan = await scanRepository(root.folder);
      for (const { name } of scan.models) names.add(name);
      problems.push(...scan.problems);
    }
    return { names: [...names].toSorted(), problems };
  }

  /** Undefined where nothing of that name can be served. */
  async read(name: string): Promise<LibraryModel | undefined> {
    for (const { folder, isStore } of this.#roots) {
      if (!(await foldersIn(folder)).includes(name)) continue;
      const { entry, problems } = await scanModel(folder, name, undefined);
      if (entry === undefined) continue;
      const { wishes, faults } = await readWishes(join(folder, name));
      const known = { name, folder, isStored: isStore, entry, wishes };
      return {
        ...known,
        present: await this.presentFor({ ...known, present: [], problems: [] }, wishes.served ?? ''),
        problems: [...problems, ...faults.map((fault) => wishesProblem(name, fault))],
      };
    }
    return undefined;
  }

  /** The model as one of its versions sees it: with the labels and settings that came with that version. */
  async entryOf(model: LibraryModel, version: string): Promise<ModelEntry> {
    const { entry, problems } = await scanModel(model.folder, model.name, version);
    if (entry?.versions.some((each) => each.version === version) === true) return entry;
    const [problem] = problems;
    throw new MillraceError(
      'unknown-version',
      problem?.message ?? `Version ${version} of ${model.name} is not there any more.`,
      problem && { hint: problem.hint },
    );
  }

  async record({ name, isStored }: LibraryModel, version: string): Promise<VersionRecord | undefined> {
    return isStored ? this.store.record(name, version) : undefined;
  }

  /** Of a version on disk: all files of its record, else its model file. */
  async sizeBytes(model: LibraryModel, version: string): Promise<number> {
    const files = Object.values((await this.record(model, version))?.files ?? {});
    if (files.length > 0) return files.reduce((sum, file) => sum + file.sizeBytes, 0);
    return model.entry.versions.find((each) => each.version === version)?.sizeBytes ?? 0;
  }

  /** The owner's samples.json, else the one that came with the version; undefined where there is none that can be read. */
  async samplesOf({ folder, name }: LibraryModel, version: string): Promise<SavedSamples | undefined> {
    for (const place of [join(folder, name), join(folder, name, version)]) {
      const text = await readFile(join(place, 'samples.json'), 'utf8').catch(() => undefined);
      if (text === undefined) continue;
      try {
        return parseSamples(text);
      } catch {
        return undefined; // The demo models have samples in a form of their own; a broken file tests nothing.
      }
    }
    return undefined;
  }

  /** Throws `storage-failed`. In a folder of the user's nothing is written: what is wanted there holds while the host runs. */
  async write({ name, folder, isStored }: LibraryModel, wishes: ServingWishes): Promise<void> {
    if (!isStored) return;
    try {
      await writeWishes(join(folder, name), wishes);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      throw new MillraceError('storage-failed', `What is to be served of ${name} cannot be written (${code}).`, {
        hint: 'Look at the permissions of the data folder and the free space.',
        cause: error,
      });
    }
  }

  /** What changes for apps from one version to another; empty where the records do not say. */
  async changes(model: LibraryModel, from: string, to: string): Promise<readonly SignatureChange[]> {
    const [before, after] = await Promise.all([this.record(model, from), this.record(model, to)]);
    if (from === to || before === undefined || after === undefined) return [];
    return diffSignatures(before.trial.signature, after.trial.signature);
  }

  /** The versions that are there, each with whether apps of `served` may fail with it. */
  async presentFor(model: LibraryModel, served: string): Promise<PresentVersion[]> {
    return Promise.all(
      model.entry.versions.map(async ({ version }) => {
        const changes = await this.changes(model, served, version);
        return { version, isBreaking: changes.some(({ breaking }) => breaking) };
      }),
    );
  }
}

/** The first row of the model's samples.json, for examples that mean something: the owner's, else the version's own. */
export async function readExampleRow(modelPath: string | undefined): Promise<readonly number[] | undefined> {
  if (modelPath === undefined) return undefined;
  const versionFolder = dirname(modelPath);
  for (const folder of [dirname(versionFolder), versionFolder]) {
    try {
      const text = await readFile(join(folder, 'samples.json'), 'utf8');
      const row = (JSON.parse(text) as { inputs?: unknown[] }).inputs?.[0];
      if (Array.isArray(row) && row.every((value) => typeof value === 'number')) return row;
    } catch {
      // Samples are optional, and a broken file only costs the example its values.
    }
  }
  return undefined;
}

function wishesProblem(name: string, fault: string): RepositoryProblem {
  return {
    path: `${name}/serving.json`,
    message: `The serving.json of ${name} ${fault}; the rest of it holds.`,
    hint: `Say again what is to be served, for example with \`millrace models promote ${name} <version>\`.`,
  };
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.name.startsWith('.') && !entry.isFile()).map(({ name }) => name);
}

/**
 * What a further version takes over from the one before it: the saved test cases always test it; labels, settings and test
 * cases also become part of it where only a new model file was named and clients will not notice the change.
 */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recipe } from '../protocol/recipe.ts';
import { recipeOf } from '../protocol/resolved-recipe.ts';
import { parseManifest } from './manifest.ts';
import type { ModelManifest } from './manifest.ts';
import type { ModelStore } from './model-store.ts';
import { parseSamples } from './samples.ts';
import type { SampleCases } from './samples.ts';
import type { FileDigest, Staging } from './staging.ts';

const carriedFiles = ['labels.txt', 'millrace.json', 'samples.json', 'config.pbtxt'];

/** The owner's own test cases of a model, beside its versions; undefined where there are none. Throws `invalid-manifest`. */
export async function ownSamples(store: ModelStore, name: string): Promise<SampleCases | undefined> {
  const text = await readFile(join(store.modelsFolder, name, 'samples.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseSamples(text);
}

/** The recipe that a further version will have: the owner's, else its own, else that of the version before. Not yet compared with the model. */
export async function expectedRecipe(
  store: ModelStore,
  name: string,
  own: ModelManifest,
  previous: string | undefined,
): Promise<Recipe | undefined> {
  const before = previous === undefined ? {} : await readSettings(join(store.versionFolder(name, previous)));
  const owners = await readSettings(join(store.modelsFolder, name));
  return recipeOf({ ...before, ...recipeOf(own), ...owners });
}

/** Settings that cannot be read say nothing here; whoever serves the model says what is wrong with them. */
async function readSettings(folder: string): Promise<Partial<ModelManifest>> {
  try {
    const raw: unknown = JSON.parse(await readFile(join(folder, 'millrace.json'), 'utf8'));
    return recipeOf(parseManifest(raw, 'millrace.json')) ?? {};
  } catch {
    return {};
  }
}

/** The test cases of a stored version; undefined where it has none. Throws `invalid-manifest`. */
export async function savedSamples(store: ModelStore, name: string, version: string): Promise<SampleCases | undefined> {
  const record = await store.record(name, version);
  if (record?.files['samples.json'] === undefined) return undefined;
  return parseSamples(await readFile(join(store.versionFolder(name, version), 'samples.json'), 'utf8'));
}

/** Copies what the new version does not have itself and adds it to `files`; the names of what was copied. */
export async function carryOver(
  store: ModelStore,
  from: { readonly name: string; readonly version: string },
  staging: Staging,
  folder: string,
  files: Record<string, FileDigest>,
): Promise<string[]> {
  const record = await store.record(from.name, from.version);
  const carried: string[] = [];
  for (const file of carriedFiles) {
    const stored = record?.files[file];
    if (stored === undefined || files[file] !== undefined) continue;
    const handle = await open(join(store.versionFolder(from.name, from.version), file));
    try {
      files[file] = await staging.copy(handle, stored.sizeBytes, `${folder}/${file}`);
    } finally {
      await handle.close();
    }
    carried.push(file);
  }
  return carried;
}

/**
 * What a further version takes over from the one before it: the saved test cases always test it; labels, settings and test
 * cases also become part of it where only a new model file was named and clients will not notice the change.
 */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelStore } from './model-store.ts';
import { parseSamples } from './samples.ts';
import type { SampleCases } from './samples.ts';
import type { FileDigest, Staging } from './staging.ts';

const carriedFiles = ['labels.txt', 'millrace.json', 'samples.json', 'config.pbtxt'];

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

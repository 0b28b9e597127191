/** Where the owner's test cases of a model lie: samples.json in the model's folder of the store, written beside and renamed. */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { parseSamples } from './samples.ts';
import type { SampleCases } from './samples.ts';
import { casesText } from './test-cases.ts';
import type { TestCase } from './test-cases.ts';

/** As much as an import reads. */
const maxBytes = 64 * 1024 * 1024;

/** The owner's, else those that came with the version; undefined where there are none. Throws `invalid-manifest`. */
export async function readCases(modelFolder: string, version: string): Promise<SampleCases | undefined> {
  for (const folder of [modelFolder, join(modelFolder, version)]) {
    const text = await readFile(join(folder, 'samples.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) return parseSamples(text);
  }
  return undefined;
}

/**
 * Keeps them as the owner's; they count from then on before those of any version. None: removes the file, so that those of the version
 * count again. Throws `storage-failed`, `payload-too-large`.
 */
export async function writeCases(modelFolder: string, cases: readonly TestCase[]): Promise<void> {
  const path = join(modelFolder, 'samples.json');
  const text = cases.length === 0 ? undefined : casesText(cases);
  if (text !== undefined && Buffer.byteLength(text) > maxBytes) {
    throw new MillraceError('payload-too-large', `The test cases would have more than ${maxBytes / 2 ** 20} MB.`, {
      hint: 'Remove some first, or use smaller inputs.',
    });
  }
  try {
    if (text === undefined) {
      await rm(path, { force: true });
      return;
    }
    const beside = join(modelFolder, '.samples.json.new');
    const file = await open(beside, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new MillraceError('storage-failed', `The test cases cannot be written (${code}).`, {
      hint: 'Look at the permissions of the data folder and the free space.',
      cause: error,
    });
  }
}

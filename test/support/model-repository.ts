/** Model repositories on disk for tests and benchmarks, in Triton's layout, in a temporary folder of their own. */

import { mkdir, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestModel {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Default `'1'`. */
  readonly version?: string;
  readonly labels?: readonly string[];
  /** Content of millrace.json. */
  readonly manifest?: unknown;
}

export interface TestRepository {
  /** Absolute, links resolved. */
  readonly directory: string;
  /** Adds a model or one more version; the version folder appears whole. */
  add(model: TestModel): Promise<void>;
  remove(): Promise<void>;
}

/** A model repository in a new temporary folder. The caller removes it. */
export async function openTestRepository(models: readonly TestModel[] = []): Promise<TestRepository> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'millrace-models-')));
  const repository: TestRepository = {
    directory,
    add: (each) => writeModel(directory, each),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
  for (const each of models) await repository.add(each);
  return repository;
}

async function writeModel(directory: string, { name, bytes, version, labels, manifest }: TestModel): Promise<void> {
  const folder = join(directory, name);
  await mkdir(folder, { recursive: true });
  if (labels !== undefined) await writeFile(join(folder, 'labels.txt'), `${labels.join('\n')}\n`);
  if (manifest !== undefined) await writeFile(join(folder, 'millrace.json'), JSON.stringify(manifest));
  const staging = await mkdtemp(join(directory, '.staging-'));
  await writeFile(join(staging, 'model.onnx'), bytes);
  await rename(staging, join(folder, version ?? '1'));
}

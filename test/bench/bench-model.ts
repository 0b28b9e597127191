/** A model of a benchmark: its bytes, and the settings under which both sides of a comparison run it. */
import { readFile } from 'node:fs/promises';
import { openTestRepository } from '../support/model-repository.ts';
import type { Scope } from './scope.ts';

export interface BenchModel {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Rows per batch; undefined leaves it to Millrace, which then finds out. */
  readonly maxBatchSize?: number;
}

export interface StoredModel extends BenchModel {
  readonly repository: string;
  readonly modelPath: string;
}

export async function digitsModel(): Promise<BenchModel> {
  const path = new URL('../../resources/models/digits/1/model.onnx', import.meta.url);
  return { name: 'digits', bytes: await readFile(path) };
}

/** Writes the model into a repository of its own, which ends with the scope. */
export async function storeModel(scope: Scope, model: BenchModel): Promise<StoredModel> {
  const { name, bytes, maxBatchSize } = model;
  const manifest = maxBatchSize === undefined ? {} : { maxBatchSize };
  const repository = await openTestRepository();
  scope.onClose(() => repository.remove());
  await repository.add({ name, bytes, manifest });
  const { directory } = repository;
  return { ...model, repository: directory, modelPath: `${directory}/${name}/1/model.onnx` };
}

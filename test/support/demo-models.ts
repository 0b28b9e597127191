/** The models of resources/models as parts of a test's own repository. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoModels } from './host-process.ts';
import type { TestModel } from './model-repository.ts';

/** Bytes, labels and manifest as they are shipped; `changes` go over them. */
export function demoModel(name: 'iris' | 'digits' | 'diabetes', changes: Partial<TestModel> = {}): TestModel {
  const folder = join(demoModels, name);
  const labels =
    name === 'diabetes' ? undefined : readFileSync(join(folder, 'labels.txt'), 'utf8').trimEnd().split('\n');
  return {
    name,
    bytes: readFileSync(join(folder, '1/model.onnx')),
    ...(labels !== undefined && { labels }),
    manifest: JSON.parse(readFileSync(join(folder, 'millrace.json'), 'utf8')) as unknown,
    ...changes,
  };
}

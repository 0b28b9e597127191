import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findModels } from '../../server/models/package-layout.ts';
import { ImportBench } from '../support/model-imports.ts';

let bench: ImportBench;
beforeEach(async () => {
  bench = await ImportBench.open();
});
afterEach(() => bench[Symbol.asyncDispose]());

/** `name: folder/file@version …` of each model that is found in a folder with these files. */
async function found(...files: string[]): Promise<string[]> {
  for (const file of files) await bench.put(`pack/${file}`, 'x');
  const { models } = await findModels(bench.path('pack'), 'pack');
  return models.map(
    ({ name, versions }) =>
      `${name}: ${versions.map((each) => `${each.folder}/${each.file}@${each.version ?? 'none'}`).join(' ')}`,
  );
}

describe('findModels', () => {
  it.each([
    ['a folder with a model', ['model.onnx', 'labels.txt'], ['pack: /model.onnx@none']],
    ['a folder with one .onnx of another name', ['net.onnx'], ['pack: /net.onnx@none']],
    [
      'a model with versions',
      ['2/model.onnx', '10/model.onnx', '01/model.onnx'],
      ['pack: 2/model.onnx@2 10/model.onnx@10'],
    ],
    [
      'a repository',
      ['b/1/model.onnx', 'a/1/model.onnx', 'c/readme.md'],
      ['a: a/1/model.onnx@1', 'b: b/1/model.onnx@1'],
    ],
    ["Triton's folder model.onnx", ['1/model.onnx/model.onnx', '1/model.onnx/w'], ['pack: 1/model.onnx/model.onnx@1']],
    ['a wrapper', ['bert/1/model.onnx'], ['bert: bert/1/model.onnx@1']],
    ['wrappers within wrappers', ['x/bert/config.txt', 'x/bert/model.onnx'], ['bert: x/bert/model.onnx@none']],
    [
      'an export of Hugging Face',
      ['config.json', 'onnx/model.onnx', 'tokenizer/x.json'],
      ['pack: onnx/model.onnx@none'],
    ],
  ])('finds %s', async (_what, files, expected) => {
    expect(await found(...files)).toEqual(expected);
  });

  it('takes the name of the parent where the folder of a version is named', async () => {
    await bench.put('iris/3/model.onnx', 'x');
    expect((await findModels(bench.path('iris/3'), '3')).models[0]?.name).toBe('iris');
  });

  it.each([
    ['several models of which none is called model.onnx', ['a.onnx', 'b.onnx'], /holds 2 ONNX files/],
    ['nothing', ['.keep'], /holds no ONNX model/],
    ['a SavedModel', ['saved_model.pb', 'variables/variables.index'], /TensorFlow SavedModel/],
    ['a PyTorch model', ['config.json', 'model.safetensors'], /PyTorch model/],
    ['something else', ['readme.md'], /it has readme\.md/],
  ])('says so for %s', async (_what, files, words) => {
    await expect(found(...files)).rejects.toThrow(words);
  });
});

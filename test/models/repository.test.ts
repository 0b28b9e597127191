import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { featureNamesOf } from '../../server/protocol/resolved-recipe.ts';
import { MillraceError } from '../../server/base/errors.ts';
import { scanModel, scanRepository } from '../../server/models/repository.ts';

let root = '';
let outside = '';

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'millrace-repository-')));
  outside = await realpath(await mkdtemp(join(tmpdir(), 'millrace-outside-')));
});

afterEach(async () => {
  await rm(root, { recursive: true });
  await rm(outside, { recursive: true });
  await rm(`${root}-copy`, { recursive: true, force: true });
});

async function put(path: string, content: string | Uint8Array = 'model'): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

describe('scanRepository', () => {
  it('finds models by name, their versions by number, labels and manifest', async () => {
    await put('zebra/1/model.onnx');
    await put('iris/10/model.onnx', 'ten bytes!');
    await put('iris/9/model.onnx');
    await put('iris/labels.txt', 'setosa\nversicolor\n');
    await put('iris/millrace.json', '{"replicas": 2}');
    const { models, problems } = await scanRepository(root);
    expect(problems).toEqual([]);
    expect(models.map((model) => model.name)).toEqual(['iris', 'zebra']);
    expect(models[0]).toEqual({
      name: 'iris',
      versions: [
        { version: '9', modelPath: join(root, 'iris', '9', 'model.onnx'), sizeBytes: 5 },
        { version: '10', modelPath: join(root, 'iris', '10', 'model.onnx'), sizeBytes: 10 },
      ],
      labels: ['setosa', 'versicolor'],
      manifest: expect.objectContaining({ replicas: 2, tries: 2 }),
    });
    expect(models[1]?.labels).toBeUndefined();
  });

  it('reads the models that come with Millrace without a problem', async () => {
    const { models, problems } = await scanRepository(join(import.meta.dirname, '../../resources/models'));
    expect(problems).toEqual([]);
    expect(models.map((model) => model.name)).toEqual(['breast-cancer', 'diabetes', 'digits', 'iris']);
    expect(models.map((model) => featureNamesOf(model.manifest)?.length)).toEqual([30, 10, 64, 4]);
    expect(models.map((model) => model.labels?.length)).toEqual([2, undefined, 10, 3]);
  });

  it('passes over version folders that are no plain number above 0', async () => {
    for (const version of ['1', '0', '01', 'v2', '-3', '4a', '1e3', '1234567890123456789']) {
      await put(`iris/${version}/model.onnx`);
    }
    const { models, problems } = await scanRepository(root);
    expect(models[0]?.versions.map((version) => version.version)).toEqual(['1']);
    expect(problems).toEqual([]);
  });

  it('passes over hidden folders and files beside the models', async () => {
    await put('.staging/1/model.onnx');
    await put('README.md', 'hello');
    await put('iris/1/model.onnx');
    expect(await scanRepository(root)).toMatchObject({ models: [{ name: 'iris' }], problems: [] });
  });

  it('is empty and without a problem for an empty folder', async () => {
    expect(await scanRepository(root)).toEqual({ models: [], problems: [] });
  });

  it('refuses a folder that is not there, with a hint', async () => {
    const scan = scanRepository(join(root, 'nowhere'));
    await expect(scan).rejects.toBeInstanceOf(MillraceError);
    await expect(scan).rejects.toMatchObject({ code: 'invalid-config', hint: expect.any(String) });
  });

  it('refuses a file in place of the folder', async () => {
    await put('file');
    await expect(scanRepository(join(root, 'file'))).rejects.toMatchObject({ code: 'invalid-config' });
  });

  it('keeps the good models beside a bad one', async () => {
    await put('bad/millrace.json', '{"replicas": 1000}');
    await put('bad/1/model.onnx');
    await put('good/1/model.onnx');
    const { models, problems } = await scanRepository(root);
    expect(models.map((model) => model.name)).toEqual(['good']);
    expect(problems).toEqual([
      { path: 'bad/millrace.json', message: expect.stringContaining('but is 1000'), hint: expect.any(String) },
    ]);
  });

  it.each([
    ['no JSON', '{"replicas": ', 'not valid JSON'],
    ['a misspelt field', '{"replica": 1}', '"replica"'],
    ['nothing in it', '', 'not valid JSON'],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 'not UTF-8'],
  ])('reports a millrace.json with %s', async (_what, content, words) => {
    await put('iris/1/model.onnx');
    await put('iris/millrace.json', content);
    const { models, problems } = await scanRepository(root);
    expect(models).toEqual([]);
    expect(problems).toMatchObject([{ path: 'iris/millrace.json', message: expect.stringContaining(words) }]);
  });

  it('tolerates CRLF and a byte-order mark in labels.txt and keeps empty lines in the middle', async () => {
    await put('iris/1/model.onnx');
    await put('iris/labels.txt', '\uFEFFsetosa\r\n\r\n virginica \r\n');
    expect((await scanRepository(root)).models[0]?.labels).toEqual(['setosa', '', ' virginica ']);
  });

  it('trims one newline only at the end of labels.txt', async () => {
    await put('iris/1/model.onnx');
    await put('iris/labels.txt', 'a\nb\n\n');
    expect((await scanRepository(root)).models[0]?.labels).toEqual(['a', 'b', '']);
  });

  it('does not serve a model whose labels cannot be read', async () => {
    await put('iris/1/model.onnx');
    await put('iris/labels.txt', new Uint8Array([0xc3, 0x28]));
    expect(await scanRepository(root)).toMatchObject({ models: [], problems: [{ path: 'iris/labels.txt' }] });
  });

  it('reports a labels.txt above 4 MiB with its size', async () => {
    await put('iris/1/model.onnx');
    await put('iris/labels.txt', new Uint8Array(4 * 1024 * 1024 + 1));
    expect((await scanRepository(root)).problems[0]?.message).toContain('4194305 bytes');
  });

  it('reports a name that breaks the rule', async () => {
    await put('my model/1/model.onnx');
    await put('con.v1/1/model.onnx');
    const { models, problems } = await scanRepository(root);
    expect(models).toEqual([]);
    expect(problems.map((problem) => problem.path)).toEqual(['con.v1', 'my model']);
    expect(problems[0]?.message).toContain('Windows device name');
  });

  it('serves the first of two names that differ in case only and reports the second', async (context) => {
    await put('Iris/1/model.onnx');
    if (existsSync(join(root, 'iris'))) context.skip('this file system ignores case');
    await put('iris/1/model.onnx');
    const { models, problems } = await scanRepository(root);
    expect(models.map((model) => model.name)).toEqual(['Iris']);
    expect(problems).toMatchObject([{ path: 'iris', message: expect.stringContaining('Iris') }]);
  });

  it('says where the file belongs when a model has no version', async () => {
    await put('iris/model.onnx');
    await put('empty/readme.txt');
    const { models, problems } = await scanRepository(root);
    expect(models).toEqual([]);
    expect(problems).toMatchObject([
      { path: 'empty', hint: 'Put the model at empty/1/model.onnx.' },
      { path: 'iris', hint: 'Move iris/model.onnx to iris/1/model.onnx.' },
    ]);
  });

  it('serves the other versions when one has no model.onnx, and says what is there instead', async () => {
    await put('iris/1/model.onnx');
    await put('iris/2/model.plan');
    const { models, problems } = await scanRepository(root);
    expect(models[0]?.versions.map((version) => version.version)).toEqual(['1']);
    expect(problems).toMatchObject([{ path: 'iris/2', message: expect.stringContaining('model.plan') }]);
  });

  it('reports an empty model.onnx and a folder of that name', async () => {
    await put('a/1/model.onnx', '');
    await put('b/1/model.onnx/weights');
    const { models, problems } = await scanRepository(root);
    expect(models).toEqual([]);
    expect(problems.map((problem) => problem.path)).toEqual(['a/1/model.onnx', 'a', 'b/1/model.onnx', 'b']);
  });

  it('serves a model with the settings of its config.pbtxt, under those of its millrace.json', async () => {
    await put('iris/1/model.onnx');
    await put(
      'iris/config.pbtxt',
      'max_batch_size: 8 instance_group { count: 2 } output { label_filename: "names.txt" }',
    );
    await put('iris/names.txt', 'a\nb\n');
    await put('iris/millrace.json', '{"replicas": 3}');
    expect(await scanRepository(root)).toMatchObject({
      models: [{ name: 'iris', manifest: { maxBatchSize: 8, replicas: 3 }, labels: ['a', 'b'] }],
      problems: [],
    });
  });

  it('reports what it does not use of a config.pbtxt, and serves the model all the same', async () => {
    await put('iris/1/model.onnx');
    await put('iris/config.pbtxt', 'max_batch_size: 8\nmodel_warmup { name: "w" }');
    expect(await scanRepository(root)).toMatchObject({
      models: [{ name: 'iris' }],
      problems: [{ path: 'iris/config.pbtxt', message: expect.stringContaining('model_warmup in line 2') }],
    });
  });

  it('does not serve a model whose config.pbtxt cannot be read', async () => {
    await put('iris/1/model.onnx');
    await put('iris/config.pbtxt', 'max_batch_size 8');
    expect(await scanRepository(root)).toMatchObject({
      models: [],
      problems: [{ path: 'iris/config.pbtxt', message: expect.stringContaining('line 1') }],
    });
  });

  it('tells which versions a config.pbtxt wants served, and does not follow its labels out of the model', async () => {
    for (const version of [1, 2, 3]) await put(`iris/${version}/model.onnx`);
    await put('labels.txt', 'secret');
    await put(
      'iris/config.pbtxt',
      'version_policy { specific { versions: [1, 2] } } output { label_filename: "../labels.txt" }',
    );
    const { models } = await scanRepository(root);
    expect(models[0]).toMatchObject({ policy: { specific: ['1', '2'] }, labels: undefined });
    expect(models[0]?.versions.map(({ version }) => version)).toEqual(['1', '2', '3']);
  });

  it('reads what an import put into the folder of the newest version, under what the owner put beside', async () => {
    for (const version of [1, 2]) {
      await put(`iris/${version}/model.onnx`);
      await put(`iris/${version}/labels.txt`, `old ${version}`);
      await put(`iris/${version}/millrace.json`, `{"replicas": ${version}, "threads": ${version}}`);
    }
    await put('iris/millrace.json', '{"threads": 7}');
    expect((await scanRepository(root)).models[0]).toMatchObject({
      labels: ['old 2'],
      manifest: { replicas: 2, threads: 7 },
    });
  });

  it('reads one model with the settings that came with one of its versions', async () => {
    for (const version of [1, 2]) {
      await put(`iris/${version}/model.onnx`);
      await put(`iris/${version}/labels.txt`, `of ${version}`);
      await put(`iris/${version}/millrace.json`, `{"threads": ${version}}`);
    }
    const { entry, problems } = await scanModel(root, 'iris', '1');
    expect(entry).toMatchObject({ labels: ['of 1'], manifest: { threads: 1 } });
    expect(problems).toEqual([]);
    expect(await scanModel(root, 'rose', undefined)).toMatchObject({ entry: undefined, problems: [{ path: 'rose' }] });
  });

  it('allows a model that runs elsewhere only', async () => {
    await put('remote/millrace.json', '{"upstreams": [{"url": "http://10.0.0.7:8000"}]}');
    const { models, problems } = await scanRepository(root);
    expect(problems).toEqual([]);
    expect(models[0]).toMatchObject({ name: 'remote', versions: [], manifest: { upstreams: [{ slots: 32 }] } });
  });

  it.skipIf(process.platform === 'win32')('follows a link inside the repository', async () => {
    await put('iris/1/model.onnx');
    await put('.blobs/abc', 'blob');
    await mkdir(join(root, 'iris/2'));
    await symlink('../../.blobs/abc', join(root, 'iris/2/model.onnx'));
    const { models, problems } = await scanRepository(root);
    expect(problems).toEqual([]);
    expect(models[0]?.versions[1]).toEqual({ version: '2', modelPath: join(root, '.blobs/abc'), sizeBytes: 4 });
  });

  it.skipIf(process.platform === 'win32')('refuses links out of the repository, wherever they stand', async () => {
    await writeFile(join(outside, 'secret'), 'root:x:0:0');
    await mkdir(join(outside, 'version'));
    await writeFile(join(outside, 'version/model.onnx'), 'model');
    await put('model/1/model.onnx');
    await mkdir(join(root, 'model/2'));
    await symlink(join(outside, 'secret'), join(root, 'model/2/model.onnx'));
    await symlink(join(outside, 'version'), join(root, 'model/3'));
    await put('labels/1/model.onnx');
    await symlink(join(outside, 'secret'), join(root, 'labels/labels.txt'));
    await put('dangling/1/model.onnx');
    await symlink(join(outside, 'nowhere'), join(root, 'dangling/millrace.json'));
    const { models, problems } = await scanRepository(root);
    expect(models.map((model) => [model.name, model.versions.length])).toEqual([['model', 1]]);
    expect(problems.map((problem) => problem.path)).toEqual([
      'dangling/millrace.json',
      'labels/labels.txt',
      'model/2/model.onnx',
      'model/3/model.onnx',
    ]);
    expect(JSON.stringify(problems)).not.toContain('root:x');
    expect(JSON.stringify(problems)).not.toContain(outside);
  });

  it.skipIf(process.platform === 'win32')('is not led astray by a sibling folder whose name begins alike', async () => {
    const sibling = `${root}-copy`;
    await mkdir(sibling);
    await writeFile(join(sibling, 'model.onnx'), 'model');
    await mkdir(join(root, 'iris/1'), { recursive: true });
    await symlink(join(sibling, 'model.onnx'), join(root, 'iris/1/model.onnx'));
    expect((await scanRepository(root)).models).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('reads a repository that is itself behind a link', async () => {
    await put('iris/1/model.onnx');
    await symlink(root, join(outside, 'link'));
    expect((await scanRepository(join(outside, 'link'))).models[0]?.versions[0]?.modelPath).toBe(
      join(root, 'iris/1/model.onnx'),
    );
  });
});

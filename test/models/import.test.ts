import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { link, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scanRepository } from '../../server/models/repository.ts';
import { externalDataModel, foreignTypeModel, nestedExternalModel, zipMapModel } from '../support/foreign-models.ts';
import { ImportBench } from '../support/model-imports.ts';
import { identityModel } from '../support/models.ts';
import { zip } from '../support/zip-writer.ts';

let bench: ImportBench;
beforeEach(async () => {
  bench = await ImportBench.open();
});
afterEach(() => bench[Symbol.asyncDispose]());

const modelBytes = identityModel('FLOAT', ['batch', 4]);
const other = identityModel('FLOAT', ['rows', 4]);
const external = externalDataModel([['location', 'weights.bin']]);
const samples = JSON.stringify({ inputs: [[1, 2, 3, 4]], expected: { y: [[1, 2, 3, 4]] } });

const stored = (): string[] =>
  readdirSync(bench.data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(bench.data.length + 1))
    .toSorted();

describe('importModels', () => {
  it('publishes a file as version 1 with digests, and leaves nothing in staging', async () => {
    const { state, record } = await bench.imported(await bench.put('iris.onnx', modelBytes));
    expect(state).toBe('imported');
    expect(stored()).toEqual(['models/iris/1/model.onnx', 'models/iris/1/version.json']);
    const sha256 = createHash('sha256').update(modelBytes).digest('hex');
    expect(record).toMatchObject({
      name: 'iris',
      version: '1',
      files: { 'model.onnx': { sizeBytes: modelBytes.length, sha256 } },
      origin: { source: 'iris.onnx', sha256, changes: [] },
    });
    expect(bench.trials[0]?.modelPath).toContain(join('data', 'staging'));
  });

  it('gives further contents the next number and the same contents none', async () => {
    const path = await bench.put('iris.onnx', modelBytes);
    await bench.imported(path);
    expect(await bench.imported(path)).toMatchObject({ state: 'unchanged', record: { version: '1' } });
    expect(await bench.imported(await bench.put('iris.onnx', other))).toMatchObject({
      state: 'imported',
      record: { version: '2' },
    });
    expect(bench.trials).toHaveLength(2);
  });

  it('takes name and version from flags', async () => {
    const path = await bench.put('model.onnx', modelBytes);
    expect((await bench.imported(path, { name: 'flower', version: '7' })).record).toMatchObject({
      name: 'flower',
      version: '7',
    });
    const error = await bench.refused(await bench.put('model.onnx', other), { name: 'flower', version: '7' });
    expect(error.message).toMatch(/has a version 7 with other contents/);
  });

  it.each([
    ['../evil', 'invalid-name'],
    ['con', 'invalid-name'],
    ['a/b', 'invalid-name'],
  ])('refuses the name %s', async (name, code) => {
    const path = await bench.put('m.onnx', modelBytes);
    await expect(bench.import(path, { name })).rejects.toMatchObject({ code });
    await expect(bench.import(path, { version: '01' })).rejects.toMatchObject({ code: 'invalid-config' });
  });

  it('refuses a name that the store has in other letters', async () => {
    await bench.imported(await bench.put('Iris.onnx', modelBytes));
    const error = await bench.refused(await bench.put('x.onnx', other), { name: 'iris' });
    expect(error).toMatchObject({ code: 'invalid-name', message: expect.stringContaining("as 'Iris'") });
  });

  it('imports every model and version of a Triton repository, with what lies beside them', async () => {
    await bench.put('repo/a/1/model.onnx', modelBytes);
    await bench.put('repo/a/3/model.onnx', other);
    await bench.put('repo/a/labels.txt', 'one\ntwo\n');
    await bench.put('repo/a/samples.json', samples);
    await bench.put('repo/b/1/model.onnx', external);
    await bench.put('repo/b/1/weights.bin', Buffer.alloc(16));
    await bench.put('repo/b/config.pbtxt', 'name: "bee" max_batch_size: 16\nmodel_warmup { name: "w" }');
    await bench.put('repo/b/1/notes.txt', 'unused');
    await bench.put('repo/readme.md', 'hello');
    const report = await bench.import(bench.path('repo'));
    expect(report.passedOver).toEqual(['readme.md']);
    expect(
      report.versions.map((each) => [
        each.state,
        each.state !== 'refused' && `${each.record.name}/${each.record.version}`,
      ]),
    ).toEqual([
      ['imported', 'a/1'],
      ['imported', 'a/3'],
      ['imported', 'b/1'],
    ]);
    expect(stored().filter((path) => path.startsWith('models/b'))).toEqual([
      'models/b/1/config.pbtxt',
      'models/b/1/model.onnx',
      'models/b/1/version.json',
      'models/b/1/weights.bin',
    ]);
    const last = report.versions.at(-1)!;
    const notes = last.state === 'refused' ? [] : last.record.notes;
    expect(notes.join('\n')).toMatch(/line 2: model_warmup is not used/);
    expect(notes.join('\n')).toMatch(/left out of version 1: notes\.txt/);
    expect(notes.join('\n')).toMatch(/calls the model bee/);
    expect(bench.trials.at(-1)).toMatchObject({ maxBatchSize: 16 });
    expect(bench.trials[0]?.samples?.inputs['']).toEqual([[1, 2, 3, 4]]);
    const scan = await scanRepository(join(bench.data, 'models'));
    expect(scan.models).toMatchObject([
      { name: 'a', labels: ['one', 'two'], versions: [{ version: '1' }, { version: '3' }] },
      { name: 'b', manifest: { maxBatchSize: 16 } },
    ]);
  });

  it("reads Triton's folder of the name model.onnx", async () => {
    await bench.put('m/1/model.onnx/model.onnx', external);
    await bench.put('m/1/model.onnx/weights.bin', Buffer.alloc(16));
    expect((await bench.imported(bench.path('m'))).record).toMatchObject({ name: 'm', version: '1' });
    expect(stored()).toContain('models/m/1/weights.bin');
  });

  it('imports a zip archive like the folder in it', async () => {
    const path = await bench.put(
      'flowers.zip',
      zip([
        { name: 'iris/1/model.onnx', content: external },
        { name: 'iris/1/weights.bin', content: Buffer.alloc(16) },
      ]),
    );
    expect((await bench.imported(path)).record).toMatchObject({ name: 'iris', origin: { source: 'flowers.zip' } });
    expect(stored().filter((file) => !file.startsWith('models/'))).toEqual([]);
  });

  it('imports from the store of another machine, whose versions have everything in them', async () => {
    await bench.put('iris/1/model.onnx', modelBytes);
    await bench.put('iris/labels.txt', 'a\nb\n');
    await bench.imported(bench.path('iris'));
    const elsewhere = join(bench.folder, 'elsewhere');
    const copy = await bench.imported(join(bench.data, 'models'), { dataDirectory: elsewhere });
    expect(copy.record).toMatchObject({ name: 'iris', version: '1', notes: [] });
    expect(Object.keys(copy.record.files)).toEqual(['model.onnx', 'labels.txt']);
  });

  it('keeps the good models of a repository beside a bad one', async () => {
    await bench.put('repo/bad/1/model.onnx', '<html>');
    await bench.put('repo/good/1/model.onnx', modelBytes);
    expect((await bench.import(bench.path('repo'))).versions).toMatchObject([
      { state: 'refused', name: 'bad', error: { message: 'model.onnx is a web page (HTML), not an ONNX model.' } },
      { state: 'imported', record: { name: 'good' } },
    ]);
  });

  it('takes labels and settings over when only a new file is named, and lets the saved cases test it', async () => {
    await bench.put('iris/1/model.onnx', modelBytes);
    await bench.put('iris/labels.txt', 'a\nb\n');
    await bench.put('iris/samples.json', samples);
    await bench.imported(bench.path('iris'));
    const path = await bench.put('iris.onnx', other);
    const next = await bench.imported(path);
    expect(next.record.origin.carried).toEqual(['labels.txt', 'samples.json']);
    expect(bench.trials[1]?.samples).toBeDefined();
    expect(next.changes).toEqual({ since: '1', list: [] });
    expect(await bench.imported(path)).toMatchObject({ state: 'unchanged', record: { version: '2' } });
  });

  it('takes nothing over to a version that breaks clients, and says what breaks', async () => {
    await bench.put('iris/1/model.onnx', modelBytes);
    await bench.put('iris/labels.txt', 'a\nb\n');
    await bench.imported(bench.path('iris'));
    bench.signature = { ...bench.signature, outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 9] }] };
    const { record, changes } = await bench.imported(await bench.put('iris.onnx', other));
    expect(record.origin.carried).toEqual([]);
    expect(changes?.list).toEqual([{ text: 'output y has shape [any, 9], was [any, 4]', breaking: true }]);
  });

  it('says aloud that saved test cases were skipped', async () => {
    await bench.put('iris/1/model.onnx', modelBytes);
    await bench.put('iris/samples.json', samples);
    const { record } = await bench.imported(bench.path('iris'), { skipSamples: true });
    expect(bench.trials[0]?.samples).toBeUndefined();
    expect(record.notes).toContain('The saved test cases were skipped (--no-samples).');
  });

  it('stores a classifier without its ZipMap, with its labels and what was changed', async () => {
    const original = zipMapModel(['cat', 'dog']);
    const { record } = await bench.imported(await bench.put('pets.onnx', original));
    expect(readFileSync(join(bench.data, 'models/pets/1/labels.txt'), 'utf8')).toBe('cat\ndog\n');
    expect(record.origin).toMatchObject({
      sha256: createHash('sha256').update(original).digest('hex'),
      changes: ['ZipMap removed: output output_probability became probabilities'],
    });
    expect(record.files['model.onnx']?.sha256).not.toBe(record.origin.sha256);
    expect(await bench.imported(bench.path('pets.onnx'))).toMatchObject({ state: 'unchanged' });
  });

  it.each(['bfloat16', 'complex64', 'sequence', 'map', 'optional', 'sparse tensor'] as const)(
    'refuses %s with what to change',
    async (type) => {
      const error = await bench.refused(await bench.put('m.onnx', foreignTypeModel(type)));
      expect(error.message).toContain(type);
      expect(error.hint).toMatch(/^Export it with/);
      expect((await bench.refused(await bench.put('m.onnx', foreignTypeModel(type, 'input')))).message).toContain(
        'input "x"',
      );
      expect(stored()).toEqual([]);
      expect(bench.trials).toEqual([]);
    },
  );
});

describe('external data', () => {
  it('is copied from beside a single file', async () => {
    await bench.put('weights.bin', Buffer.alloc(16, 7));
    await bench.imported(await bench.put('m.onnx', external));
    expect(readFileSync(join(bench.data, 'models/m/1/weights.bin'))).toEqual(Buffer.alloc(16, 7));
  });

  it('is named when it is missing or too short', async () => {
    const path = await bench.put('m.onnx', external);
    expect(await bench.refused(path)).toMatchObject({
      details: { reason: 'external-data-missing' },
      message: expect.stringContaining('weights.bin (at least 16 bytes)'),
    });
    await bench.put('weights.bin', Buffer.alloc(15));
    expect((await bench.refused(path)).message).toBe(
      "weights.bin has 15 bytes, but the model's weights in it need at least 16.",
    );
  });

  it('is refused outside the folder, however it is reached', async () => {
    const secret = await bench.put('../secret', Buffer.alloc(16));
    const path = await bench.put('m/model.onnx', external);
    await link(secret, bench.path('m/weights.bin'));
    expect(await bench.refused(path)).toMatchObject({
      details: { reason: 'hard-link' },
      message: 'weights.bin is a hard link: the file has 2 names.',
    });

    await symlink(secret, bench.path('m2'));
    for (const location of ['../secret', secret, 'm/../../../secret']) {
      const outside = await bench.put('n/model.onnx', externalDataModel([['location', location]]));
      expect(await bench.refused(outside)).toMatchObject({ details: { reason: 'external-data-location' } });
    }
    const inFolder = await bench.put('o/model.onnx', externalDataModel([['location', 'sub/weights.bin']]));
    await bench.put('elsewhere/weights.bin', Buffer.alloc(16));
    await symlink(bench.path('elsewhere'), bench.path('o/sub'));
    expect(await bench.refused(inFolder)).toMatchObject({ details: { reason: 'link' } });
    const linked = await bench.put('p/model.onnx', external);
    await symlink(secret, bench.path('p/weights.bin'));
    expect(await bench.refused(linked)).toMatchObject({ details: { reason: 'link' } });
    const folder = await bench.put('q/model.onnx', external);
    await mkdir(bench.path('q/weights.bin'));
    expect(await bench.refused(folder)).toMatchObject({ details: { reason: 'not-a-file' } });
    const nested = await bench.put('r/model.onnx', nestedExternalModel('../secret'));
    expect(await bench.refused(nested)).toMatchObject({ details: { reason: 'external-data-location' } });
    expect(stored()).toEqual([]);
  });
});

describe('a disk without room', () => {
  it('is one sentence with the bytes needed and leaves nothing', async () => {
    const path = await bench.put('m.onnx', modelBytes);
    const error = await bench.refused(path, { freeBytes: async () => 1_000_050 });
    expect(error.message).toBe(
      `The disk is full: the import needs ${modelBytes.length} bytes (${modelBytes.length} bytes), and 50 bytes are free.`,
    );
    expect(stored()).toEqual([]);
  });

  it('is said of an archive too', async () => {
    const path = await bench.put('m.zip', zip([{ name: 'm/model.onnx', content: modelBytes }]));
    await expect(bench.import(path, { freeBytes: async () => 0 })).rejects.toMatchObject({
      details: { reason: 'disk-full' },
    });
    expect(stored()).toEqual([]);
  });
});

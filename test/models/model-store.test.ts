import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelStore } from '../../server/models/model-store.ts';
import { scanStore } from '../../server/models/store-scan.ts';
import { externalDataModel } from '../support/foreign-models.ts';
import { ImportBench } from '../support/model-imports.ts';
import { identityModel } from '../support/models.ts';

let bench: ImportBench;
let store: ModelStore;
beforeEach(async () => {
  bench = await ImportBench.open();
  store = new ModelStore(bench.data);
});
afterEach(() => bench[Symbol.asyncDispose]());

async function importVersions(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await bench.imported(await bench.put('iris.onnx', identityModel('FLOAT', [`batch${index}`, 4])));
  }
}

async function flipBit(path: string, at: number): Promise<void> {
  const absolute = join(store.modelsFolder, path);
  const bytes = await readFile(absolute);
  bytes[at % bytes.length]! ^= 16;
  await writeFile(absolute, bytes);
}

describe('a damaged version', () => {
  it.each(['model.onnx', 'version.json', 'weights.bin'])(
    'is found by a bit in %s, put into quarantine, and the one before is offered',
    async (file) => {
      await importVersions(1);
      await bench.put('weights.bin', Buffer.alloc(16, 3));
      await bench.imported(await bench.put('iris.onnx', externalDataModel([['location', 'weights.bin']])));
      await flipBit(`iris/2/${file}`, 9);
      const scan = await scanStore(bench.data);
      expect(scan.problems).toEqual([
        {
          path: 'iris/2',
          message: expect.stringMatching(/Version 2 of iris .*quarantine\. Version 1 is served instead\./),
          hint: expect.any(String),
        },
      ]);
      expect(await store.versions('iris')).toEqual(['1']);
      expect(await store.nextVersion('iris')).toBe('3');
      // It is said at every start, until its number is imported again.
      expect((await scanStore(bench.data)).problems).toHaveLength(1);
      await bench.imported(bench.path('iris.onnx'), { version: '2' });
      expect((await scanStore(bench.data)).problems).toEqual([]);
    },
  );

  it('is one with a file too many, too few or of another size', async () => {
    await importVersions(3);
    await writeFile(join(store.modelsFolder, 'iris/1/labels.txt'), 'evil');
    await rm(join(store.modelsFolder, 'iris/2/model.onnx'));
    await writeFile(join(store.modelsFolder, 'iris/3/model.onnx'), 'short');
    const faults = await Promise.all(
      ['1', '2', '3'].map(async (version) => (await store.check('iris', version)).fault),
    );
    expect(faults).toEqual([
      'has a file that was not imported, labels.txt',
      'has lost its model.onnx',
      'has a model.onnx that changed after its import',
    ]);
    expect((await scanStore(bench.data)).modelsFolder).toBeUndefined();
  });

  it('is not one with files that desktops leave, and one in the place of another is', async () => {
    await importVersions(2);
    await writeFile(join(store.modelsFolder, 'iris/1/.DS_Store'), 'x');
    expect((await store.check('iris', '1')).fault).toBeUndefined();
    await rm(join(store.modelsFolder, 'iris/1'), { recursive: true });
    await mkdir(join(store.modelsFolder, 'iris/1'));
    for (const file of ['model.onnx', 'version.json']) {
      await writeFile(
        join(store.modelsFolder, 'iris/1', file),
        await readFile(join(store.modelsFolder, 'iris/2', file)),
      );
    }
    expect((await store.check('iris', '1')).fault).toBe('was imported as version 2 of iris');
  });

  it('does not hide behind its record when the same contents are imported again', async () => {
    await importVersions(1);
    await flipBit('iris/1/model.onnx', 20);
    expect(await bench.imported(bench.path('iris.onnx'))).toMatchObject({
      state: 'imported',
      record: { version: '2' },
    });
  });
});

describe('ModelStore', () => {
  it('gives each number to one of many imports at once', async () => {
    const paths = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        bench.put(`${index}/iris.onnx`, identityModel('FLOAT', [`b${index}`, 4])),
      ),
    );
    const imported = await Promise.all(paths.map((path) => bench.imported(path)));
    expect(imported.map(({ record }) => Number(record.version)).toSorted((a, b) => a - b)).toEqual(
      paths.map((_, index) => index + 1),
    );
    for (const { record } of imported) expect((await store.check('iris', record.version)).fault).toBeUndefined();
    expect(readdirSync(store.stagingFolder)).toEqual([]);
  });

  it('lets one of many imports with the same wished number win', async () => {
    const paths = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        bench.put(`${index}/iris.onnx`, identityModel('FLOAT', [`b${index}`, 4])),
      ),
    );
    const reports = await Promise.all(paths.map((path) => bench.import(path, { version: '5' })));
    expect(reports.map(({ versions }) => versions[0]?.state).toSorted()).toEqual([
      'imported',
      ...paths.slice(1).map(() => 'refused'),
    ]);
    expect(await store.versions('iris')).toEqual(['5']);
  });

  it('removes a version, and the folder with the last one', async () => {
    await importVersions(2);
    await store.remove('iris', '1');
    expect(await store.versions('iris')).toEqual(['2']);
    await store.remove('iris', '2');
    expect(existsSync(join(store.modelsFolder, 'iris'))).toBe(false);
    expect(readdirSync(store.stagingFolder)).toEqual([]);
  });

  it('says what there is where something is not found', async () => {
    await importVersions(1);
    await expect(store.find('Iris')).resolves.toEqual({ name: 'iris', versions: ['1'] });
    await expect(store.find('rose')).rejects.toMatchObject({ code: 'unknown-model', hint: 'It has: iris.' });
    await expect(store.find('iris', '2')).rejects.toMatchObject({ code: 'unknown-version', hint: 'It has: 1.' });
  });

  it('clears away what dead processes left, and leaves what live ones need', async () => {
    await importVersions(1);
    // The highest process id of a 32-bit system: nobody has it.
    await mkdir(join(store.stagingFolder, '2147483646-abc'));
    await mkdir(join(store.stagingFolder, `${process.ppid}-def`));
    await mkdir(join(store.modelsFolder, 'half'));
    const scan = await scanStore(bench.data);
    expect(scan).toEqual({ modelsFolder: store.modelsFolder, problems: [] });
    expect(readdirSync(store.stagingFolder)).toEqual([`${process.ppid}-def`]);
    expect(readdirSync(store.modelsFolder)).toEqual(['iris']);
  });
});

import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelStore } from '../../server/models/model-store.ts';
import { restoreVersions, viewTrash } from '../../server/models/restoring.ts';
import { scanStore } from '../../server/models/store-scan.ts';
import { keptDays } from '../../server/models/trash.ts';
import { ImportBench } from '../support/model-imports.ts';
import { identityModel } from '../support/models.ts';

const dayMs = 86_400_000;
let bench: ImportBench;
let store: ModelStore;
/** Each import has contents of its own. */
let made = 0;
beforeEach(async () => {
  bench = await ImportBench.open();
  store = new ModelStore(bench.data);
});
afterEach(() => bench[Symbol.asyncDispose]());

async function importVersions(count: number, name = 'iris'): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const seed = `batch${(made += 1)}`;
    await bench.imported(await bench.put(`${name}.onnx`, identityModel('FLOAT', [seed, 4])));
  }
}

describe('a removed version', () => {
  it('comes back as it was, byte by byte', async () => {
    await importVersions(3);
    const before = await store.record('iris', '2');
    await store.remove('iris', '2');
    expect(await store.versions('iris')).toEqual(['1', '3']);
    expect(await restoreVersions(store, 'iris', undefined)).toEqual({ name: 'iris', versions: ['2'] });
    expect(await store.versions('iris')).toEqual(['1', '2', '3']);
    expect(await store.record('iris', '2')).toEqual(before);
    expect((await store.check('iris', '2')).fault).toBeUndefined();
    expect(existsSync(store.trash.folder)).toBe(false);
  });

  it('keeps its number while it can come back', async () => {
    await importVersions(2);
    await store.remove('iris', '2');
    expect(await store.nextVersion('iris')).toBe('3');
    await store.remove('iris', '1');
    expect(await store.nextVersion('iris')).toBe('3');
  });

  it('does not come back over another of its number, and nothing is lost by trying', async () => {
    await importVersions(2);
    await store.remove('iris', '2');
    const other = await bench.put('other.onnx', identityModel('FLOAT', ['else', 4]));
    await bench.imported(other, { name: 'iris', version: '2' });
    await expect(restoreVersions(store, 'iris', '2')).rejects.toMatchObject({
      code: 'conflict',
      message: 'Version 2 of iris is in the store again.',
    });
    expect((await store.trash.entries()).map(({ versions }) => versions)).toEqual([['2']]);
    await store.remove('iris', '2');
    // Two removals of one number: the last one comes back first.
    expect((await store.trash.entries()).length).toBe(2);
    await restoreVersions(store, 'iris', '2');
    expect((await store.record('iris', '2'))!.origin.source).toBe('other.onnx');
  });

  it('that was damaged in the trash goes to quarantine, and the rest is there', async () => {
    await importVersions(2);
    await store.remove('iris', undefined);
    const [entry] = await store.trash.entries();
    const path = join(store.trash.versionFolder(entry!, '1'), 'model.onnx');
    const bytes = await readFile(path);
    bytes[9]! ^= 1;
    await writeFile(path, bytes);
    await expect(restoreVersions(store, 'iris', undefined)).rejects.toMatchObject({
      code: 'model-refused',
      details: { restored: ['2'] },
    });
    expect(await store.versions('iris')).toEqual(['2']);
    expect((await store.quarantined()).map(({ version }) => version)).toEqual(['1']);
  });
});

describe('a removed model', () => {
  it('comes back whole, with what its owner wrote and what was to be served', async () => {
    await importVersions(2);
    await writeFile(join(store.modelsFolder, 'iris', 'millrace.json'), '{"threads":1}');
    await writeFile(join(store.modelsFolder, 'iris', 'serving.json'), '{"served":"1"}');
    await store.remove('iris', undefined);
    expect(await store.names()).toEqual([]);
    expect(await restoreVersions(store, 'IRIS', undefined)).toEqual({ name: 'iris', versions: ['1', '2'] });
    expect(await readFile(join(store.modelsFolder, 'iris', 'millrace.json'), 'utf8')).toBe('{"threads":1}');
    expect(await readFile(join(store.modelsFolder, 'iris', 'serving.json'), 'utf8')).toBe('{"served":"1"}');
  });

  it('gives back one of its versions, and the rest waits on', async () => {
    await importVersions(3);
    await store.remove('iris', undefined);
    expect(await restoreVersions(store, 'iris', '2')).toEqual({ name: 'iris', versions: ['2'] });
    expect((await store.trash.entries()).map(({ versions }) => versions)).toEqual([['1', '3']]);
    await restoreVersions(store, 'iris', undefined);
    expect(await store.versions('iris')).toEqual(['1', '2', '3']);
    expect(await store.trash.entries()).toEqual([]);
  });

  it('comes back under the name that it has now', async () => {
    await importVersions(1);
    await store.remove('iris', undefined);
    await importVersions(1, 'Iris');
    expect(await store.versions('Iris')).toEqual(['1']);
    await store.remove('Iris', '1');
    await importVersions(1, 'rose');
    expect((await restoreVersions(store, 'iris', undefined)).name).toBe('Iris');
  });
});

describe('the trash', () => {
  it('keeps what is removed for a week, and not a moment longer', async () => {
    await importVersions(2);
    const nowMs = 1_800_000_000_000;
    await store.remove('iris', '1', nowMs);
    expect(await store.trash.empty(nowMs + keptDays * dayMs - 1)).toEqual([]);
    expect(await viewTrash(store)).toEqual([
      {
        name: 'iris',
        versions: ['1'],
        isWhole: false,
        sizeBytes: expect.any(Number),
        removedAt: new Date(nowMs).toISOString(),
        deletedAt: new Date(nowMs + 7 * dayMs).toISOString(),
      },
    ]);
    expect((await store.trash.empty(nowMs + keptDays * dayMs)).map(({ name }) => name)).toEqual(['iris']);
    expect(existsSync(store.trash.folder)).toBe(false);
    expect(readdirSync(store.stagingFolder)).toEqual([]);
  });

  it('is cleared by the next removal and by the next start', async () => {
    await importVersions(3);
    await store.remove('iris', '1', Date.now() - 8 * dayMs);
    // A removal clears what is over its time, its own included.
    expect(await store.trash.entries()).toHaveLength(1);
    await store.remove('iris', '2');
    expect((await store.trash.entries()).map(({ versions }) => versions)).toEqual([['2']]);
    await mkdir(join(store.trash.folder, `iris@1@${Date.now() - 8 * dayMs}`));
    await scanStore(bench.data);
    expect((await store.trash.entries()).map(({ versions }) => versions)).toEqual([['2']]);
  });

  it('says what there is where something is not found, and passes over what is not its own', async () => {
    await expect(store.restore('iris')).rejects.toMatchObject({ code: 'unknown-model', hint: 'The trash is empty.' });
    await importVersions(2);
    await store.remove('iris', '1');
    await mkdir(join(store.trash.folder, 'somebody’s'));
    await writeFile(join(store.trash.folder, 'notes.txt'), 'x');
    await expect(store.restore('rose')).rejects.toMatchObject({ code: 'unknown-model', hint: 'There is: iris.' });
    await expect(store.restore('iris', '2')).rejects.toMatchObject({ code: 'unknown-version', hint: 'There is: 1.' });
    expect(await store.trash.empty(Number.MAX_SAFE_INTEGER)).toHaveLength(1);
    expect(readdirSync(store.trash.folder).toSorted()).toEqual(['notes.txt', 'somebody’s']);
  });
});

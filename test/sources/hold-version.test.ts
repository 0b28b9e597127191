import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { ModelStore } from '../../server/models/model-store.ts';
import { planServing } from '../../server/models/serving-plan.ts';
import { noWishes } from '../../server/models/serving.ts';
import { readWishes, writeWishes } from '../../server/models/serving-file.ts';
import { holdVersion } from '../../server/sources/hold-version.ts';
import { ImportBench } from '../support/model-imports.ts';
import { identityModel } from '../support/models.ts';

let bench: ImportBench;
let store: ModelStore;
beforeEach(async () => {
  bench = await ImportBench.open();
  store = new ModelStore(bench.data);
});
afterEach(() => bench[Symbol.asyncDispose]());

async function stored(...versions: readonly string[]): Promise<void> {
  for (const version of versions) {
    await bench.put(`in-${version}/iris/${version}/model.onnx`, identityModel('FLOAT', [`batch_${version}`, 4]));
    await bench.imported(bench.path(`in-${version}/iris`));
  }
}

/** What a host serves of the versions that are there. */
async function served(...there: readonly string[]): Promise<string | undefined> {
  const { wishes } = await readWishes(join(store.modelsFolder, 'iris'));
  const present = there.map((version) => ({ version, isBreaking: false }));
  return planServing(wishes, undefined, present, []).served;
}

describe('a version that is held', () => {
  it('is not served by itself when it comes, and the one before goes on', async () => {
    await stored('1', '2');
    expect(await served('1', '2', '3')).toBe('3');
    await holdVersion(store, 'iris', '3');
    expect(await served('1', '2', '3')).toBe('2');
    // What comes by another way is news as before.
    expect(await served('1', '2', '3', '4')).toBe('4');
  });

  it('leaves what a person chose as it is', async () => {
    await stored('1', '2');
    const chosen = { ...noWishes, served: '1', seen: '2', previous: ['2'], shadow: '2' };
    await writeWishes(join(store.modelsFolder, 'iris'), chosen);
    await holdVersion(store, 'iris', '10');
    expect((await readWishes(join(store.modelsFolder, 'iris'))).wishes).toEqual({ ...chosen, seen: '10' });
    await holdVersion(store, 'iris', '9');
    expect((await readWishes(join(store.modelsFolder, 'iris'))).wishes.seen).toBe('10');
  });

  it('of a model that is new, or that is there already, is not noted', async () => {
    await holdVersion(store, 'iris', '1');
    expect(await store.versions('iris')).toEqual([]);
    await stored('1');
    await holdVersion(store, 'iris', '1');
    expect((await readWishes(join(store.modelsFolder, 'iris'))).wishes).toEqual(noWishes);
  });
});

/** The feature store as apps and the command line meet it, and what `/predict` takes from it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/host-process.ts';
import { millrace } from '../support/millrace-command.ts';
import { identityModel, twoInputModel } from '../support/models.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';

let host: TestHost;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-features-test-'));
  host = await TestHost.start({
    models: [
      { name: 'risk', bytes: identityModel('FLOAT'), manifest: { features: ['age', 'bmi', 'smoker'] } },
      { name: 'exact', bytes: identityModel('INT64'), manifest: { features: ['a', 'b'] } },
      { name: 'nameless', bytes: identityModel('FLOAT') },
      { name: 'two', bytes: twoInputModel() },
    ],
    settings: { cache: {} },
  });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const put = (path: string, value: unknown): Promise<HttpAnswer> =>
  host.send(`/v1/features/${path}`, { method: 'PUT', body: JSON.stringify(value) });
const codeOf = (answer: HttpAnswer): unknown => [answer.status, answer.json<{ code?: string }>().code];
const predict = (model: string, value: unknown): Promise<HttpAnswer> => host.post(`/predict/${model}`, value);
const y = (answer: HttpAnswer): unknown => {
  expect(answer.status, answer.text).toBe(200);
  return answer.json<{ prediction: { y: unknown } }>().prediction.y;
};

describe('/v1/features', () => {
  it('writes, reads and removes entities, and describes the set', async () => {
    const written = await put('patients/42', { features: { age: 61, bmi: 27.5, smoker: 1, name: 'Ü' } });
    expect([written.status, written.json()]).toEqual([
      200,
      expect.objectContaining({
        set: 'patients',
        id: '42',
        schemaVersion: 1,
        features: { age: 61, bmi: 27.5, smoker: 1, name: 'Ü' },
      }),
    ]);
    expect((await host.send('/v1/features/patients/42')).json()).toEqual(written.json());
    await put('patients/a%2Fb', { features: { age: 1 } });
    const batch = await host.post('/v1/features/patients:get', { ids: ['42', 'none', 'a/b'] });
    expect(batch.json<{ entities: ({ id: string } | null)[] }>().entities.map((entity) => entity?.id)).toEqual([
      '42',
      undefined,
      'a/b',
    ]);
    expect((await host.send('/v1/features/patients')).json()).toEqual({
      set: 'patients',
      schemaVersion: 1,
      features: { age: 'number', bmi: 'number', smoker: 'number', name: 'text' },
      ttlSeconds: null,
      entities: 2,
    });
    expect((await host.send('/v1/features')).json<{ sets: { set: string }[] }>().sets.map(({ set }) => set)).toEqual([
      'patients',
    ]);
    expect((await host.send('/v1/features/patients/a%2Fb', { method: 'DELETE' })).status).toBe(200);
    expect(codeOf(await host.send('/v1/features/patients/a%2Fb'))).toEqual([404, 'unknown-entity']);
    expect(codeOf(await host.send('/v1/features/none/1'))).toEqual([404, 'unknown-feature-set']);
  });

  it('refuses what does not fit, with a sentence that names it', async () => {
    await put('typed/1', { features: { age: 61 } });
    const wrong = await put('typed/2', { features: { age: 'old' } });
    expect(codeOf(wrong)).toEqual([422, 'invalid-features']);
    expect(wrong.json<{ error: string }>().error).toBe(
      'Feature "age" of entity "2" is a text, but in this set it is a number.',
    );
    expect(codeOf(await put('typed/2', { features: { age: [1] } }))).toEqual([422, 'invalid-features']);
    expect(codeOf(await put('typed/2', { feature: {} }))).toEqual([400, 'invalid-request']);
    expect(codeOf(await host.send('/v1/features/typed/2', { method: 'PUT', body: '{' }))).toEqual([
      400,
      'invalid-json',
    ]);
    expect(codeOf(await put('..%2Fx/2', { features: {} }))).toEqual([400, 'invalid-name']);
    expect(codeOf(await host.post('/v1/features/typed/2', {}))).toEqual([405, 'method-not-allowed']);
    const many = Array.from({ length: 1001 }, (_, index) => String(index));
    expect(codeOf(await host.post('/v1/features/typed:get', { ids: many }))).toEqual([413, 'payload-too-large']);
    expect(codeOf(await put('typed', { ttlSeconds: 0 }))).toEqual([422, 'invalid-features']);
  });

  it('takes no write from a page of another site', async () => {
    const answer = await host.send('/v1/features/patients/666', {
      method: 'PUT',
      headers: { Origin: 'https://evil.example' },
      body: '{"features":{"age":1}}',
    });
    expect(codeOf(answer)).toEqual([403, 'forbidden-origin']);
  });
});

describe('/predict with an entity', () => {
  it('fills what the request leaves out; what it says wins; what neither has is named', async () => {
    await put('people/7', { features: { age: 50, bmi: 20.5 } });
    const entity = { set: 'people', id: 7 };
    expect(y(await predict('risk', { entity, features: { smoker: 1 } }))).toEqual([50, 20.5, 1]);
    expect(y(await predict('risk', { entity, features: { smoker: 0, age: 51 } }))).toEqual([51, 20.5, 0]);
    const missing = await predict('risk', { entity });
    expect(codeOf(missing)).toEqual([422, 'missing-feature']);
    expect(missing.json()).toMatchObject({
      error:
        'Feature "smoker" is missing: the request does not say it, and entity "7" of the set "people" does not have it.',
      details: { missing: ['smoker'] },
    });
    const nobody = await predict('risk', { entity: { set: 'people', id: '8' }, features: { age: 1 } });
    expect(nobody.json<{ error: string }>().error).toBe(
      'Feature "bmi" is missing: the request does not say it, and the set "people" has no entity "8". 1 more are missing as well.',
    );
    expect(
      y(await predict('risk', { entity: { set: 'people', id: '8' }, features: { age: 1, bmi: 2, smoker: 3 } })),
    ).toEqual([1, 2, 3]);
    expect(y(await host.post('/predict', { model: 'risk', entity, features: { smoker: 1 } }))).toEqual([50, 20.5, 1]);
  });

  it('keeps the digits of what the request says', async () => {
    await put('exact/1', { features: { b: 2 } });
    const answer = await host.send('/predict/exact', {
      body: '{"entity":{"set":"exact","id":"1"},"features":{"a":9007199254740993}}',
    });
    expect(answer.text).toContain('[9007199254740993,2]');
  });

  it('fills inputs by name where a model has several', async () => {
    const { signature } = (await host.status()).models.find(({ name }) => name === 'two')!;
    const names = signature!.inputs.map(({ name }) => name);
    await put('pairs/1', { features: Object.fromEntries(names.map((name, index) => [name, index + 1])) });
    const asked = await predict('two', { entity: { set: 'pairs', id: '1' } });
    const said = await predict('two', { inputs: Object.fromEntries(names.map((name, index) => [name, [index + 1]])) });
    expect(asked.status, asked.text).toBe(said.status);
    if (said.status === 200)
      expect(asked.json<{ prediction: unknown }>().prediction).toEqual(said.json<{ prediction: unknown }>().prediction);
  });

  it('is refused where there is nothing to fill by name, or it is written wrongly', async () => {
    const entity = { set: 'people', id: '7' };
    expect(codeOf(await predict('nameless', { entity }))).toEqual([400, 'invalid-request']);
    expect(codeOf(await predict('risk', { entity, features: [1, 2, 3] }))).toEqual([400, 'invalid-request']);
    expect(codeOf(await predict('risk', { entity: '7', features: {} }))).toEqual([400, 'invalid-request']);
    expect(codeOf(await predict('risk', { entity: { set: 'people' } }))).toEqual([400, 'invalid-name']);
  });

  it('is saved by value: a changed entity is a new question', async () => {
    await put('people/9', { features: { age: 1, bmi: 2, smoker: 3 } });
    const ask = async (): Promise<string> =>
      String((await predict('risk', { entity: { set: 'people', id: '9' } })).headers['x-millrace-cache']);
    await until('the model is cached', 10_000, async () => (await ask()).startsWith('hit'));
    const byValue = await predict('risk', { features: [1, 2, 3] });
    expect(byValue.headers['x-millrace-cache']).toMatch(/^hit/);
    await put('people/9', { features: { age: 1, bmi: 2, smoker: 4 } });
    expect(await ask()).toBe('miss');
  });

  it('asks nothing of a store that does not work unless a request needs it', async () => {
    await using broken = await TestHost.start({
      models: [{ name: 'risk', bytes: identityModel('FLOAT'), manifest: { features: ['age'] } }],
      prepare: async (dataDirectory) => void (await mkdir(join(dataDirectory, 'features.db'), { recursive: true })),
    });
    expect((await broken.post('/predict/risk', { features: { age: 1 } })).status).toBe(200);
    const answer = await broken.post('/predict/risk', { entity: { set: 'p', id: '1' } });
    expect(codeOf(answer)).toEqual([500, 'storage-failed']);
    expect(answer.text).not.toContain(broken.dataDirectory);
  });
});

describe('millrace features', () => {
  const run = (...args: string[]) => millrace('features', ...args, '--data', host.dataDirectory);

  it('imports a CSV, exports it, and imports the export', async () => {
    const path = join(folder, 'beds.csv');
    const rows = Array.from(
      { length: 1200 },
      (_, index) => `${index},${index / 2},${index % 2 === 0 ? 'true' : 'FALSE'},"bed, ""${index}""",00${index}`,
    );
    await writeFile(
      path,
      `\uFEFFbed,width,free,label,code\r\n${rows.join('\r\n')}\r\n,,,,\r\n`.replace('\r\n,,,,', ''),
    );
    const imported = await run('import', 'beds', path, '--id', 'bed', '--ttl', '3600');
    expect(imported.stderr).toBe('');
    expect(imported.stdout).toBe('Wrote 1200 entities into beds.\n');
    expect((await host.send('/v1/features/beds')).json()).toMatchObject({
      entities: 1200,
      ttlSeconds: 3600,
      features: { width: 'number', free: 'boolean', label: 'text', code: 'text' },
    });
    expect((await host.send('/v1/features/beds/7')).json()).toMatchObject({
      features: { width: 3.5, free: false, label: 'bed, "7"', code: '007' },
    });
    for (const format of ['csv', 'jsonl']) {
      const output = join(folder, `out.${format}`);
      expect((await run('export', 'beds', '--output', output)).code).toBe(0);
      expect((await run('import', `copy-${format}`, output)).stdout).toBe(`Wrote 1200 entities into copy-${format}.\n`);
      const copy = await host.send(`/v1/features/copy-${format}/7`);
      expect(copy.json()).toMatchObject({ features: { width: 3.5, free: false, label: 'bed, "7"', code: '007' } });
    }
    expect((await readFile(join(folder, 'out.csv'), 'utf8')).split('\r\n')[0]).toBe('id,width,free,label,code');
    const listed = await run('list');
    expect(listed.stdout).toContain('copy-csv');
  });

  it('names the line that is wrong', async () => {
    const path = join(folder, 'wrong.csv');
    const rows = Array.from({ length: 1500 }, (_, index) => `${index},${index === 1400 ? 'many' : index}`);
    await writeFile(path, `id,count\n${rows.join('\n')}\n`);
    const failed = await run('import', 'wrong', path);
    expect([failed.code, failed.stderr.split('\n')[0]]).toEqual([
      1,
      "millrace: Line 1402 of the file has 'many' in the column count, which is a number.",
    ]);
    const lines = join(folder, 'wrong.jsonl');
    await writeFile(lines, '{"id":"1","a":1}\n\n{"id":\n');
    expect((await run('import', 'lines', lines)).stderr).toContain('Line 3 of the file is not JSON.');
    expect((await run('import', 'wrong', path, '--id', 'nobody')).stderr).toContain('no column "nobody"');
  });

  it('shows and removes', async () => {
    await put('wards/1', { features: { beds: 3 } });
    expect(JSON.parse((await run('get', 'wards', '1')).stdout)).toMatchObject({ features: { beds: 3 } });
    expect((await run('remove', 'wards', '1')).stdout).toBe('Removed 1 from wards.\n');
    expect((await run('get', 'wards', '1')).stderr).toContain('has no entity "1"');
    expect((await run('remove', 'wards')).stdout).toBe('Removed the set wards.\n');
    expect((await run('remove', 'wards')).code).toBe(1);
  });
});

/** Saved answers of pictures: equal files of an equal recipe are found, in every form and after a restart; another recipe finds nothing. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../server/base/log.ts';
import { parseConfig } from '../../server/config.ts';
import { startHost } from '../../server/main.ts';
import { until } from '../support/host-process.ts';
import { image } from '../support/images.ts';
import { identityModel } from '../support/models.ts';
import { openTestRepository } from '../support/model-repository.ts';
import type { TestRepository } from '../support/model-repository.ts';

let folder: string;
let repository: TestRepository;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-recipe-cache-'));
  repository = await openTestRepository([
    {
      name: 'gray',
      bytes: identityModel('UINT8', ['batch', 8, 8]),
      manifest: { inputs: { x: { image: { fit: 'stretch' } } } },
    },
    { name: 'table', bytes: identityModel('FLOAT', ['batch', 2]), manifest: { features: ['a', 'b'] } },
  ]);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await repository.remove();
});

type Ask = (
  path: string,
  body: Uint8Array | string,
  headers?: Record<string, string>,
) => Promise<{ cache: string; json: unknown }>;

async function withHost(use: (ask: Ask) => Promise<void>): Promise<void> {
  const config = parseConfig(
    { models: repository.directory, dataDirectory: join(folder, 'data'), http: { port: 0 }, admin: { port: 0 } },
    'The test',
  );
  const host = await startHost(config, { log: createLog('silent', 'json') });
  const ask: Ask = async (path, body, headers = {}) => {
    const response = await fetch(host.inferenceUrl + path, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers,
    });
    expect(response.status).toBe(200);
    return { cache: response.headers.get('x-millrace-cache')!.split(';')[0]!, json: await response.json() };
  };
  try {
    await host.settled();
    for (const [path, body] of [
      ['/predict/gray', image('bits.png')],
      ['/predict/table', '{"features":[0,0]}'],
    ] as const) {
      await until('the model is known', 10_000, async () => (await ask(path, body)).cache !== 'off');
    }
    await use(ask);
  } finally {
    await host.stop();
  }
}

const answerOf = (json: unknown): unknown => (json as { prediction: unknown }).prediction;
const file = (): Buffer => image('rgb.png');

describe('a saved answer', { timeout: 60_000 }, () => {
  it('is found for the same file in every form, and for no tensor of the same bytes', async () => {
    await withHost(async (ask) => {
      const first = await ask('/predict/gray', file());
      expect(first.cache).toBe('miss');
      const again = await ask('/predict/gray', file());
      expect(again.cache).toBe('hit');
      expect(answerOf(again.json)).toEqual(answerOf(first.json));
      const b64 = file().toString('base64');
      const json = await ask('/predict/gray', JSON.stringify({ features: { b64 } }));
      expect(json.cache).toBe('hit');
      expect(answerOf(json.json)).toEqual(answerOf(first.json));
      const infer = { inputs: [{ name: 'x', datatype: 'BYTES', shape: [1], data: [b64] }] };
      expect((await ask('/v2/models/gray/infer', JSON.stringify(infer))).cache).toBe('hit');
      expect((await ask('/predict/gray', image('gray.png'))).cache).toBe('miss');
    });
  });

  it('is found for the same row as JSON, CSV and form, each answered in its own form', async () => {
    await withHost(async (ask) => {
      const json = await ask('/predict/table', '{"features":{"a":1.5,"b":2}}');
      expect(json.cache).toBe('miss');
      const csv = await ask('/predict/table', 'b,a\n2,1.5', { 'Content-Type': 'text/csv' });
      expect(csv.cache).toBe('hit');
      expect(csv.json).toMatchObject({ predictions: [{ prediction: answerOf(json.json) }] });
      const form = await ask('/predict/table', 'a=1,5&b=2', { 'Content-Type': 'application/x-www-form-urlencoded' });
      expect(form.cache).toBe('hit');
      expect(form.json).toMatchObject({ prediction: answerOf(json.json) });
      // The same bytes, read otherwise: `1,5` is two columns of a table and one number of a form.
      const asTable = await ask('/predict/table', '7,5', { 'Content-Type': 'text/csv' });
      expect(answerOf((asTable.json as { predictions: object[] }).predictions[0])).toEqual({ y: [7, 5] });
    });
  });

  it('outlives a restart, but not a change of the recipe', async () => {
    await withHost(async (ask) => expect((await ask('/predict/gray', file())).cache).toBe('hit'));
    const path = join(repository.directory, 'gray', 'millrace.json');
    const before = await readFile(path, 'utf8');
    let changed: unknown;
    await writeFile(path, JSON.stringify({ inputs: { x: { image: { fit: 'stretch', range: [255, 0] } } } }));
    await withHost(async (ask) => {
      const answer = await ask('/predict/gray', file());
      expect(answer.cache).toBe('miss');
      changed = answerOf(answer.json);
    });
    await writeFile(path, before);
    await withHost(async (ask) => {
      const answer = await ask('/predict/gray', file());
      expect(answer.cache).toBe('hit');
      const flat = (value: unknown): number[] => [(value as { y: unknown }).y].flat(Infinity) as number[];
      expect(flat(answerOf(answer.json))).toEqual(flat(changed).map((shade) => 255 - shade));
    });
  });
});

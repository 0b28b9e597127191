/** Saved answers as clients meet them: which requests share one, what the header says, what survives, what is never mixed. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../server/base/log.ts';
import { parseConfig } from '../../server/config.ts';
import { startHost } from '../../server/main.ts';
import type { Host } from '../../server/main.ts';
import { demoModels, until } from '../support/host-process.ts';
import { HEAVY_WIDTH, dictionaryModel, heavyModel, identityModel } from '../support/models.ts';
import { float32Bytes } from '../support/oip-request.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({
    models: [
      { name: 'echo', bytes: identityModel('FLOAT'), labels: ['a', 'b', 'c'] },
      { name: 'echo-2', bytes: identityModel('FLOAT', ['batch', 'width']) },
      { name: 'twin', bytes: identityModel('FLOAT'), manifest: { cache: { ttlSeconds: 1 } } },
      { name: 'quiet', bytes: identityModel('FLOAT'), manifest: { cache: { enabled: false } } },
      { name: 'long', bytes: identityModel('INT64') },
      { name: 'half', bytes: identityModel('FLOAT16') },
      { name: 'words', bytes: dictionaryModel() },
      { name: 'heavy', bytes: heavyModel(), manifest: { replicas: 2 } },
    ],
    settings: { cache: {} },
  });
  await saving(host, 'echo');
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

/** Resolves when the model's files have been read: until then nothing is saved. */
async function saving(on: TestHost, model: string): Promise<void> {
  await until(`${model} is cached`, 10_000, async () => {
    const view = (await on.status()).models.find(({ name }) => name === model)!;
    return view.cache.whyOff === undefined || view.cache.whyOff === 'off';
  });
}

const cacheOf = (answer: HttpAnswer): string | undefined => {
  expect(answer.status, answer.text).toBe(200);
  return answer.headers['x-millrace-cache'] as string | undefined;
};
const input = (data: unknown, shape = [1, 3], datatype = 'FP32') => ({ name: 'x', shape, datatype, data });
const runs = (model: string): Promise<number> => host.metric('nv_inference_exec_count', model);
const outputs = (answer: HttpAnswer): unknown => answer.json<{ outputs: unknown }>().outputs;

describe('an answer that was saved', () => {
  it('serves every form of the same question, in the form that is asked for', async () => {
    const first = await host.infer('echo', { inputs: [input([1, 2.5, -3])] });
    expect(cacheOf(first)).toBe('miss');
    const before = await runs('echo');

    const spaced = await host.send('/v2/models/echo/infer', {
      body: '{ "id": "zwölf", "inputs": [ { "data": [[1.0, 25e-1,\n-3]], "datatype": "FP32", "shape": [1, 3], "name": "x" } ] }',
    });
    expect(cacheOf(spaced)).toMatch(/^hit; age=\d$/);
    expect(spaced.json()).toEqual({
      id: 'zwölf',
      model_name: 'echo',
      model_version: '1',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 3], data: [1, 2.5, -3] }],
    });

    const binary = { name: 'x', shape: [1, 3], datatype: 'FP32', parameters: { binary_data_size: 12 } };
    const raw = float32Bytes([1, 2.5, -3]);
    const both = await host.inferBinary('echo', { inputs: [binary], parameters: { binary_data_output: true } }, raw);
    expect(cacheOf(both)).toMatch(/^hit/);
    const jsonLength = Number(both.headers['inference-header-content-length']);
    expect(both.body.subarray(jsonLength).equals(Buffer.from(raw))).toBe(true);

    const json = await host.inferBinary('echo', { inputs: [binary] }, raw);
    expect(cacheOf(json)).toMatch(/^hit/);
    expect(outputs(json)).toEqual(outputs(first));

    const alone = await host.send('/v2/models/echo/infer', {
      headers: { 'Inference-Header-Content-Length': '0' },
      body: raw,
    });
    expect(cacheOf(alone)).toMatch(/^hit/);

    const plain = await host.post('/predict/echo', { features: [1, 2.5, -3] });
    expect(cacheOf(plain)).toMatch(/^hit/);
    expect(plain.json()).toMatchObject({ model: 'echo', prediction: 'b', time: { inferenceMs: 0, queueMs: 0 } });
    const rows = await host.post('/predict', { model: 'echo', features: [[1, 2.5, -3]] });
    expect(cacheOf(rows)).toMatch(/^hit/);
    expect(rows.json()).toMatchObject({ predictions: [{ prediction: 'b' }] });
    expect(await runs('echo')).toBe(before);
  });

  it('cannot be told from a computed one, byte by byte', async () => {
    const request = { id: 'same', inputs: [input([0.1, -0, 3e38])], outputs: [{ name: 'y' }] };
    const computed = await host.infer('echo', request);
    const saved = await host.infer('echo', request);
    const again = await host.infer('echo', request);
    expect([cacheOf(computed), cacheOf(saved), cacheOf(again)]).toEqual(['miss', 'hit; age=0', 'hit; age=0']);
    expect(saved.body.equals(computed.body)).toBe(true);
    expect(again.body.equals(computed.body)).toBe(true);
  });

  it('is not given to another question: value, shape, model, output, classification, negative zero', async () => {
    const ask = (model: string, request: object): Promise<HttpAnswer> => host.infer(model, request);
    expect(cacheOf(await ask('echo', { inputs: [input([7, 0, 9])] }))).toBe('miss');
    expect(cacheOf(await ask('echo', { inputs: [input([7, 0, 8])] }))).toBe('miss');
    expect(cacheOf(await ask('echo', { inputs: [input([7, -0, 9])] }))).toBe('hit; age=0');
    const negative = '{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[7,-0,9]}]}';
    expect(cacheOf(await host.send('/v2/models/echo/infer', { body: negative }))).toBe('miss');
    expect(cacheOf(await ask('echo', { inputs: [input([7, 0, 9], [3, 1])] }))).toBe('miss');
    expect(cacheOf(await ask('echo-2', { inputs: [input([7, 0, 9])] }))).toBe('miss');
    const classes = { inputs: [input([7, 0, 9])], outputs: [{ name: 'y', parameters: { classification: 1 } }] };
    const classified = await ask('echo', classes);
    expect(cacheOf(classified)).toBe('miss');
    const again = await ask('echo', classes);
    expect(cacheOf(again)).toBe('hit; age=0');
    expect(again.text).toBe(classified.text);
    expect(outputs(again)).toMatchObject([{ datatype: 'BYTES', data: ['9.000000:2:c'] }]);
  });

  it('is not shared by two models, even with the same contents: what clears one must leave nothing to find', async () => {
    const request = { inputs: [input([31, 32, 33])] };
    expect(cacheOf(await host.infer('echo', request))).toBe('miss');
    const twin = await host.infer('twin', request);
    expect(cacheOf(twin)).toBe('miss');
    expect(twin.json()).toMatchObject({ model_name: 'twin' });
  });

  it('keeps 64-bit integers, texts and half floats whole', async () => {
    const long =
      '{"inputs":[{"name":"x","shape":[1,2],"datatype":"INT64","data":[9223372036854775807,-9007199254740993]}]}';
    for (const expected of ['miss', 'hit; age=0', 'hit; age=0']) {
      const answer = await host.send('/v2/models/long/infer', { body: long });
      expect(cacheOf(answer)).toBe(expected);
      expect(answer.text).toContain('[9223372036854775807,-9007199254740993]');
    }
    const near = long.replace('740993', '740992');
    expect(cacheOf(await host.send('/v2/models/long/infer', { body: near }))).toBe('miss');
    const half = { inputs: { x: [[0.5, 1]] } };
    const first = await host.post('/predict/half', half);
    const second = await host.post('/predict/half', half);
    expect([cacheOf(first), cacheOf(second)]).toEqual(['miss', 'hit; age=0']);
    expect(second.json<{ prediction: unknown }>().prediction).toEqual(first.json<{ prediction: unknown }>().prediction);
  });

  it('gives the same refusal as a run would, where the form cannot carry the outputs', async () => {
    const half = { name: 'x', shape: [1, 2], datatype: 'FP16', parameters: { binary_data_size: 4 } };
    const binary = { inputs: [half], parameters: { binary_data_output: true } };
    const bytes = Buffer.of(0, 0x38, 0, 0x3c);
    expect((await host.inferBinary('half', binary, bytes)).status).toBe(200);
    expect(cacheOf(await host.inferBinary('half', binary, bytes))).toBe('hit; age=0');
    const json = await host.inferBinary('half', { inputs: [half] }, bytes);
    expect([json.status, json.json<{ code: string }>().code]).toEqual([400, 'invalid-request']);
  });
});

describe('Cache-Control of a request', () => {
  const ask = (value: string | undefined): Promise<HttpAnswer> =>
    host.post('/predict/echo', { features: [11, 12, 13] }, value === undefined ? {} : { 'Cache-Control': value });

  it('asks for a new answer, for none that is saved, or for a young one', async () => {
    expect(cacheOf(await ask('no-store'))).toBe('off; reason=no-store');
    expect(cacheOf(await ask(undefined))).toBe('miss');
    expect(cacheOf(await ask(undefined))).toBe('hit; age=0');
    expect(cacheOf(await ask(undefined))).toBe('hit; age=0');
    expect(cacheOf(await ask('no-cache'))).toBe('miss');
    expect(cacheOf(await ask('no-store'))).toBe('off; reason=no-store');
    expect(cacheOf(await ask('max-age=60'))).toBe('hit; age=0');
    expect(cacheOf(await ask(undefined))).toMatch(/^hit/);
  });
});

describe('the cache', () => {
  it('is off for a model that says so, for large requests, and says why', async () => {
    expect(cacheOf(await host.infer('quiet', { inputs: [input([1, 2, 3])] }))).toBe('off');
    expect(cacheOf(await host.infer('quiet', { inputs: [input([1, 2, 3])] }))).toBe('off');
    const large = Array.from({ length: 20_000 }, (_, index) => index + 0.5);
    expect(cacheOf(await host.infer('echo', { inputs: [input(large, [1, 20_000])] }))).toBe('off; reason=size');
  });

  it('says nothing on errors, and leaves refusing to the model', async () => {
    const wrong = await host.infer('echo', { inputs: [input([1, 2], [1, 3])] });
    expect([wrong.status, wrong.headers['x-millrace-cache']]).toEqual([400, undefined]);
    expect(wrong.json<{ code: string }>().code).toBe('invalid-tensor');
  });

  it('forgets after the time that the model says', async () => {
    const request = { inputs: [input([21, 22, 23])] };
    expect(cacheOf(await host.infer('twin', request))).toBe('miss');
    expect(cacheOf(await host.infer('twin', request))).toMatch(/^hit/);
    await until('the answer is too old', 10_000, async () => cacheOf(await host.infer('twin', request)) === 'miss');
  });

  it('counts hits, misses and what they saved, for Prometheus, Triton and the admin API', async () => {
    const request = {
      inputs: [
        input(
          Array.from({ length: HEAVY_WIDTH }, () => 0.25),
          [1, HEAVY_WIDTH],
        ),
      ],
    };
    for (let index = 0; index < 4; index++) await host.infer('heavy', request);
    expect(await host.metric('nv_cache_num_misses_per_model', 'heavy')).toBe(1);
    expect(await host.metric('nv_cache_num_hits_per_model', 'heavy')).toBe(3);
    expect(await host.metric('nv_inference_request_success', 'heavy')).toBe(4);
    expect(await host.metric('nv_inference_count', 'heavy')).toBe(1);
    const saved = await host.metric('millrace_cache_saved_seconds_total', 'heavy');
    const infer = (await host.metric('nv_inference_compute_infer_duration_us', 'heavy')) / 1e6;
    expect(saved).toBeGreaterThan(3 * infer);
    expect(saved).toBeLessThan(3 * infer + 1);
    const { model_stats: statistics } = (await host.send('/v2/models/heavy/stats')).json<{
      model_stats: { inference_stats: Record<string, { count: number; ns: number }> }[];
    }>();
    expect(statistics[0]!.inference_stats).toMatchObject({
      success: { count: 4 },
      cache_hit: { count: 3 },
      cache_miss: { count: 1 },
    });
    const view = (await host.status()).models.find(({ name }) => name === 'heavy')!.cache;
    expect(view).toMatchObject({ hits: 3, misses: 1, ttlSeconds: 3600 });
    expect(view.savedSeconds).toBeCloseTo(saved, 2);
  });

  it('runs equal requests that come together once', async () => {
    const request = {
      inputs: [
        input(
          Array.from({ length: HEAVY_WIDTH }, () => 0.125),
          [1, HEAVY_WIDTH],
        ),
      ],
    };
    const before = await host.metric('nv_inference_count', 'heavy');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => host.infer('heavy', { id: `${index}`, ...request })),
    );
    expect(answers.map((answer) => answer.json<{ id: string }>().id)).toEqual(answers.map((_, index) => String(index)));
    expect(answers.filter((answer) => cacheOf(answer) === 'miss')).toHaveLength(1);
    expect((await host.metric('nv_inference_count', 'heavy')) - before).toBe(1);
    expect(new Set(answers.map((answer) => JSON.stringify(outputs(answer)))).size).toBe(1);
  });

  it('is cleared for one model or for all, through the admin API', async () => {
    const request = { inputs: [input([41, 42, 43])] };
    for (const model of ['echo', 'echo-2']) {
      await host.infer(model, request);
      expect(cacheOf(await host.infer(model, request))).toMatch(/^hit/);
      expect(cacheOf(await host.infer(model, request))).toMatch(/^hit/);
    }
    const cleared = await host.admin('/cache/clear', { method: 'POST', body: JSON.stringify({ model: 'echo' }) });
    expect(cleared.json<{ removed: number }>().removed).toBeGreaterThan(0);
    expect(cacheOf(await host.infer('echo', request))).toBe('miss');
    expect(cacheOf(await host.infer('echo-2', request))).toMatch(/^hit/);
    await host.admin('/cache/clear', { method: 'POST', body: '{}' });
    expect(cacheOf(await host.infer('echo-2', request))).toBe('miss');
  });
});

describe('a leader of equal requests', () => {
  const slow = (value: number): object => ({
    inputs: [
      input(
        Array.from({ length: HEAVY_WIDTH }, () => value),
        [1, HEAVY_WIDTH],
      ),
    ],
  });

  it('that leaves does not take the others with it', async () => {
    const controller = new AbortController();
    const leader = fetch(`${host.url}/v2/models/heavy/infer`, {
      method: 'POST',
      body: JSON.stringify(slow(0.7)),
      signal: controller.signal,
    });
    const gone = expect(leader).rejects.toThrow();
    await until('the leader runs', 5000, async () => (await host.metric('millrace_in_flight_requests', 'heavy')) > 0);
    const followers = Promise.all(Array.from({ length: 5 }, () => host.infer('heavy', slow(0.7))));
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await gone;
    for (const answer of await followers) expect(answer.status, answer.text).toBe(200);
  });

  it('whose replica dies fails nobody', async () => {
    const answers = Promise.all(Array.from({ length: 8 }, () => host.infer('heavy', slow(0.9))));
    await until('the leader runs', 5000, async () => (await host.metric('millrace_in_flight_requests', 'heavy')) > 0);
    const replicas = (await host.status()).models.find(({ name }) => name === 'heavy')!.versions[0]!.replicas;
    for (const { pid, inFlight } of replicas) if (inFlight > 0) process.kill(pid, 'SIGKILL');
    for (const answer of await answers) expect(answer.status, answer.text).toBe(200);
  });
});

describe('across restarts', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-cache-restart-'));
    await cp(join(demoModels, 'iris'), join(folder, 'models', 'iris'), { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function withHost<T>(use: (host: Host, ask: () => Promise<Response>) => Promise<T>): Promise<T> {
    const config = parseConfig(
      {
        models: join(folder, 'models'),
        dataDirectory: join(folder, 'data'),
        http: { port: 0 },
        admin: { port: 0 },
      },
      'The test',
    );
    const started = await startHost(config, { log: createLog('silent', 'json') });
    try {
      await started.settled();
      const ask = (): Promise<Response> =>
        fetch(`${started.inferenceUrl}/predict/iris`, { method: 'POST', body: '{"features":[5.1,3.5,1.4,0.2]}' });
      await until('the model is known', 10_000, async () => {
        const header = (await ask()).headers.get('x-millrace-cache')!;
        return header !== 'off; reason=starting';
      });
      return await use(started, ask);
    } finally {
      await started.stop();
    }
  }
  const headerOf = async (ask: () => Promise<Response>): Promise<string> =>
    (await ask()).headers.get('x-millrace-cache')!;

  it('an answer is found again', async () => {
    const first = await withHost(async (_host, ask) => (await ask()).json());
    const [header, second] = await withHost(async (_host, ask) => {
      const answer = await ask();
      return [answer.headers.get('x-millrace-cache'), await answer.json()];
    });
    expect(header).toMatch(/^hit; age=\d+$/);
    expect(second).toMatchObject({ prediction: (first as { prediction: string }).prediction });
  });

  it('a new version never gives the old one’s answers', async () => {
    const version = join(folder, 'models', 'iris', '2');
    await cp(join(folder, 'models', 'iris', '1'), version, { recursive: true });
    // Other bytes, same meaning: a field that the format ignores.
    const bytes = await readFile(join(version, 'model.onnx'));
    await writeFile(join(version, 'model.onnx'), Buffer.concat([bytes, Buffer.of(0x32, 0x01, 0x78)]));
    await withHost(async (_host, ask) => {
      const answer = await ask();
      expect(await answer.json()).toMatchObject({ version: '2' });
    });
    await rm(version, { recursive: true });
    expect(await withHost((_host, ask) => headerOf(ask))).toMatch(/^hit/);
  });

  it('nothing is saved any more once the files of a running model have changed and a replica has read them', async () => {
    await withHost(async (started, ask) => {
      expect(await headerOf(ask)).toMatch(/^hit/);
      const path = join(folder, 'models', 'iris', '1', 'model.onnx');
      const bytes = await readFile(path);
      await writeFile(path, Buffer.concat([bytes, Buffer.of(0x32, 0x01, 0x79)]));
      const [replica] = started.catalog.list()[0]!.replicas;
      process.kill(replica!.pid, 'SIGKILL');
      await until('the change is noticed', 15_000, async () => (await headerOf(ask)) === 'off; reason=changed');
      await writeFile(path, bytes);
    });
  });
});

/**
 * Every document of the Open Inference Protocol and of Triton's extensions that Millrace serves, with its exact body; and
 * what clients read while a model loads and after one could not.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { version } from '../../server/version.ts';
import { demoModels, until } from '../support/host-process.ts';
import { identityModel, twoInputModel } from '../support/models.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';

interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly state: string;
  readonly reason: string;
}

const iris = join(demoModels, 'iris');

let host: TestHost;
/** Answers from the moment in which the host listens and no model has loaded. */
let whileLoading: Record<'live' | 'health' | 'ready' | 'serverReady' | 'modelReady' | 'metadata' | 'index', HttpAnswer>;

beforeAll(async () => {
  host = await TestHost.start({
    settled: false,
    settings: { defaults: { threads: 1 } },
    models: [
      {
        name: 'iris',
        bytes: readFileSync(join(iris, '1/model.onnx')),
        labels: readFileSync(join(iris, 'labels.txt'), 'utf8').trimEnd().split('\n'),
        manifest: JSON.parse(readFileSync(join(iris, 'millrace.json'), 'utf8')),
      },
      { name: 'Odd.name_v2-x', bytes: identityModel('FLOAT') },
      { name: 'twice', bytes: identityModel('FLOAT'), version: '1' },
      { name: 'twice', bytes: identityModel('INT64'), version: '2' },
      { name: 'two-inputs', bytes: twoInputModel(), manifest: { maxBatchSize: 0, replicas: 2, threads: 1 } },
      { name: 'corrupt', bytes: Buffer.from('<html>Sign in to the guest network</html>') },
    ],
  });
  const [live, health, ready, serverReady, modelReady, metadata, index] = await Promise.all([
    host.send('/v2/health/live'),
    host.send('/health'),
    host.send('/ready'),
    host.send('/v2/health/ready'),
    host.send('/v2/models/iris/ready'),
    host.send('/v2/models/iris'),
    host.send('/v2/repository/index', { method: 'POST' }),
  ]);
  whileLoading = { live, health, ready, serverReady, modelReady, metadata, index };
  await until('iris is ready', 20_000, async () => (await host.send('/v2/models/iris/ready')).status === 200);
});
afterAll(() => host[Symbol.asyncDispose]());

const get = (path: string): Promise<HttpAnswer> => host.send(path);

async function repositoryIndex(): Promise<IndexEntry[]> {
  return (await host.send('/v2/repository/index', { method: 'POST' })).json<IndexEntry[]>();
}

describe('while models load', () => {
  it('is live and not ready', () => {
    for (const answer of [whileLoading.live, whileLoading.health]) {
      expect(answer.status).toBe(200);
      expect(answer.json()).toEqual({ live: true });
    }
    for (const answer of [whileLoading.ready, whileLoading.serverReady]) {
      expect(answer.status).toBe(503);
      expect(answer.json()).toEqual({ ready: false, live: true });
    }
    expect(whileLoading.modelReady.status).toBe(503);
    expect(whileLoading.modelReady.json()).toEqual({ name: 'iris', ready: false });
  });

  it('lists every model as loading', () => {
    const names = ['Odd.name_v2-x', 'corrupt', 'iris', 'twice', 'two-inputs'];
    expect(whileLoading.index.json()).toEqual(
      names.map((name) => ({ name, version: name === 'twice' ? '2' : '1', state: 'LOADING', reason: 'loading' })),
    );
  });

  it('says 503 where it does not know a signature yet, not an empty one', () => {
    expect(whileLoading.metadata.status).toBe(503);
    expect(whileLoading.metadata.json()).toMatchObject({ code: 'model-not-ready' });
  });
});

describe('with a model that cannot load', () => {
  beforeAll(() => host.host.settled());

  it('names the state and the reason in the index, and serves the others', async () => {
    const index = await repositoryIndex();
    expect(index.filter(({ state }) => state === 'READY').map(({ name, reason }) => [name, reason])).toEqual([
      ['Odd.name_v2-x', ''],
      ['iris', ''],
      ['twice', ''],
      ['two-inputs', ''],
    ]);
    const corrupt = index.find(({ name }) => name === 'corrupt')!;
    expect(corrupt).toMatchObject({ version: '1', state: 'UNAVAILABLE' });
    expect(corrupt.reason).toMatch(/^The model corrupt\/1 cannot run: .*ONNX Runtime cannot load the model/);
    const answer = await host.post('/predict/iris', { features: [5.1, 3.5, 1.4, 0.2] });
    expect(answer.json()).toMatchObject({ prediction: 'setosa' });
  });

  it('keeps the server not ready and live', async () => {
    const ready = await get('/v2/health/ready');
    expect(ready.status).toBe(503);
    expect(ready.json()).toEqual({ ready: false, live: true });
    expect((await get('/v2/health/live')).status).toBe(200);
    expect((await get('/v2/models/corrupt/ready')).status).toBe(503);
    expect((await get('/v2/models/iris/ready')).status).toBe(200);
  });

  it('answers 503 with the reason to inference, metadata and configuration of it', async () => {
    for (const answer of [
      await host.post('/v2/models/corrupt/infer', { inputs: [] }),
      await host.post('/predict/corrupt', { features: [1] }),
      await get('/v2/models/corrupt'),
      await get('/v2/models/corrupt/config'),
    ]) {
      expect(answer.status).toBe(503);
      expect(answer.json<{ error: string }>().error).toContain('ONNX Runtime cannot load the model');
    }
  });

  it('still has statistics of it', async () => {
    const { model_stats: stats } = (await get('/v2/models/corrupt/stats')).json<{ model_stats: object[] }>();
    expect(stats).toMatchObject([{ name: 'corrupt', inference_count: 0, execution_count: 0, memory_usage: [] }]);
  });
});

describe('documents', () => {
  it('describes the server', async () => {
    for (const path of ['/v2', '/v2/', '/v2?test_1=1&test_2=2']) {
      const answer = await get(path);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.json()).toEqual({
        name: 'millrace',
        version,
        extensions: [
          'classification',
          'model_configuration',
          'binary_tensor_data',
          'parameters',
          'statistics',
          'schedule_policy',
        ],
      });
    }
  });

  it('lists the models', async () => {
    expect((await get('/v2/models')).json()).toEqual({
      models: ['Odd.name_v2-x', 'corrupt', 'iris', 'twice', 'two-inputs'],
    });
  });

  it('says that a model is ready, with and without its version', async () => {
    for (const path of ['/v2/models/iris/ready', '/v2/models/iris/versions/1/ready', '/v2/models/iris/ready?a=b']) {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.json()).toEqual({ name: 'iris', ready: true });
    }
  });

  it('describes a model, with and without its version', async () => {
    for (const path of ['/v2/models/iris', '/v2/models/iris/versions/1', '/v2/models/%69ris']) {
      expect((await get(path)).json()).toEqual({
        name: 'iris',
        versions: ['1'],
        platform: 'onnxruntime_onnx',
        inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 4] }],
        outputs: [
          { name: 'label', datatype: 'INT64', shape: [-1] },
          { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] },
        ],
      });
    }
  });

  it('serves the highest version of a model and says so', async () => {
    const metadata = (await get('/v2/models/twice')).json<{ versions: string[]; inputs: { datatype: string }[] }>();
    expect(metadata).toMatchObject({ versions: ['2'], inputs: [{ datatype: 'INT64' }] });
  });

  it('gives the configuration of a model that batches, dims without the batch', async () => {
    for (const path of ['/v2/models/iris/config', '/v2/models/iris/versions/1/config']) {
      expect((await get(path)).json()).toEqual({
        name: 'iris',
        platform: 'onnxruntime_onnx',
        backend: 'onnxruntime',
        version_policy: { latest: { num_versions: 1 } },
        max_batch_size: 64,
        input: [
          {
            name: 'features',
            data_type: 'TYPE_FP32',
            format: 'FORMAT_NONE',
            dims: [4],
            is_shape_tensor: false,
            allow_ragged_batch: false,
            optional: false,
          },
        ],
        output: [
          { name: 'label', data_type: 'TYPE_INT64', dims: [], label_filename: 'labels.txt', is_shape_tensor: false },
          {
            name: 'probabilities',
            data_type: 'TYPE_FP32',
            dims: [3],
            label_filename: 'labels.txt',
            is_shape_tensor: false,
          },
        ],
        dynamic_batching: { preferred_batch_size: [], max_queue_delay_microseconds: 0 },
        instance_group: [{ name: 'iris', kind: 'KIND_CPU', count: 1, gpus: [], profile: [] }],
        default_model_filename: 'model.onnx',
        parameters: { intra_op_thread_count: { string_value: '1' } },
        model_warmup: [],
      });
    }
  });

  it('gives the configuration of a model that does not batch, dims in full', async () => {
    const config = (await get('/v2/models/two-inputs/config')).json<Record<string, unknown>>();
    expect(config).toMatchObject({
      max_batch_size: 0,
      input: [
        { name: 'a', dims: [-1, 3] },
        { name: 'b', dims: [-1, 3] },
      ],
      instance_group: [{ kind: 'KIND_CPU', count: 2 }],
    });
    expect(config).not.toHaveProperty('dynamic_batching');
  });

  it('lets trace and log settings be read and not written', async () => {
    const trace = {
      trace_level: ['OFF'],
      trace_rate: '1000',
      trace_count: '-1',
      log_frequency: '0',
      trace_file: '',
      trace_mode: 'triton',
    };
    expect((await get('/v2/trace/setting')).json()).toEqual(trace);
    expect((await get('/v2/models/iris/trace/setting')).json()).toEqual(trace);
    expect((await get('/v2/logging')).json()).toEqual({
      log_file: '',
      log_info: false,
      log_warning: false,
      log_error: false,
      log_verbose_level: 0,
      log_format: 'ISO8601',
    });
    for (const path of ['/v2/trace/setting', '/v2/models/iris/trace/setting', '/v2/logging']) {
      expect((await host.post(path, {})).status).toBe(405);
    }
    expect((await get('/v2/models/iris/versions/1/trace/setting')).status).toBe(404);
  });

  it('takes any body for the index, as clients send an empty text, an object or nothing', async () => {
    for (const body of ['', '{}', '{"ready":true}', undefined]) {
      const answer = await host.send('/v2/repository/index', { method: 'POST', ...(body !== undefined && { body }) });
      expect(answer.status).toBe(200);
      expect(answer.json<IndexEntry[]>()).toHaveLength(5);
    }
  });

  it('refuses to load and to unload, in the words that clients match', async () => {
    for (const action of ['load', 'unload']) {
      const answer = await host.post(`/v2/repository/models/iris/${action}`, {});
      expect(answer.status).toBe(501);
      expect(answer.json<{ error: string }>().error).toContain('explicit model load / unload is not allowed');
    }
    expect((await get('/v2/models/iris/ready')).status).toBe(200);
  });

  it('answers HEAD like GET, without the body', async () => {
    const answer = await host.send('/v2/models/iris', { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(Number(answer.headers['content-length'])).toBe((await get('/v2/models/iris')).body.length);
    expect(answer.body).toHaveLength(0);
  });
});

describe('names', () => {
  it('finds a model by its percent-encoded name', async () => {
    const encoded = '%4f%64d%2Ename%5Fv2%2dx';
    expect((await get(`/v2/models/${encoded}`)).json()).toMatchObject({ name: 'Odd.name_v2-x' });
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }];
    const answer = await host.post(`/v2/models/${encoded}/versions/1/infer`, { inputs });
    expect(answer.json()).toMatchObject({ model_name: 'Odd.name_v2-x', outputs: [{ data: [1, 2] }] });
  });

  it('tells an unknown model in the words that clients match', async () => {
    for (const answer of [
      await get('/v2/models/nope'),
      await get('/v2/models/nope/ready'),
      await get('/v2/models/nope/config'),
      await get('/v2/models/nope/stats'),
      await get('/v2/models/nope/trace/setting'),
      await host.post('/v2/models/nope/infer', {}),
      await host.post('/predict/nope', {}),
      await host.post('/predict', { model: 'nope' }),
    ]) {
      expect(answer.status).toBe(404);
      expect(answer.json()).toMatchObject({
        error: "Request for unknown model: 'nope' is not found",
        code: 'unknown-model',
      });
    }
  });

  it('tells an unknown version in the words that clients match', async () => {
    for (const answer of [
      await get('/v2/models/iris/versions/7'),
      await get('/v2/models/iris/versions/7/ready'),
      await get('/v2/models/iris/versions/7/config'),
      await get('/v2/models/iris/versions/7/stats'),
      await host.post('/v2/models/iris/versions/7/infer', {}),
      await host.post('/predict/iris/versions/7', {}),
      await host.post('/predict', { model: 'iris', version: 7 }),
    ]) {
      expect(answer.status).toBe(404);
      expect(answer.json()).toMatchObject({
        error: "Request for unknown model: 'iris' version 7 is not found",
        code: 'unknown-version',
      });
    }
  });

  it('compares names exactly', async () => {
    expect((await get('/v2/models/IRIS')).status).toBe(404);
    expect((await get('/v2/models/iris/versions/01')).status).toBe(404);
  });

  it('answers 404 in the error shape where no path matches', async () => {
    for (const path of [
      '/nope',
      '/v2/nope',
      '/v2/models/',
      '/v2/models/iris/nope',
      '/v2/models/iris/versions/x',
      '//',
    ]) {
      const answer = await get(path);
      expect(answer.status, path).toBe(404);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.json()).toMatchObject({ error: 'Not Found', code: 'not-found' });
    }
  });

  it('answers 405 with the verbs that are allowed', async () => {
    for (const [method, path, allowed] of [
      ['GET', '/v2/models/iris/infer', 'POST'],
      ['POST', '/v2/models/iris', 'GET'],
      ['PUT', '/v2/models/iris/infer', 'POST'],
      ['DELETE', '/v2', 'GET'],
      ['PATCH', '/predict', 'POST'],
      ['GET', '/v2/repository/index', 'POST'],
    ] as const) {
      const answer = await host.send(path, { method });
      expect(answer.status, `${method} ${path}`).toBe(405);
      expect(answer.headers.allow).toBe(allowed);
      expect(answer.json()).toMatchObject({ error: 'Method Not Allowed' });
    }
  });

  it('keeps the connection after an error to a request without a body', async () => {
    expect((await get('/nope')).headers.connection).toBe('keep-alive');
    expect((await get('/v2/models/nope')).headers.connection).toBe('keep-alive');
  });
});

describe('statistics', () => {
  interface Stats {
    readonly name: string;
    readonly version: string;
    readonly last_inference: number;
    readonly inference_count: number;
    readonly execution_count: number;
    readonly inference_stats: Record<string, { count: number; ns: number }>;
    readonly response_stats: object;
    readonly batch_stats: readonly {
      batch_size: number;
      compute_input: { count: number; ns: number };
      compute_infer: { count: number; ns: number };
      compute_output: { count: number; ns: number };
    }[];
    readonly memory_usage: readonly { type: string; id: number; byte_size: number }[];
  }

  async function statsOf(path: string): Promise<Stats[]> {
    return (await get(path)).json<{ model_stats: Stats[] }>().model_stats;
  }

  it('covers every model, or the one that is asked for', async () => {
    expect((await statsOf('/v2/models/stats')).map(({ name }) => name)).toEqual([
      'Odd.name_v2-x',
      'corrupt',
      'iris',
      'twice',
      'two-inputs',
    ]);
    for (const path of ['/v2/models/iris/stats', '/v2/models/iris/versions/1/stats']) {
      expect((await statsOf(path)).map(({ name, version }) => [name, version])).toEqual([['iris', '1']]);
    }
  });

  it('adds up: requests, rows, runs and durations', async () => {
    const path = '/v2/models/twice/stats';
    const [before] = await statsOf(path);
    const startedMs = Date.now();
    const request = (rows: number): Promise<HttpAnswer> =>
      host.post('/v2/models/twice/infer', {
        inputs: [{ name: 'x', datatype: 'INT64', shape: [rows, 2], data: Array.from({ length: rows * 2 }, () => 1) }],
      });
    const rows = [1, 2, 3, 1, 1, 5];
    const answers = await Promise.all(rows.map(request));
    const bad = await host.post('/v2/models/twice/infer', { inputs: [] });
    expect(answers.map(({ status }) => status)).toEqual(rows.map(() => 200));
    expect(bad.status).toBe(400);

    const [after] = await statsOf(path);
    const total = rows.reduce((sum, count) => sum + count);
    const runs = after!.execution_count - before!.execution_count;
    const delta = (name: string): number => after!.inference_stats[name]!.count - before!.inference_stats[name]!.count;
    expect(after!.inference_count - before!.inference_count).toBe(total);
    expect(delta('success')).toBe(rows.length);
    expect(delta('fail')).toBe(1);
    for (const leaf of ['queue', 'compute_input', 'compute_infer', 'compute_output'])
      expect(delta(leaf)).toBe(rows.length);
    expect(runs).toBeLessThanOrEqual(rows.length);
    expect(after!.batch_stats.reduce((sum, batch) => sum + batch.compute_infer.count, 0)).toBe(after!.execution_count);
    const rowsInBatches = after!.batch_stats.reduce(
      (sum, batch) => sum + batch.batch_size * batch.compute_infer.count,
      0,
    );
    expect(rowsInBatches).toBe(after!.inference_count);
    for (const leaf of Object.values(after!.inference_stats)) {
      expect(Number.isSafeInteger(leaf.ns)).toBe(true);
      if (leaf.count === 0) expect(leaf.ns).toBe(0);
    }
    const { success, queue, compute_infer: infer } = after!.inference_stats;
    expect(success!.ns).toBeGreaterThan(infer!.ns);
    expect(success!.ns).toBeGreaterThan(queue!.ns);
    expect(after!.last_inference).toBeGreaterThanOrEqual(startedMs);
    expect(after!.last_inference).toBeLessThanOrEqual(Date.now());
    expect(after!.inference_stats['cache_hit']).toEqual({ count: 0, ns: 0 });
    expect(after!.memory_usage).toMatchObject([{ type: 'CPU', id: 0 }]);
    expect(after!.memory_usage[0]!.byte_size).toBeGreaterThan(20e6);
  });

  it('agrees with /metrics', async () => {
    const [stats] = await statsOf('/v2/models/twice/stats');
    expect(await host.metric('nv_inference_count', 'twice')).toBe(stats!.inference_count);
    expect(await host.metric('nv_inference_exec_count', 'twice')).toBe(stats!.execution_count);
    expect(await host.metric('nv_inference_request_success', 'twice')).toBe(stats!.inference_stats['success']!.count);
    const failed = (await host.metrics()).filter(
      ({ name, labels }) => name === 'nv_inference_request_failure' && labels['model'] === 'twice',
    );
    expect(failed.reduce((sum, { value }) => sum + value, 0)).toBe(stats!.inference_stats['fail']!.count);
  });

  it('writes /metrics in the format that Prometheus reads', async () => {
    const answer = await get('/metrics');
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await host.metric('millrace_model_ready', 'iris')).toBe(1);
    expect(await host.metric('millrace_model_ready', 'corrupt')).toBe(0);
    expect(await host.metric('millrace_replicas_ready', 'two-inputs')).toBe(2);
  });
});

describe('the server name', () => {
  it('can be what the scripts of another server insist on', async () => {
    await using other = await TestHost.start({ models: [], settings: { compatibility: { serverName: 'triton' } } });
    expect((await other.send('/v2')).json()).toMatchObject({ name: 'triton' });
  });
});

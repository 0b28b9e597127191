/** Every document of the Open Inference Protocol and of Triton's extensions that Millrace serves, with its exact body. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { version } from '../../server/version.ts';
import { demoModel } from '../support/demo-models.ts';
import { identityModel, twoInputModel } from '../support/models.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({
    settings: { defaults: { threads: 1 } },
    models: [
      demoModel('iris'),
      { name: 'Odd.name_v2-x', bytes: identityModel('FLOAT') },
      { name: 'twice', bytes: identityModel('FLOAT'), version: '1' },
      { name: 'twice', bytes: identityModel('INT64'), version: '2' },
      { name: 'two-inputs', bytes: twoInputModel(), manifest: { maxBatchSize: 0, replicas: 2, threads: 1 } },
    ],
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const get = (path: string): Promise<HttpAnswer> => host.send(path);

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
      models: ['Odd.name_v2-x', 'iris', 'twice', 'two-inputs'],
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
      expect(answer.json()).toEqual(
        ['Odd.name_v2-x', 'iris', 'twice', 'two-inputs'].map((name) => ({
          name,
          version: name === 'twice' ? '2' : '1',
          state: 'READY',
          reason: '',
        })),
      );
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

describe('the server name', () => {
  it('can be what the scripts of another server insist on', async () => {
    await using other = await TestHost.start({ models: [], settings: { compatibility: { serverName: 'triton' } } });
    expect((await other.send('/v2')).json()).toMatchObject({ name: 'triton' });
  });
});

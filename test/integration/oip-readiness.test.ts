/** What clients read while models load, and after one could not: the others are served. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoModel } from '../support/demo-models.ts';
import { until } from '../support/host-process.ts';
import { identityModel } from '../support/models.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';

interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly state: string;
  readonly reason: string;
}

let host: TestHost;
/** Answers from the moment in which the host listens and no model has loaded. */
let whileLoading: Record<'live' | 'health' | 'ready' | 'serverReady' | 'modelReady' | 'metadata' | 'index', HttpAnswer>;

beforeAll(async () => {
  host = await TestHost.start({
    settled: false,
    models: [
      demoModel('iris'),
      { name: 'twice', bytes: identityModel('INT64'), version: '2' },
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
});
afterAll(() => host[Symbol.asyncDispose]());

const get = (path: string): Promise<HttpAnswer> => host.send(path);

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
    const names = ['corrupt', 'iris', 'twice'];
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
  beforeAll(async () => {
    // Requests are accepted before a model is ready, and answered once it is.
    const early = host.post('/predict/iris', { features: [5.1, 3.5, 1.4, 0.2] });
    await until('iris is ready', 20_000, async () => (await get('/v2/models/iris/ready')).status === 200);
    expect((await early).json()).toMatchObject({ prediction: 'setosa' });
    await host.host.settled();
  });

  it('names the state and the reason in the index, and serves the others', async () => {
    const index = (await host.send('/v2/repository/index', { method: 'POST' })).json<IndexEntry[]>();
    expect(index.filter(({ state }) => state === 'READY').map(({ name, reason }) => [name, reason])).toEqual([
      ['iris', ''],
      ['twice', ''],
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

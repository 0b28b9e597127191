/** One Millrace answering through another: a host whose model has no file, only `upstreams`. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { demoModels, until } from '../support/host-process.ts';
import { openTestRepository } from '../support/model-repository.ts';
import { TestHost } from '../support/test-host.ts';

interface Samples {
  readonly inputs: readonly (readonly number[])[];
}

interface InferAnswer {
  readonly model_name: string;
  readonly outputs: readonly { readonly name: string; readonly data: readonly number[] }[];
}

const patienceMs = 5000;

/** A repository with one model, `digits`, that is answered by these servers. */
async function remoteRepository(upstreams: readonly object[]): Promise<string> {
  const repository = await openTestRepository();
  onTestFinished(() => repository.remove());
  await mkdir(join(repository.directory, 'digits'));
  await writeFile(join(repository.directory, 'digits', 'millrace.json'), JSON.stringify({ upstreams }));
  return repository.directory;
}

describe('a host that answers through another host', () => {
  let a: TestHost;
  let row: readonly number[];

  beforeAll(async () => {
    a = await TestHost.start({ models: demoModels, settings: { defaults: { replicas: 1, threads: 1 } } });
    const samples = JSON.parse(await readFile(join(demoModels, 'digits', 'samples.json'), 'utf8')) as Samples;
    row = samples.inputs[0]!;
  });

  afterAll(() => a[Symbol.asyncDispose]());

  it('gives the same answers as that host, in JSON and in binary, and the same tensors', async () => {
    const models = await remoteRepository([{ url: a.url }]);
    await using b = await TestHost.start({ models });
    const path = '/v2/models/digits';
    const metadata = (await a.send(path)).json<{ inputs: Record<string, unknown>[]; outputs: unknown[] }>();
    // How pictures become an input is the other host's to say: this one passes on what it gets.
    const inputs = metadata.inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape }));
    expect((await b.send(path)).json()).toMatchObject({ inputs, outputs: metadata.outputs });
    expect((await b.send(`${path}/ready`)).status).toBe(200);

    const input = { name: metadata.inputs[0]!['name'], shape: [1, row.length], datatype: 'FP32' };
    const json = { inputs: [{ ...input, data: row }] };
    const [here, there] = [await b.post(`${path}/infer`, json), await a.post(`${path}/infer`, json)];
    expect(here.status).toBe(200);
    expect(here.headers['content-type']).toBe('application/json');
    expect(here.json<InferAnswer>()).toEqual(there.json<InferAnswer>());

    const head = Buffer.from(
      JSON.stringify({
        inputs: [{ ...input, parameters: { binary_data_size: row.length * 4 } }],
        parameters: { binary_data_output: true },
      }),
    );
    const body = Buffer.concat([head, Buffer.from(new Float32Array(row).buffer)]);
    const headers = { 'Inference-Header-Content-Length': String(head.length) };
    const [binaryHere, binaryThere] = [
      await b.send(`${path}/infer`, { headers, body }),
      await a.send(`${path}/infer`, { headers, body }),
    ];
    expect(binaryHere.status).toBe(200);
    expect(binaryHere.headers['content-type']).toBe('application/octet-stream');
    const length = Number(binaryHere.headers['inference-header-content-length']);
    expect(length).toBe(Number(binaryThere.headers['inference-header-content-length']));
    expect(binaryHere.body.length).toBeGreaterThan(length);
    expect(binaryHere.body.equals(binaryThere.body)).toBe(true);
    expect(await b.pids()).toHaveLength(1); // The warden: no replica runs here.
  });

  it('passes on what that host refuses, and says itself what it cannot pass on', async () => {
    const models = await remoteRepository([{ url: a.url }]);
    await using b = await TestHost.start({ models });
    const wrong = { inputs: [{ name: 'nonsense', shape: [1], datatype: 'FP32', data: [1] }] };
    const [here, there] = [
      await b.post('/v2/models/digits/infer', wrong),
      await a.post('/v2/models/digits/infer', wrong),
    ];
    expect([here.status, here.json()]).toEqual([400, there.json()]);
    const predict = await b.post('/predict/digits', { features: row });
    expect([predict.status, predict.json<{ code: string }>().code]).toEqual([501, 'unsupported']);
  });

  it('sends a request on once: one that comes from a Millrace already is answered here or not at all', async () => {
    const models = await remoteRepository([{ url: a.url }]);
    await using b = await TestHost.start({ models });
    const { name } = (await a.send('/v2/models/digits')).json<{ inputs: { name: string }[] }>().inputs[0]!;
    const body = Buffer.from(
      JSON.stringify({ inputs: [{ name, shape: [1, row.length], datatype: 'FP32', data: row }] }),
    );
    const headers = { Via: '1.1 millrace' };
    const [inCircles, atHome] = [
      await b.send('/v2/models/digits/infer', { headers, body }),
      await a.send('/v2/models/digits/infer', { headers, body }),
    ];
    expect([inCircles.status, atHome.status]).toEqual([501, 200]);
    expect(inCircles.text).toContain('comes from one of them');
    // What the host itself sends on carries the mark: through b it reaches a, which is the end of the way.
    expect((await b.send('/v2/models/digits/infer', { body })).status).toBe(200);
  });

  it('refuses at once while no server is there, says so, and answers when one has come', async () => {
    const later = await TestHost.start({ models: demoModels, settings: { defaults: { replicas: 1, threads: 1 } } });
    const port = Number(new URL(later.url).port);
    await later[Symbol.asyncDispose]();
    const models = await remoteRepository([{ url: later.url }]);
    await using b = await TestHost.start({ models });
    const input = { name: 'x', shape: [1, row.length], datatype: 'FP32', data: row };
    const refused = await b.post('/v2/models/digits/infer', { inputs: [input] });
    expect([refused.status, refused.json<{ code: string }>().code]).toEqual([503, 'model-not-ready']);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.text).not.toContain(String(port));
    const [model] = (await b.status()).models;
    expect(model).toMatchObject({ name: 'digits', state: 'UNAVAILABLE' });

    await using again = await TestHost.start({
      models: demoModels,
      settings: { http: { port }, defaults: { replicas: 1, threads: 1 } },
    });
    expect(again.url).toBe(later.url);
    await until('it is ready', patienceMs, async () => (await b.send('/v2/models/digits/ready')).status === 200);
    const { name } = (await b.send('/v2/models/digits')).json<{ inputs: { name: string }[] }>().inputs[0]!;
    const answer = await b.post('/v2/models/digits/infer', { inputs: [{ ...input, name }] });
    expect(answer.status).toBe(200);
  });
});

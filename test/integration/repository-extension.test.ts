/** Triton's repository extension, as its clients use it: off by default, and with config and files where it is on. */
import { describe, expect, it } from 'vitest';
import { StoreBench } from '../support/store-bench.ts';
import { scaleModel } from '../support/versioned-models.ts';

const explicit = { compatibility: { repositoryControl: 'explicit' } };

function post(bench: StoreBench, path: string, body?: unknown): Promise<Response> {
  return fetch(`${bench.host.inferenceUrl}/v2/repository/${path}`, {
    method: 'POST',
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

async function index(bench: StoreBench): Promise<unknown> {
  return (await post(bench, 'index')).json();
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe('the repository extension', () => {
  it('is refused and not advertised by default', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    const host = await bench.start();
    const refused = await post(bench, 'models/m/load', '{}');
    expect(refused.status).toBe(501);
    expect(await refused.json()).toMatchObject({ error: 'explicit model load / unload is not allowed' });
    const metadata = (await (await fetch(`${host.inferenceUrl}/v2`)).json()) as { extensions: string[] };
    expect(metadata.extensions).not.toContain('model_repository');
    expect((await post(bench, 'other/models/m/load')).status).toBe(501);
  });

  it('unloads and loads, and the index lists what is unloaded', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    const host = await bench.start(undefined, explicit);
    const metadata = (await (await fetch(`${host.inferenceUrl}/v2`)).json()) as { extensions: string[] };
    expect(metadata.extensions).toContain('model_repository');
    const unloaded = await post(bench, 'models/m/unload', { parameters: { unload_dependents: false } });
    expect([unloaded.status, await unloaded.text()]).toEqual([200, '']);
    expect(await index(bench)).toEqual([{ name: 'm', version: '1', state: 'UNAVAILABLE', reason: 'unloaded' }]);
    expect((await bench.infer('m', 3)).status).toBe(503);
    // After an explicit unload the server is still ready, as Triton is.
    expect((await fetch(`${host.inferenceUrl}/v2/health/ready`)).status).toBe(200);
    expect((await fetch(`${host.inferenceUrl}/v2/models/m/ready`)).status).toBe(503);
    expect((await post(bench, 'models/m/load')).status).toBe(200);
    expect(await bench.answer('m')).toEqual({ version: '1', y: 3 });
    const missing = await post(bench, 'models/none/load', '{}');
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ error: expect.stringContaining("failed to load 'none'") as string });
  });

  it('takes a config that overrides the files, and reloads a loaded model with it', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    const host = await bench.start(undefined, explicit);
    const config = JSON.stringify({ max_batch_size: 3, instance_group: [{ kind: 'KIND_CPU', count: 2 }] });
    expect((await post(bench, 'models/m/load', { parameters: { config } })).status).toBe(200);
    const served = (await (await fetch(`${host.inferenceUrl}/v2/models/m/config`)).json()) as Record<string, unknown>;
    expect(served).toMatchObject({ max_batch_size: 3, instance_group: [{ count: 2 }] });
    expect((await post(bench, 'models/m/load')).status).toBe(200);
    const again = (await (await fetch(`${host.inferenceUrl}/v2/models/m/config`)).json()) as Record<string, unknown>;
    expect(again).toMatchObject({ instance_group: [{ count: 1 }] });
    for (const body of [
      { parameters: { config: '{' } },
      { parameters: { config: 3 } },
      { parameters: [] },
      '[',
      'null',
    ]) {
      expect((await post(bench, 'models/m/load', body)).status, JSON.stringify(body)).toBe(body === 'null' ? 200 : 400);
    }
  });

  it('takes files, through the gate of every import', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    await bench.start(undefined, explicit);
    const load = (parameters: Record<string, string>) => post(bench, 'models/m/load', { parameters });
    const good = await load({ config: '{}', 'file:2/model.onnx': base64(scaleModel(2)) });
    expect([good.status, await good.text()]).toEqual([200, '']);
    expect(await bench.answer('m')).toEqual({ version: '2', y: 6 });
    const bad = await load({ config: '{}', 'file:3/model.onnx': base64(Buffer.from('<html>')) });
    expect(bad.status).toBe(422);
    expect(await bad.json()).toMatchObject({ error: expect.stringContaining("failed to load 'm'") as string });
    expect((await load({ 'file:3/model.onnx': base64(scaleModel(3)) })).status).toBe(400);
    for (const path of ['../3/model.onnx', '3/../../x.onnx', 'x/model.onnx', '3', '3/con', '/3/model.onnx']) {
      expect((await load({ config: '{}', [`file:${path}`]: base64(scaleModel(3)) })).status, path).toBe(400);
    }
    // What was served before goes on.
    expect(await bench.answer('m')).toEqual({ version: '2', y: 6 });
    const fresh = await post(bench, 'models/fresh/load', {
      parameters: { config: '{}', 'file:1/model.onnx': base64(scaleModel(7)) },
    });
    expect(fresh.status).toBe(200);
    expect(await bench.answer('fresh')).toEqual({ version: '1', y: 21 });
  });
});

/** Try it: what the GUI asks through its own listener is what apps are answered, by the same queue and the same limits. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inferenceSchemas } from '../../server/gateway/inference-schemas.ts';
import { BrowserClient } from '../support/browser-client.ts';
import { demoModel } from '../support/demo-models.ts';
import { binaryRequest } from '../support/oip-request.ts';
import { TestHost } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({ models: [demoModel('iris')], settings: { limits: { maxBodyBytes: 100_000 } } });
});
afterAll(() => host[Symbol.asyncDispose]());

const row = [5.1, 3.5, 1.4, 0.2];
const oip = { inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 4], data: row }] };
const withoutTime = (answer: object): object => ({ ...answer, time: undefined });

describe('try it', () => {
  it('answers /predict as the inference listener does, with and without a version', async () => {
    const there = (await host.post('/predict/iris', { features: row })).json<object>();
    for (const path of ['/models/iris/predict', '/models/iris/versions/1/predict']) {
      const here = await host.admin(path, { body: JSON.stringify({ features: row }) });
      expect(here.status).toBe(200);
      expect(withoutTime(here.json<object>())).toEqual(withoutTime(there));
    }
  });

  it('answers infer to the byte, in JSON and in raw tensors', async () => {
    for (const path of ['infer', 'versions/1/infer']) {
      const there = await host.post(`/v2/models/iris/${path}`, oip);
      const here = await host.admin(`/models/iris/${path}`, { body: JSON.stringify(oip) });
      expect([here.status, here.text]).toEqual([200, there.text]);
    }
    const { headers, body } = binaryRequest(
      {
        inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 4], parameters: { binary_data_size: 16 } }],
        outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
      },
      Buffer.from(Float32Array.from(row).buffer),
    );
    const there = await host.send('/v2/models/iris/infer', { method: 'POST', headers, body });
    const here = await host.admin('/models/iris/infer', {
      headers: { ...headers, 'Content-Type': 'application/octet-stream' },
      body,
    });
    expect([here.status, here.headers['inference-header-content-length']]).toEqual([
      200,
      there.headers['inference-header-content-length'],
    ]);
    expect(here.body.equals(there.body)).toBe(true);
  });

  it('refuses what the inference listener refuses, in its words', async () => {
    const bodies = [
      JSON.stringify({ features: [1] }),
      '{',
      JSON.stringify({ features: Array.from({ length: 60_000 }, () => 1) }),
    ];
    for (const body of bodies) {
      const there = await host.send('/predict/iris', { method: 'POST', body });
      const here = await host.admin('/models/iris/predict', { body });
      expect([here.status, here.text]).toEqual([there.status, there.text]);
    }
    for (const [path, status] of [
      ['/models/nobody/predict', 404],
      ['/models/iris/versions/9/predict', 404],
      ['/models/..%2fx/predict', 400],
      ['/models/iris/versions/x/infer', 404],
    ] as const) {
      expect((await host.admin(path, { body: '{}' })).status, path).toBe(status);
    }
  });

  it('counts like any other request, and is open to a page with its session', async () => {
    const answered = async () => (await host.status()).models[0]!.versions[0]!.answered;
    const before = await answered();
    const page = new BrowserClient(host.adminUrl);
    await page.enter(host.host.launchUrl());
    const answer = await page.json('POST', '/api/v1/models/iris/predict', { features: row });
    expect([answer.status, answer.json<{ prediction: string }>().prediction]).toEqual([200, 'setosa']);
    expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(await answered()).toBe(before + 1);
  });
});

describe('the documents', () => {
  it('are served on both listeners, with a page that loads nothing from elsewhere', async () => {
    const inference = await host.send('/openapi.json');
    expect((await host.send('/v2/openapi.json')).text).toBe(inference.text);
    expect(inference.json()).toMatchObject({ openapi: '3.1.0', paths: { '/v2/models/{model}/infer': {} } });
    expect((await host.admin('/openapi.json')).json()).toMatchObject({
      openapi: '3.1.0',
      paths: { '/uploads/{id}': {} },
    });
    for (const url of [host.url, host.adminUrl]) {
      const page = await fetch(`${url}/reference`);
      expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self';/);
      const text = await page.text();
      expect(text).not.toMatch(/<script|<style|style=|(?:src|href)="(?:https?:)?\/\//);
      const style = await fetch(`${url}/reference.css`);
      expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
      expect(text).toContain('href="/reference.css"');
    }
  });

  it('say of the inference listener what it answers', async () => {
    const parse = (name: string, value: unknown) => {
      const schemas = JSON.parse(
        JSON.stringify(inferenceSchemas).replaceAll('#/components/schemas/', '#/$defs/'),
      ) as object;
      return z
        .fromJSONSchema({ $ref: `#/$defs/${name}`, $defs: schemas } as Parameters<typeof z.fromJSONSchema>[0])
        .safeParse(value).success;
    };
    expect(parse('InferRequest', oip)).toBe(true);
    expect(parse('InferRequest', { inputs: [{ name: 1 }] })).toBe(false);
    expect(parse('InferAnswer', (await host.post('/v2/models/iris/infer', oip)).json())).toBe(true);
    expect(parse('PredictAnswer', (await host.post('/predict/iris', { features: row })).json())).toBe(true);
    expect(parse('ModelMetadata', (await host.send('/v2/models/iris')).json())).toBe(true);
    expect(parse('Statistics', (await host.send('/v2/models/stats')).json())).toBe(true);
    expect(parse('Error', (await host.send('/v2/models/nobody')).json())).toBe(true);
    expect(parse('Error', (await host.send('/v2')).json())).toBe(false);
  });
});

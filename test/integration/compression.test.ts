/** Compressed requests and answers, and bodies whose compression is an attack. */
import { deflateSync, gunzipSync, gzipSync, inflateSync, deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityModel } from '../support/models.ts';
import { binaryRequest, float32Bytes, lengthHeader, readAnswer, readFloat32s } from '../support/oip-request.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';

const megabyte = 1024 * 1024;
const values = Array.from({ length: 2000 }, (_, index) => index / 8);
const path = '/v2/models/identity/infer';

const codings = [
  { coding: 'gzip', compress: gzipSync, decompress: gunzipSync },
  { coding: 'deflate', compress: deflateSync, decompress: inflateSync },
];

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({
    models: [{ name: 'identity', bytes: identityModel('FLOAT') }],
    settings: { limits: { maxBodyBytes: 8 * megabyte, maxBufferedBytes: 16 * megabyte } },
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const jsonRequest = (): string =>
  JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, values.length], data: values }] });

function rawRequest(): { headers: Record<string, string>; body: Buffer } {
  const bytes = float32Bytes(values);
  const input = {
    name: 'x',
    datatype: 'FP32',
    shape: [1, values.length],
    parameters: { binary_data_size: bytes.length },
  };
  return binaryRequest({ parameters: { binary_data_output: true }, inputs: [input] }, bytes);
}

describe.each(codings)('$coding', ({ coding, compress, decompress }) => {
  it('is undone in a JSON request', async () => {
    const answer = await host.send(path, { body: compress(jsonRequest()), headers: { 'Content-Encoding': coding } });
    expect(answer.json()).toMatchObject({ outputs: [{ data: values }] });
    expect(answer.headers).not.toHaveProperty('content-encoding');
  });

  it('is undone in a binary request, whose header counts the bytes before compression', async () => {
    const { headers, body } = rawRequest();
    const answer = await host.send(path, { body: compress(body), headers: { ...headers, 'Content-Encoding': coding } });
    expect(readFloat32s(readAnswer(answer).raw.get('y')!)).toEqual(values);
  });

  it('is undone whatever the case of its name', async () => {
    const headers = { 'Content-Encoding': coding.toUpperCase() };
    expect((await host.send(path, { body: compress(jsonRequest()), headers })).status).toBe(200);
  });

  it('is done to a JSON answer that asks for it', async () => {
    const answer = await host.send(path, { body: jsonRequest(), headers: { 'Accept-Encoding': coding } });
    expect(answer.headers['content-encoding']).toBe(coding);
    expect(answer.headers.vary).toBe('Accept-Encoding');
    expect(JSON.parse(decompress(answer.body).toString())).toMatchObject({ outputs: [{ data: values }] });
  });

  it('is done to a binary answer, whose header counts the bytes before compression', async () => {
    const { headers, body } = rawRequest();
    const answer = await host.send(path, { body, headers: { ...headers, 'Accept-Encoding': coding } });
    expect(answer.headers['content-encoding']).toBe(coding);
    const whole = decompress(answer.body);
    expect(Number(answer.headers[lengthHeader.toLowerCase()])).toBe(whole.length - values.length * 4);
    expect(readFloat32s(readAnswer({ headers: answer.headers, body: whole }).raw.get('y')!)).toEqual(values);
  });

  it('that is damaged or cut short is refused with a sentence', async () => {
    const whole = compress(jsonRequest());
    for (const body of [whole.subarray(0, whole.length / 2), Buffer.from('{"inputs":[]}'), Buffer.alloc(0)]) {
      const answer = await host.send(path, { body, headers: { 'Content-Encoding': coding } });
      expect(answer.status, answer.text).toBe(400);
      expect(answer.json<{ error: string }>().error).toBe(`The body is not valid ${coding} data.`);
    }
  });

  it('that unfolds beyond the limit is refused, in bounded memory', async () => {
    const bomb = compress(Buffer.alloc(256 * megabyte));
    expect(bomb.length).toBeLessThan(megabyte);
    const before = process.memoryUsage.rss();
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 1);
    const answers: HttpAnswer[] = await Promise.all(
      Array.from({ length: 4 }, () => host.send(path, { body: bomb, headers: { 'Content-Encoding': coding } })),
    );
    clearInterval(watch);
    for (const answer of answers) {
      expect([413, 503]).toContain(answer.status);
      if (answer.status === 503) expect(answer.json()).toMatchObject({ code: 'memory-full' });
    }
    const alone = await host.send(path, { body: bomb, headers: { 'Content-Encoding': coding } });
    expect(alone.status).toBe(413);
    expect(alone.json()).toMatchObject({ code: 'payload-too-large', details: { limitBytes: 8 * megabyte } });
    expect(peak - before, 'growth of the resident memory').toBeLessThan(64 * megabyte);
    expect((await host.metrics()).find(({ name }) => name === 'millrace_buffered_request_bytes')!.value).toBe(0);
  });
});

describe('Content-Encoding', () => {
  it('identity changes nothing', async () => {
    const answer = await host.send(path, { body: jsonRequest(), headers: { 'Content-Encoding': 'identity' } });
    expect(answer.status).toBe(200);
  });

  it.each(['br', 'zstd', 'gzip, gzip', 'x'])('%s is refused with 501 and what is taken', async (coding) => {
    const answer = await host.send(path, { body: jsonRequest(), headers: { 'Content-Encoding': coding } });
    expect(answer.status).toBe(501);
    expect(answer.headers['accept-encoding']).toBe('gzip, deflate');
    expect(answer.json()).toMatchObject({ error: `The Content-Encoding '${coding}' is not supported.` });
  });

  it('deflate is the zlib format: raw deflate data is refused', async () => {
    const body = deflateRawSync(jsonRequest());
    expect((await host.send(path, { body, headers: { 'Content-Encoding': 'deflate' } })).status).toBe(400);
  });

  it('does not excuse a header length beyond the body before compression', async () => {
    const body = gzipSync('{}');
    const answer = await host.send(path, { body, headers: { 'Content-Encoding': 'gzip', [lengthHeader]: '3' } });
    expect(answer.status).toBe(400);
    expect(answer.json<{ error: string }>().error).toContain('is 3, but the body has 2 bytes');
  });
});

describe('Accept-Encoding', () => {
  it('is obeyed by its weights', async () => {
    for (const [accept, coding] of [
      ['gzip;q=0.5, deflate;q=0.8', 'deflate'],
      ['identity, gzip;q=0.5', undefined],
      ['gzip;q=0', undefined],
      ['br', undefined],
    ] as const) {
      const answer = await host.send(path, { body: jsonRequest(), headers: { 'Accept-Encoding': accept } });
      expect(answer.headers['content-encoding'], accept).toBe(coding);
    }
  });

  it('leaves short answers as they are', async () => {
    const answer = await host.send('/v2', { headers: { 'Accept-Encoding': 'gzip' } });
    expect(answer.headers).not.toHaveProperty('content-encoding');
  });

  it('compresses documents that are long', async () => {
    const answer = await host.send('/metrics', { headers: { 'Accept-Encoding': 'gzip' } });
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(answer.body).toString()).toContain('millrace_build_info');
  });
});

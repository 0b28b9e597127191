/**
 * What a client reads when something is wrong: one shape for all, in full where the client can mend it, and never anything
 * about the machine (security: no path, no stack, no host name, no version of the runtime).
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookupModel } from '../support/awkward-models.ts';
import { demoModels } from '../support/host-process.ts';
import { identityModel } from '../support/models.ts';
import { lengthHeader } from '../support/oip-request.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer, SendOptions } from '../support/test-host.ts';

interface ErrorBody {
  readonly error: string;
  readonly code: string;
  readonly hint?: string;
  readonly details?: Record<string, unknown>;
}

let host: TestHost;
let folder: string;

beforeAll(async () => {
  // A folder with a space in its name: texts of the runtime are cut at spaces more easily than at slashes.
  folder = await mkdtemp(join(tmpdir(), 'millrace test models '));
  await cp(join(demoModels, 'iris'), join(folder, 'iris'), { recursive: true });
  for (const [name, bytes] of [
    ['corrupt', Buffer.from('not a model at all')],
    ['lookup', lookupModel()],
    ['text', identityModel('STRING')],
    ['half', identityModel('FLOAT16')],
  ] as const) {
    await mkdir(join(folder, name, '1'), { recursive: true });
    await writeFile(join(folder, name, '1', 'model.onnx'), bytes);
  }
  host = await TestHost.start({ models: folder });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const infer = (model: string, body: string): [string, SendOptions] => [`/v2/models/${model}/infer`, { body }];
const input = (text: string): string => `{"inputs":[${text}]}`;

/** One request for each way in which the server says no that a client can bring about. */
const failures: readonly (readonly [title: string, status: number, code: string, request: [string, SendOptions]])[] = [
  ['an unknown path', 404, 'not-found', ['/etc/passwd', {}]],
  ['an admin path on this listener', 404, 'not-found', ['/api/v1/status', {}]],
  ['a verb that the path has not', 405, 'method-not-allowed', ['/v2', { method: 'DELETE' }]],
  ['an unknown model', 404, 'unknown-model', ['/v2/models/nope', {}]],
  ['an unknown version', 404, 'unknown-version', ['/v2/models/iris/versions/9', {}]],
  ['a name that is a path', 400, 'invalid-name', ['/v2/models/..%2f..%2fetc%2fpasswd', {}]],
  ['bad percent-encoding', 400, 'invalid-name', ['/v2/models/%zz', {}]],
  ['a model that cannot load', 503, 'model-failed', infer('corrupt', '{}')],
  ['the metadata of a model that cannot load', 503, 'model-not-ready', ['/v2/models/corrupt', {}]],
  ['loading by request', 501, 'unsupported', ['/v2/repository/models/iris/load', { body: '{}' }]],
  ['another host', 421, 'misdirected-host', ['/v2', { headers: { Host: 'evil.example' } }]],
  ['another origin', 403, 'forbidden-origin', ['/v2', { headers: { Origin: 'https://evil.example' } }]],
  ['no JSON', 400, 'invalid-json', infer('iris', 'hello')],
  ['an empty body', 400, 'invalid-json', infer('iris', '')],
  ['invalid UTF-8', 400, 'invalid-json', ['/v2/models/iris/infer', { body: Uint8Array.of(0x22, 0xff, 0x22) }]],
  ['100,000 levels', 400, 'invalid-json', infer('iris', '['.repeat(100_000))],
  [
    '100,000 levels in data',
    400,
    'invalid-json',
    infer('iris', input(`{"data":${'['.repeat(1e5)}${']'.repeat(1e5)}}`)),
  ],
  ['a number beyond a double', 400, 'invalid-json', infer('iris', input('{"name":"features","data":[1e999]}'))],
  ['a key __proto__', 400, 'invalid-json', infer('iris', '{"__proto__":{"inputs":[]}}')],
  ['a duplicate key', 400, 'invalid-json', infer('iris', '{"inputs":[],"inputs":[]}')],
  ['the same through /predict', 400, 'invalid-json', ['/predict', { body: '{"model":"iris","model":"corrupt"}' }]],
  ['an unknown input', 400, 'invalid-request', infer('iris', input('{"name":"nope"}'))],
  [
    'a wrong shape',
    400,
    'invalid-tensor',
    infer('iris', input('{"name":"features","datatype":"FP32","shape":[1,3],"data":[]}')),
  ],
  ['a sequence', 501, 'unsupported', infer('iris', '{"parameters":{"sequence_id":1},"inputs":[]}')],
  [
    'a header length beyond the body',
    400,
    'invalid-request',
    ['/v2/models/iris/infer', { body: '{}', headers: { [lengthHeader]: '3' } }],
  ],
  [
    'an unknown coding',
    501,
    'unsupported-encoding',
    ['/v2/models/iris/infer', { body: '{}', headers: { 'Content-Encoding': 'br' } }],
  ],
  [
    'data that is not gzip',
    400,
    'invalid-request',
    ['/v2/models/iris/infer', { body: '{}', headers: { 'Content-Encoding': 'gzip' } }],
  ],
  [
    'values that the model refuses',
    500,
    'inference-failed',
    infer('lookup', input('{"name":"index","datatype":"INT64","shape":[1,1],"data":[99]}')),
  ],
  [
    'a NUL in text',
    400,
    'invalid-tensor',
    infer('text', input('{"name":"x","datatype":"BYTES","shape":[1,1],"data":["a\\u0000"]}')),
  ],
  [
    'half floats in JSON',
    400,
    'invalid-tensor',
    infer('half', input('{"name":"x","datatype":"FP16","shape":[1,1],"data":[1]}')),
  ],
  ['a model that is not named', 400, 'invalid-request', ['/predict', { body: '{}' }]],
];

const answers = new Map<string, HttpAnswer>();
async function answerTo(title: string, [path, options]: [string, SendOptions]): Promise<HttpAnswer> {
  const known = answers.get(title) ?? (await host.send(path, options));
  answers.set(title, known);
  return known;
}

describe('every refusal', () => {
  it.each(failures)('of %s has its status, its code and one sentence', async (title, status, code, request) => {
    const answer = await answerTo(title, request);
    expect(answer.status, answer.text).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json');
    const body = answer.json<ErrorBody>();
    expect(body.code).toBe(code);
    expect(body.error.length).toBeGreaterThan(5);
    expect(body.error).not.toContain('\n');
    expect(answer.text.length).toBeLessThan(4000);
  });

  it.each(failures)('of %s tells nothing about the machine', async (title, _status, _code, request) => {
    const answer = await answerTo(title, request);
    const headers = JSON.stringify(answer.headers);
    for (const text of [answer.text, headers]) {
      const own = text.replaceAll(request[0], ''); // What the client itself wrote may come back.
      for (const secret of [folder, process.cwd(), tmpdir(), 'test models', 'node_modules', '.ts:', '.js:', 'node:']) {
        expect(own).not.toContain(secret);
      }
      expect(own).not.toMatch(/\bat \S+ \(/); // A stack's line.
      expect(own).not.toMatch(/(?:\/|\\\\)(?:tmp|home|root|usr|var|opt|work|Users|onnxruntime_src)\b/);
      expect(own).not.toContain(hostname());
      expect(own).not.toContain(process.version.slice(1));
      expect(own.toLowerCase()).not.toMatch(/node\.js|express|x-powered-by|"server"/);
    }
  });
});

describe('a sentence', () => {
  it('says where JSON is wrong', async () => {
    const answer = await host.send(...infer('iris', '{"inputs": [1, 2'));
    expect(answer.json()).toEqual({
      error: 'The JSON is not valid: it ends where "," or "]" should be (at byte 16).',
      code: 'invalid-json',
      details: { byteOffset: 16 },
    });
  });

  it('quotes a hostile name in a bounded length', async () => {
    const name = 'x'.repeat(1_000_000);
    const answer = await host.post('/v2/models/iris/infer', { inputs: [{ name }] });
    expect(answer.status).toBe(400);
    expect(answer.text.length).toBeLessThan(1000);
  });

  it('names the models that there are, where one is not found', async () => {
    const body = (await host.send('/v2/models/nope')).json<ErrorBody>();
    expect(body.hint).toBe('Served are: corrupt, half, iris, lookup, text.');
  });

  it('names the reason of a model that cannot load, in words of the runtime and without its folder', async () => {
    const body = (await host.send(...infer('corrupt', '{}'))).json<ErrorBody>();
    expect(body.error).toBe(
      'The model corrupt/1 cannot run: it ended three times before it was ready. ' +
        'ONNX Runtime cannot load the model: Load model from model.onnx failed:Protobuf parsing failed.',
    );
    expect(body.hint).toContain('complete ONNX model');
  });
});

describe('a prototype', () => {
  it('is not changed by any body', async () => {
    for (const body of ['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}']) {
      await host.send('/predict', { body });
      await host.send('/v2/models/iris/infer', { body });
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../server/loadtest/endpoint.ts';
import { encodeRequest } from '../../server/loadtest/request-bytes.ts';
import type { RequestForm } from '../../server/loadtest/request-bytes.ts';
import { parseInferRequest } from '../../server/protocol/oip-request.ts';
import { parsePredictRequest } from '../../server/protocol/predict-request.ts';
import type { ModelFacts, Tensor } from '../../server/protocol/tensors.ts';

const endpoint: Endpoint = {
  secure: false,
  address: '127.0.0.1',
  port: 8000,
  host: 'localhost:8000',
  hostName: 'localhost',
  basePath: '/base',
  insecure: false,
};
const form: RequestForm = {
  model: 'my model',
  api: 'infer',
  format: 'json',
  headers: { 'X-Key': 'k' },
  savedAnswers: false,
};
const inputs: Tensor[] = [
  { name: 'a', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  { name: 'b', datatype: 'BYTES', shape: [2, 1], data: ['ä', 'z'] },
  { name: 'c', datatype: 'INT64', shape: [2, 1], data: BigInt64Array.of(9_007_199_254_740_993n, -1n) },
];
const facts: ModelFacts = {
  name: 'my model',
  version: '1',
  signature: {
    inputs: inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape: [-1, shape[1]!] })),
    outputs: [],
  },
  maxBatchSize: 8,
  labels: undefined,
  featureNames: undefined,
};

function split(request: Buffer): {
  readonly head: string;
  readonly body: Buffer;
  readonly jsonLength: number | undefined;
} {
  const end = request.indexOf('\r\n\r\n');
  const head = request.toString('latin1', 0, end);
  const length = /\r\nInference-Header-Content-Length: (\d+)/.exec(head)?.[1];
  return { head, body: request.subarray(end + 4), jsonLength: length === undefined ? undefined : Number(length) };
}

describe.each(['json', 'binary'] as const)('a request as %s', (format) => {
  it('is read by the server as the tensors that went in', () => {
    const { body, jsonLength } = split(encodeRequest(endpoint, { ...form, format }, inputs));
    const read = parseInferRequest(body, jsonLength, facts).inputs;
    expect(
      read.map(({ name, datatype, shape, data }) => ({ name, datatype, shape: [...shape], data: [...data] })),
    ).toEqual(inputs.map(({ data, ...rest }) => ({ ...rest, data: [...data] })));
  });

  it('has the path, the host, the length and the headers that were asked for', () => {
    const request = encodeRequest(endpoint, { ...form, format, version: '3' }, inputs);
    const { head, body } = split(request);
    expect(head).toMatch(
      /^POST \/base\/v2\/models\/my%20model\/versions\/3\/infer HTTP\/1\.1\r\nHost: localhost:8000\r\n/,
    );
    expect(head).toContain(`\r\nContent-Length: ${body.length}`);
    expect(head).toContain('\r\nX-Key: k');
  });
});

it('asks for a computed answer, unless saved ones will do or a header says what it wants', () => {
  const head = (more: Partial<RequestForm>): string =>
    split(encodeRequest(endpoint, { ...form, ...more }, inputs)).head;
  expect(head({})).toContain('\r\nCache-Control: no-store');
  expect(head({ savedAnswers: true })).not.toContain('Cache-Control');
  expect(head({ headers: { 'cache-control': 'no-cache' } })).not.toContain('no-store');
});

describe('a request of /predict', () => {
  it('is read by the server as the rows that went in', () => {
    const single = { ...facts, signature: { ...facts.signature, inputs: facts.signature.inputs.slice(0, 1) } };
    const { head, body } = split(encodeRequest(endpoint, { ...form, api: 'predict' }, inputs.slice(0, 1)));
    expect(head).toMatch(/^POST \/base\/predict\/my%20model HTTP/);
    expect([...parsePredictRequest(body, single).inputs[0]!.data]).toEqual([1, 2, 3, 4]);
  });

  it('is refused for a model with several inputs', () => {
    expect(() => encodeRequest(endpoint, { ...form, api: 'predict' }, inputs)).toThrow(/one input/);
  });
});

it.each([
  ['X-A', 'a\r\nX-Smuggled: 1'],
  ['X A', 'a'],
  ['', 'a'],
])('a header %j: %j is refused', (name, value) => {
  expect(() => encodeRequest(endpoint, { ...form, headers: { [name]: value } }, inputs)).toThrow(/header/);
});

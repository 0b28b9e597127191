/** The requests that the benchmarks send, as they go over the wire. */
import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface InferenceRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Where a load generator writes a number that no other request of the run has: between these two parts of the body. */
  readonly numbered?: { readonly front: string; readonly back: string };
}

/** One row as JSON; `values` has the shape `[1, n]`. */
export function jsonRequest(model: string, input: string, values: readonly number[]): InferenceRequest {
  const inputs = [{ name: input, shape: [1, values.length], datatype: 'FP32', data: values }];
  return {
    path: `/v2/models/${model}/infer`,
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.from(JSON.stringify({ inputs })),
  };
}

/** One row with the binary tensor data extension, in and out. */
export function binaryRequest(model: string, input: string, values: Float32Array): InferenceRequest {
  const parameters = { binary_data_size: values.byteLength };
  const inputs = [{ name: input, shape: [1, values.length], datatype: 'FP32', parameters }];
  const json = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  return {
    path: `/v2/models/${model}/infer`,
    headers: {
      'Content-Type': 'application/octet-stream',
      'Inference-Header-Content-Length': String(json.length),
    },
    body: Buffer.concat([json, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]),
  };
}

/** The first handwritten digit of the demo model's samples. */
export async function digitsRequest(): Promise<InferenceRequest> {
  const samples = JSON.parse(await readFile(digitsSamples, 'utf8')) as { inputs: number[][] };
  return jsonRequest('digits', 'features', samples.inputs[0]!);
}

/** The same digit, but each request with another last pixel: no two are equal. */
export async function differentDigitsRequest(): Promise<InferenceRequest> {
  const request = await digitsRequest();
  const text = request.body.toString();
  const at = text.lastIndexOf(',', text.indexOf(']}]')) + 1;
  return { ...request, numbered: { front: text.slice(0, at), back: text.slice(text.indexOf(']}]', at)) } };
}

const digitsSamples = new URL('../../resources/models/digits/samples.json', import.meta.url);

/** Sends it once on a connection of its own and gives the answer's body. Throws where the answer is not 200. */
export async function answerOf(baseUrl: string, { path, headers, body }: InferenceRequest): Promise<Buffer> {
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    const length = { 'Content-Length': String(body.length) };
    const sent = httpRequest(baseUrl + path, { method: 'POST', agent: false, headers: { ...headers, ...length } });
    sent.on('response', resolve).on('error', reject).end(body);
  });
  const answer = await buffer(response);
  if (response.statusCode === 200) return answer;
  throw new Error(`${baseUrl} answered ${response.statusCode}: ${answer.toString().slice(0, 200)}`);
}

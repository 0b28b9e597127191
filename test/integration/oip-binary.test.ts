/** The binary tensor data extension: raw tensors beside JSON, in both directions, and the mistakes that clients make with it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { identityModel, twoInputModel } from '../support/models.ts';
import {
  binaryRequest,
  float32Bytes,
  lengthHeader,
  readAnswer,
  readFloat32s,
  readStrings,
} from '../support/oip-request.ts';
import type { OipAnswer } from '../support/oip-request.ts';
import { expectRefusal } from '../support/refusal.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({
    models: [
      { name: 'identity', bytes: identityModel('FLOAT') },
      { name: 'fixed-width', bytes: identityModel('FLOAT', ['batch', 4]) },
      { name: 'lone-text', bytes: identityModel('STRING', ['batch', 1]) },
      { name: 'two-inputs', bytes: twoInputModel() },
    ],
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const raw = float32Bytes([1, 2, 3]);
const input = (size: number, name = 'x'): object => ({
  name,
  datatype: 'FP32',
  shape: [1, 3],
  parameters: { binary_data_size: size },
});

it('takes raw tensors in the order of the inputs that are binary, beside inputs in JSON', async () => {
  const b = { name: 'b', datatype: 'FP32', shape: [1, 3], data: [10, 20, 30] };
  const mixed = await host.inferBinary('two-inputs', { inputs: [b, input(12, 'a')] }, raw);
  expect(mixed.json<OipAnswer>().outputs[0]!.data).toEqual([11, 22, 33]);
  const both = await host.inferBinary(
    'two-inputs',
    { inputs: [input(12, 'b'), input(12, 'a')] },
    float32Bytes([4, 5, 6]),
    raw,
  );
  expect(both.json<OipAnswer>().outputs[2]!.data).toEqual([false, false, false]);
  expect(both.json<OipAnswer>().outputs[1]!.data).toEqual([4, 10, 18]);
});

it('answers as each output asks, over what the request asks for all', async () => {
  const outputs = [{ name: 'column', parameters: { binary_data: false } }, { name: 'sum' }];
  const request = { parameters: { binary_data_output: true }, inputs: [input(12, 'a'), input(12, 'b')], outputs };
  const { json, raw: answered } = readAnswer(await host.inferBinary('two-inputs', request, raw, raw));
  expect(json.outputs[0]).toEqual({ name: 'column', datatype: 'INT64', shape: [1], data: [2] });
  expect(readFloat32s(answered.get('sum')!)).toEqual([2, 4, 6]);
});

it('is plain JSON where no output is binary, whatever the request looked like', async () => {
  const answer = await host.inferBinary('identity', { inputs: [input(12)] }, raw);
  expect(answer.headers['content-type']).toBe('application/json');
  expect(answer.headers).not.toHaveProperty(lengthHeader.toLowerCase());
});

it('takes a whole body as the one tensor of the one input, a batch of one, where the header says 0', async () => {
  const send = (model: string, body: Uint8Array): Promise<HttpAnswer> =>
    host.send(`/v2/models/${model}/infer`, { body, headers: { [lengthHeader]: '0' } });
  const numbers = readAnswer(await send('identity', raw));
  expect(numbers.json.outputs[0]).toMatchObject({ shape: [1, 3], parameters: { binary_data_size: 12 } });
  expect(readFloat32s(numbers.raw.get('y')!)).toEqual([1, 2, 3]);
  // For BYTES the body is one element, without a length before it.
  const text = readAnswer(await send('lone-text', Buffer.from('größe')));
  expect(text.json.outputs[0]).toMatchObject({ datatype: 'BYTES', shape: [1, 1] });
  expect(readStrings(text.raw.get('y')!)).toEqual(['größe']);

  expectRefusal(await send('two-inputs', raw), 400, /exactly 1 input/);
  expectRefusal(await send('identity', raw.subarray(0, 5)), 400, /5 bytes of binary data, expected a multiple of 4/);
  expectRefusal(await send('fixed-width', raw), 400, /expecting 4 additional bytes/);
});

it.each([
  ['abc', /Inference-Header-Content-Length is 'abc'/],
  ['-1', /Inference-Header-Content-Length is '-1'/],
  ['1.5', /Inference-Header-Content-Length is '1.5'/],
  ['99999', /Inference-Header-Content-Length is 99999, but the body has \d+ bytes/],
  ['99999999999999999999', /Inference-Header-Content-Length is '9999/],
  ['10', /JSON is not valid/],
])('refuses the header %s', async (value, error) => {
  const { body } = binaryRequest({ inputs: [input(12)] }, raw);
  const answer = await host.send('/v2/models/identity/infer', { body, headers: { [lengthHeader]: value } });
  expectRefusal(answer, 400, error);
});

it('refuses bytes that are missing, left over or unannounced', async () => {
  const two = [input(12, 'a'), input(12, 'b')];
  expectRefusal(await host.inferBinary('two-inputs', { inputs: two }, raw), 400, /"b".*expecting 12 additional bytes/);
  expectRefusal(
    await host.inferBinary('two-inputs', { inputs: two }, raw, raw, raw),
    400,
    /unexpected additional input data: 12/,
  );
  expectRefusal(
    await host.infer('identity', { inputs: [input(12)] }),
    400,
    /no header Inference-Header-Content-Length/,
  );
  const both = { ...input(12), data: [1, 2, 3] };
  expectRefusal(await host.inferBinary('identity', { inputs: [both] }, raw), 400, /both "data" and the parameter/);
  expectRefusal(await host.inferBinary('identity', { inputs: [input(-4)] }, raw), 400, /"binary_data_size".* is -4/);
});

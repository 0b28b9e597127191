/**
 * Inference over the Open Inference Protocol: every datatype both ways, the parts of a request, the binary extension with its
 * mistakes, classification. Identity models answer what they are asked, so that each value can be followed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoModels } from '../support/host-process.ts';
import { CARRIED_TYPES, DICTIONARY, dictionaryModel, identityModel, twoInputModel } from '../support/models.ts';
import {
  binaryRequest,
  float32Bytes,
  lengthHeader,
  readAnswer,
  readFloat32s,
  readStrings,
  stringBytes,
} from '../support/oip-request.ts';
import type { OipAnswer, OipTensor } from '../support/oip-request.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({
    models: [
      ...CARRIED_TYPES.map(({ type, datatype }) => ({ name: `identity-${datatype}`, bytes: identityModel(type) })),
      { name: 'square', bytes: identityModel('FLOAT', ['batch', 2, 2]), labels: ['a', 'b', 'c'] },
      { name: 'lone-text', bytes: identityModel('STRING', ['batch', 1]) },
      { name: 'two-inputs', bytes: twoInputModel() },
      { name: 'dictionary', bytes: dictionaryModel() },
      {
        name: 'iris',
        bytes: readFileSync(join(demoModels, 'iris/1/model.onnx')),
        labels: ['setosa', 'versicolor', 'virginica'],
      },
    ],
  });
});
afterAll(() => host[Symbol.asyncDispose]());

function infer(model: string, request: unknown): Promise<HttpAnswer> {
  return host.post(`/v2/models/${model}/infer`, request);
}

function inferBinary(model: string, json: unknown, ...raw: readonly Uint8Array[]): Promise<HttpAnswer> {
  return host.send(`/v2/models/${model}/infer`, binaryRequest(json, ...raw));
}

/** JSON text of a request for an identity model, so that tokens beyond JSON.stringify can stand in it. */
function identityText(datatype: string, shape: readonly number[], data: string): string {
  return `{"inputs":[{"name":"x","datatype":"${datatype}","shape":[${shape.join(',')}],"data":${data}}]}`;
}

function expectRefusal(answer: HttpAnswer, status: number, error: string | RegExp): void {
  expect(answer.status, answer.text).toBe(status);
  const body = answer.json<{ error: string; code: string }>();
  expect(body.error).toMatch(error);
  expect(body.code).toMatch(/^[a-z-]+$/);
}

const x = (shape: readonly number[], data: readonly unknown[]): OipTensor => ({
  name: 'x',
  datatype: 'FP32',
  shape,
  data,
});

describe('datatypes in JSON', () => {
  it.each([
    ['BOOL', '[true,false,true]'],
    ['UINT8', '[0,255,7]'],
    ['UINT16', '[0,65535,7]'],
    ['UINT32', '[0,4294967295,7]'],
    ['UINT64', '[0,18446744073709551615,9007199254740993]'],
    ['INT8', '[-128,127,7]'],
    ['INT16', '[-32768,32767,7]'],
    ['INT32', '[-2147483648,2147483647,7]'],
    ['INT64', '[-9223372036854775808,9223372036854775807,-9007199254740993]'],
    ['FP32', '[0.7,NaN,-Infinity]'],
    ['FP32', '[-0,1.401298464324817e-45,3.4028234663852886e+38]'],
    ['FP64', '[0.1,Infinity,-1.7976931348623157e+308]'],
    ['BYTES', '["größe 🙂","","\\u0001\\n\\"quoted\\""]'],
  ])('brings %s %s back as it was sent', async (datatype, data) => {
    const answer = await host.send(`/v2/models/identity-${datatype}/infer`, {
      body: identityText(datatype, [1, 3], data),
    });
    expect(answer.status, answer.text).toBe(200);
    const written = /"data":(\[.*\])\}\]\}$/.exec(answer.text)?.[1];
    expect(written).toBe(data);
  });

  it.each([
    ['UINT8', '[256,0]', /element 0 is 256/],
    ['INT8', '[0,-129]', /element 1 is -129/],
    ['INT32', '[1.5,0]', /element 0 is 1.5/],
    ['INT64', '[9223372036854775808,0]', /element 0 is 9223372036854775808/],
    ['UINT64', '[-1,0]', /element 0 is -1/],
    ['BOOL', '[1,true]', /element 0 is 1.*true or false/],
    ['FP32', '["1",0]', /element 0 is "1"/],
    ['FP32', '[null,0]', /element 0 is null/],
    ['FP32', '[1e39,0]', /element 0 is 1e\+39/],
    ['BYTES', '[1,"a"]', /element 0 is 1/],
    ['BYTES', '["a\\u0000b","c"]', /element 0 contains a NUL character/],
  ])('refuses %s %s with the element and what may stand there', async (datatype, data, error) => {
    const body = identityText(datatype, [1, 2], data);
    expectRefusal(await host.send(`/v2/models/identity-${datatype}/infer`, { body }), 400, error);
  });

  it('refuses FP16 in JSON both ways and names the binary extension', async () => {
    const body = identityText('FP16', [1, 1], '[1]');
    const error = /FP16, which JSON cannot carry.*binary tensor data extension/;
    expectRefusal(await host.send('/v2/models/identity-FP16/infer', { body }), 400, error);
    const input = { name: 'x', datatype: 'FP16', shape: [1, 1], parameters: { binary_data_size: 2 } };
    expectRefusal(await inferBinary('identity-FP16', { inputs: [input] }, Buffer.alloc(2)), 400, error);
  });
});

describe('datatypes in binary', () => {
  it.each([
    ['BOOL', [1, 0, 1]],
    ['UINT8', [0, 255, 7]],
    ['INT8', [0x80, 0x7f, 7]],
    ['UINT16', [0, 0, 0xff, 0xff, 7, 0]],
    ['INT16', [0, 0x80, 0xff, 0x7f, 7, 0]],
    ['UINT32', [0, 0, 0, 0, 255, 255, 255, 255, 7, 0, 0, 0]],
    ['INT32', [0, 0, 0, 0x80, 255, 255, 255, 0x7f, 7, 0, 0, 0]],
    ['UINT64', [...new Uint8Array(8), ...new Uint8Array(8).fill(255), 7, 0, 0, 0, 0, 0, 0, 0]],
    ['INT64', [0, 0, 0, 0, 0, 0, 0, 0x80, 255, 255, 255, 255, 255, 255, 255, 0x7f, 7, 0, 0, 0, 0, 0, 0, 0]],
    // 1.5, NaN with a payload, the smallest subnormal: bits, not values.
    ['FP16', [0x00, 0x3e, 0x01, 0x7e, 0x01, 0x00]],
    ['FP32', [0, 0, 0xc0, 0x3f, 1, 0, 0xc0, 0x7f, 1, 0, 0, 0]],
    ['FP64', [...new Uint8Array(6), 0xf8, 0x3f, 1, 0, 0, 0, 0, 0, 0xf8, 0x7f, 1, ...new Uint8Array(7)]],
    ['BYTES', [...stringBytes('größe 🙂', '', 'a"b')]],
  ])('brings the bytes of %s back unchanged', async (datatype, bytes) => {
    const input = { name: 'x', datatype, shape: [1, 3], parameters: { binary_data_size: bytes.length } };
    const request = { parameters: { binary_data_output: true }, inputs: [input] };
    const answer = await inferBinary(`identity-${datatype}`, request, Uint8Array.from(bytes));
    expect(answer.status, answer.text).toBe(200);
    const { json, raw } = readAnswer(answer);
    expect(json.outputs).toEqual([
      { name: 'y', datatype, shape: [1, 3], parameters: { binary_data_size: bytes.length } },
    ]);
    expect([...raw.get('y')!]).toEqual(bytes);
  });

  it.each([
    ['BOOL', Uint8Array.of(0, 2), /element 1 is the byte 2/],
    ['FP32', Buffer.alloc(4), /4 bytes of binary data, but FP32 of shape \[1,2\] is 8/],
    ['BYTES', stringBytes('a\0b', 'c'), /element 0 contains a NUL character/],
    ['BYTES', stringBytes(Uint8Array.of(0xff, 0xfe), 'c'), /element 0 is not valid UTF-8/],
    ['BYTES', stringBytes('only one'), /end inside element 1 of the 2/],
    ['BYTES', stringBytes('a', 'b', 'c'), /unexpected additional input data/],
    ['BYTES', Uint8Array.of(255, 255, 255, 255, 0), /end inside element 0/],
  ])('refuses %s bytes that are not the tensor', async (datatype, bytes, error) => {
    const input = { name: 'x', datatype, shape: [1, 2], parameters: { binary_data_size: bytes.length } };
    expectRefusal(await inferBinary(`identity-${datatype}`, { inputs: [input] }, bytes), 400, error);
  });
});

describe('shapes', () => {
  it('takes nested and flat data and answers flat', async () => {
    for (const data of [
      [1, 2, 3, 4],
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [
        [1, 2],
        [3, 4],
      ],
    ]) {
      const answer = await infer('square', { inputs: [x([1, 2, 2], data)] });
      expect(answer.json<OipAnswer>().outputs).toEqual([
        { name: 'y', datatype: 'FP32', shape: [1, 2, 2], data: [1, 2, 3, 4] },
      ]);
    }
  });

  it('answers empty tensors with empty tensors', async () => {
    for (const shape of [
      [0, 3],
      [1, 0],
      [0, 0],
    ]) {
      const inJson = await infer('identity-FP32', { inputs: [x(shape, [])] });
      expect(inJson.json<OipAnswer>().outputs).toEqual([{ name: 'y', datatype: 'FP32', shape, data: [] }]);

      const input = { name: 'x', datatype: 'FP32', shape, parameters: { binary_data_size: 0 } };
      const answer = await inferBinary('identity-FP32', { parameters: { binary_data_output: true }, inputs: [input] });
      const { json, raw } = readAnswer(answer);
      expect(json.outputs).toEqual([{ name: 'y', datatype: 'FP32', shape, parameters: { binary_data_size: 0 } }]);
      expect(raw.get('y')).toHaveLength(0);
    }
  });

  it.each([
    [[1, -3], [1, 2, 3], /dimension 1 of its shape is -3/],
    [['1', 3], [1, 2, 3], /dimension 0 of its shape is "1"/],
    [[1.5, 2], [1, 2, 3], /dimension 0 of its shape is 1.5/],
    [[3], [1, 2, 3], /shape \[3\] with 1 dimensions.*\[-1,-1\]/],
    [[1, 4], [1, 2, 3], /3 elements in its data, but its shape calls for 4/],
    [[2147483647, 2147483647], [1], /more than the 2147483647 elements/],
    ['[1,3]', [1, 2, 3], /"\[1,3\]" as its shape/],
  ])('refuses the shape %j', async (shape, data, error) => {
    expectRefusal(await infer('identity-FP32', { inputs: [{ name: 'x', datatype: 'FP32', shape, data }] }), 400, error);
  });

  it('names the dimension that the model fixes', async () => {
    const answer = await infer('iris', { inputs: [{ ...x([1, 3], [1, 2, 3]), name: 'features' }] });
    expectRefusal(answer, 400, /Input "features" has shape \[1,3\]: dimension 1 is 3, but the model takes 4 there/);
  });
});

describe('the parts of a request', () => {
  const a = { name: 'a', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] };
  const b = { name: 'b', datatype: 'FP32', shape: [1, 3], data: [3, 2, 1] };

  it('answers all outputs where none is named, with the keys in the usual order', async () => {
    const answer = await infer('two-inputs', { id: 'r 1', inputs: [b, a] });
    expect(answer.text).toBe(
      '{"id":"r 1","model_name":"two-inputs","model_version":"1","outputs":[' +
        '{"name":"sum","datatype":"FP32","shape":[1,3],"data":[4,4,4]},' +
        '{"name":"product","datatype":"FP32","shape":[1,3],"data":[3,4,3]},' +
        '{"name":"larger","datatype":"BOOL","shape":[1,3],"data":[false,false,true]},' +
        '{"name":"column","datatype":"INT64","shape":[1],"data":[0]}]}',
    );
  });

  it('answers the outputs that are named, in the order in which they are named', async () => {
    const outputs = [{ name: 'column' }, { name: 'sum' }];
    const { outputs: answered } = (await infer('two-inputs', { inputs: [a, b], outputs })).json<OipAnswer>();
    expect(answered.map(({ name }) => name)).toEqual(['column', 'sum']);
  });

  it('echoes any id and leaves it out where there is none', async () => {
    for (const id of ['', 'größe 🙂 "quoted"', '\\u0000']) {
      expect((await infer('two-inputs', { id, inputs: [a, b] })).json<OipAnswer>().id).toBe(id);
    }
    expect((await infer('two-inputs', { inputs: [a, b] })).json()).not.toHaveProperty('id');
  });

  it('ignores keys that it does not know, a missing Content-Type and a query', async () => {
    const body = JSON.stringify({ model_name: 'x', extra: { deep: [1] }, inputs: [{ ...a, extra: null }, b] });
    for (const headers of [{}, { 'Content-Type': 'text/plain' }, { 'Content-Type': 'application/octet-stream' }]) {
      const answer = await host.send('/v2/models/two-inputs/versions/1/infer?test_1=1&test_2=2', { body, headers });
      expect(answer.status, answer.text).toBe(200);
    }
  });

  it('takes parameters of the kinds that the protocol has, and refuses others', async () => {
    const parameters = { text: 'x', whole: 1, real: 1.5, flag: true, priority: 2, timeout: 5_000_000, sequence_id: 0 };
    expect((await infer('two-inputs', { parameters, inputs: [a, b] })).status).toBe(200);
    for (const [bad, status, error] of [
      [{ list: [1] }, 400, /"list" of the request is an array/],
      [{ nothing: null }, 400, /"nothing" of the request is null/],
      [{ triton_x: 1 }, 400, /reserved "triton_"/],
      [{ priority: -1 }, 400, /"priority" of the request is -1/],
      [{ timeout: '5' }, 400, /"timeout" of the request is "5"/],
      [{ binary_data_output: 1 }, 400, /"binary_data_output" of the request is 1/],
      [{ sequence_id: 7 }, 501, /serves no sequences/],
      [{ shared_memory_region: 'r' }, 501, /shared memory/],
    ] as const) {
      expectRefusal(await infer('two-inputs', { parameters: bad, inputs: [a, b] }), status, error);
    }
  });

  it.each([
    [{}, /"inputs" are nothing, expected a list/],
    [{ inputs: {} }, /"inputs" are an object/],
    [{ inputs: [] }, /needs the input "a"/],
    [{ inputs: [a] }, /needs the input "b" \(FP32 \[-1,3\]\)/],
    [{ inputs: [a, b, a] }, /has input "a" twice/],
    [{ inputs: [a, { ...b, name: 'c' }] }, /has no input "c"; it takes "a", "b"/],
    [{ inputs: [a, { ...b, datatype: 'FP64' }] }, /has the datatype "FP64", but the model takes FP32/],
    [{ inputs: [a, { ...b, datatype: 'FLOAT' }] }, /"FLOAT", which is no datatype/],
    [{ inputs: [a, { ...b, data: undefined }] }, /neither "data" nor the parameter "binary_data_size"/],
    [{ inputs: [a, { ...b, shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }] }, /"b" has 2 rows, but input "a" has 1/],
    [{ inputs: [a, b], outputs: [{ name: 'nope' }] }, /has no output "nope"; it gives "sum", "product"/],
    [{ inputs: [a, b], outputs: [{ name: 'sum' }, { name: 'sum' }] }, /output "sum" twice/],
    [{ inputs: [a, b], outputs: 'sum' }, /"outputs" are "sum"/],
    [{ inputs: [a, b], id: 7 }, /"id" is 7, expected a string/],
    [[], /The request is an array/],
  ])('refuses %j with what is wrong', async (request, error) => {
    expectRefusal(await infer('two-inputs', request), 400, error);
  });
});

describe('the binary tensor data extension', () => {
  const raw = float32Bytes([1, 2, 3]);
  const input = (size: number, name = 'x'): object => ({
    name,
    datatype: 'FP32',
    shape: [1, 3],
    parameters: { binary_data_size: size },
  });

  it('takes raw tensors in the order of the inputs that are binary, beside inputs in JSON', async () => {
    const b = { name: 'b', datatype: 'FP32', shape: [1, 3], data: [10, 20, 30] };
    const mixed = await inferBinary('two-inputs', { inputs: [b, input(12, 'a')] }, raw);
    expect(mixed.json<OipAnswer>().outputs[0]!.data).toEqual([11, 22, 33]);
    const both = await inferBinary(
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
    const { json, raw: answered } = readAnswer(await inferBinary('two-inputs', request, raw, raw));
    expect(json.outputs[0]).toEqual({ name: 'column', datatype: 'INT64', shape: [1], data: [2] });
    expect(readFloat32s(answered.get('sum')!)).toEqual([2, 4, 6]);
  });

  it('is plain JSON where no output is binary, whatever the request looked like', async () => {
    const answer = await inferBinary('identity-FP32', { inputs: [input(12)] }, raw);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers).not.toHaveProperty(lengthHeader.toLowerCase());
  });

  it('takes a whole body as the one tensor of the one input, a batch of one, where the header says 0', async () => {
    const send = (model: string, body: Uint8Array): Promise<HttpAnswer> =>
      host.send(`/v2/models/${model}/infer`, { body, headers: { [lengthHeader]: '0' } });
    const numbers = readAnswer(await send('identity-FP32', raw));
    expect(numbers.json.outputs[0]).toMatchObject({ shape: [1, 3], parameters: { binary_data_size: 12 } });
    expect(readFloat32s(numbers.raw.get('y')!)).toEqual([1, 2, 3]);
    // For BYTES the body is one element, without a length before it.
    const text = readAnswer(await send('lone-text', Buffer.from('größe')));
    expect(text.json.outputs[0]).toMatchObject({ datatype: 'BYTES', shape: [1, 1] });
    expect(readStrings(text.raw.get('y')!)).toEqual(['größe']);

    expectRefusal(await send('two-inputs', raw), 400, /exactly 1 input/);
    expectRefusal(
      await send('identity-FP32', raw.subarray(0, 5)),
      400,
      /5 bytes of binary data, expected a multiple of 4/,
    );
    expectRefusal(await send('iris', raw), 400, /expecting 4 additional bytes/);
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
    const answer = await host.send('/v2/models/identity-FP32/infer', { body, headers: { [lengthHeader]: value } });
    expectRefusal(answer, 400, error);
  });

  it('refuses bytes that are missing, left over or unannounced', async () => {
    const two = [input(12, 'a'), input(12, 'b')];
    expectRefusal(await inferBinary('two-inputs', { inputs: two }, raw), 400, /"b".*expecting 12 additional bytes/);
    expectRefusal(
      await inferBinary('two-inputs', { inputs: two }, raw, raw, raw),
      400,
      /unexpected additional input data: 12/,
    );
    expectRefusal(
      await infer('identity-FP32', { inputs: [input(12)] }),
      400,
      /no header Inference-Header-Content-Length/,
    );
    const both = { ...input(12), data: [1, 2, 3] };
    expectRefusal(await inferBinary('identity-FP32', { inputs: [both] }, raw), 400, /both "data" and the parameter/);
    expectRefusal(await inferBinary('identity-FP32', { inputs: [input(-4)] }, raw), 400, /"binary_data_size".* is -4/);
  });
});

describe('text', () => {
  it('goes in and comes out, in JSON and in binary', async () => {
    const words = ['one', 'größe', '', '🙂'];
    const translations = [DICTIONARY.one, DICTIONARY.größe, DICTIONARY[''], '?'];
    const word = { name: 'word', datatype: 'BYTES', shape: [4, 1] };
    const inJson = (await infer('dictionary', { inputs: [{ ...word, data: words }] })).json<OipAnswer>();
    expect(inJson.outputs.map(({ data }) => data)).toEqual([[0, 3, 4, -1], translations]);

    const bytes = stringBytes(...words);
    const request = {
      parameters: { binary_data_output: true },
      inputs: [{ ...word, parameters: { binary_data_size: bytes.length } }],
    };
    const { raw } = readAnswer(await inferBinary('dictionary', request, bytes));
    expect(readStrings(raw.get('translation')!)).toEqual(translations);
  });
});

describe('classification', () => {
  const request = (parameters: object, rows = 1): object => ({
    inputs: [
      {
        name: 'features',
        datatype: 'FP32',
        shape: [rows, 4],
        data: Array.from({ length: rows }, () => [5.1, 3.5, 1.4, 0.2]).flat(),
      },
    ],
    outputs: [{ name: 'probabilities', parameters }],
  });

  it('gives the best classes of each row with value, index and label', async () => {
    const [output] = (await infer('iris', request({ classification: 2 }, 2))).json<OipAnswer>().outputs;
    expect(output).toMatchObject({ name: 'probabilities', datatype: 'BYTES', shape: [2, 2] });
    expect(output!.data).toHaveLength(4);
    expect(output!.data![0]).toMatch(/^0\.99\d{4}:0:setosa$/);
    expect(output!.data![1]).toMatch(/^0\.00\d{4}:1:versicolor$/);
    expect(output!.data!.slice(2)).toEqual(output!.data!.slice(0, 2));
  });

  it('gives at most as many classes as there are, also in binary', async () => {
    const answer = await infer('iris', request({ classification: 99, binary_data: true }));
    const { json, raw } = readAnswer(answer);
    expect(json.outputs[0]).toMatchObject({ datatype: 'BYTES', shape: [1, 3] });
    expect(readStrings(raw.get('probabilities')!).map((text) => text.split(':').slice(1).join(':'))).toEqual([
      '0:setosa',
      '1:versicolor',
      '2:virginica',
    ]);
  });

  it('leaves the label out beyond the labels that there are', async () => {
    const inputs = [x([1, 2, 2], [1, 4, 3, 40])];
    const outputs = [{ name: 'y', parameters: { classification: 4 } }];
    const [output] = (await infer('square', { inputs, outputs })).json<OipAnswer>().outputs;
    expect(output).toMatchObject({
      shape: [1, 4],
      data: ['40.000000:3', '4.000000:1:b', '3.000000:2:c', '1.000000:0:a'],
    });
  });

  it('refuses to classify text', async () => {
    const inputs = [{ name: 'word', datatype: 'BYTES', shape: [1, 1], data: ['one'] }];
    const outputs = [{ name: 'translation', parameters: { classification: 1 } }];
    expectRefusal(await infer('dictionary', { inputs, outputs }), 400, /"translation" is BYTES/);
  });
});

/**
 * Inference over the Open Inference Protocol: shapes, the parts of a request, text and classification. Datatypes are in
 * oip-datatypes.test.ts, raw tensors in oip-binary.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoModel } from '../support/demo-models.ts';
import { DICTIONARY, dictionaryModel, identityModel, twoInputModel } from '../support/models.ts';
import { readAnswer, readStrings, stringBytes } from '../support/oip-request.ts';
import type { OipAnswer, OipTensor } from '../support/oip-request.ts';
import { expectRefusal } from '../support/refusal.ts';
import { TestHost } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({
    models: [
      { name: 'identity', bytes: identityModel('FLOAT') },
      { name: 'square', bytes: identityModel('FLOAT', ['batch', 2, 2]), labels: ['a', 'b', 'c'] },
      { name: 'two-inputs', bytes: twoInputModel() },
      { name: 'dictionary', bytes: dictionaryModel() },
      demoModel('iris'),
    ],
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const x = (shape: readonly number[], data: readonly unknown[]): OipTensor => ({
  name: 'x',
  datatype: 'FP32',
  shape,
  data,
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
      const answer = await host.infer('square', { inputs: [x([1, 2, 2], data)] });
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
      const inJson = await host.infer('identity', { inputs: [x(shape, [])] });
      expect(inJson.json<OipAnswer>().outputs).toEqual([{ name: 'y', datatype: 'FP32', shape, data: [] }]);

      const input = { name: 'x', datatype: 'FP32', shape, parameters: { binary_data_size: 0 } };
      const answer = await host.inferBinary('identity', { parameters: { binary_data_output: true }, inputs: [input] });
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
    expectRefusal(await host.infer('identity', { inputs: [{ name: 'x', datatype: 'FP32', shape, data }] }), 400, error);
  });

  it('names the dimension that the model fixes', async () => {
    const answer = await host.infer('iris', { inputs: [{ ...x([1, 3], [1, 2, 3]), name: 'features' }] });
    expectRefusal(answer, 400, /Input "features" has shape \[1,3\]: dimension 1 is 3, but the model takes 4 there/);
  });
});

describe('the parts of a request', () => {
  const a = { name: 'a', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] };
  const b = { name: 'b', datatype: 'FP32', shape: [1, 3], data: [3, 2, 1] };

  it('answers all outputs where none is named, with the keys in the usual order', async () => {
    const answer = await host.infer('two-inputs', { id: 'r 1', inputs: [b, a] });
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
    const { outputs: answered } = (await host.infer('two-inputs', { inputs: [a, b], outputs })).json<OipAnswer>();
    expect(answered.map(({ name }) => name)).toEqual(['column', 'sum']);
  });

  it('echoes any id and leaves it out where there is none', async () => {
    for (const id of ['', 'größe 🙂 "quoted"', '\\u0000']) {
      expect((await host.infer('two-inputs', { id, inputs: [a, b] })).json<OipAnswer>().id).toBe(id);
    }
    expect((await host.infer('two-inputs', { inputs: [a, b] })).json()).not.toHaveProperty('id');
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
    expect((await host.infer('two-inputs', { parameters, inputs: [a, b] })).status).toBe(200);
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
      expectRefusal(await host.infer('two-inputs', { parameters: bad, inputs: [a, b] }), status, error);
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
    expectRefusal(await host.infer('two-inputs', request), 400, error);
  });
});

describe('text', () => {
  it('goes in and comes out, in JSON and in binary', async () => {
    const words = ['one', 'größe', '', '🙂'];
    const translations = [DICTIONARY.one, DICTIONARY.größe, DICTIONARY[''], '?'];
    const word = { name: 'word', datatype: 'BYTES', shape: [4, 1] };
    const inJson = (await host.infer('dictionary', { inputs: [{ ...word, data: words }] })).json<OipAnswer>();
    expect(inJson.outputs.map(({ data }) => data)).toEqual([[0, 3, 4, -1], translations]);

    const bytes = stringBytes(...words);
    const request = {
      parameters: { binary_data_output: true },
      inputs: [{ ...word, parameters: { binary_data_size: bytes.length } }],
    };
    const { raw } = readAnswer(await host.inferBinary('dictionary', request, bytes));
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
    const [output] = (await host.infer('iris', request({ classification: 2 }, 2))).json<OipAnswer>().outputs;
    expect(output).toMatchObject({ name: 'probabilities', datatype: 'BYTES', shape: [2, 2] });
    expect(output!.data).toHaveLength(4);
    expect(output!.data![0]).toMatch(/^0\.99\d{4}:0:setosa$/);
    expect(output!.data![1]).toMatch(/^0\.00\d{4}:1:versicolor$/);
    expect(output!.data!.slice(2)).toEqual(output!.data!.slice(0, 2));
  });

  it('gives at most as many classes as there are, also in binary', async () => {
    const answer = await host.infer('iris', request({ classification: 99, binary_data: true }));
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
    const [output] = (await host.infer('square', { inputs, outputs })).json<OipAnswer>().outputs;
    expect(output).toMatchObject({
      shape: [1, 4],
      data: ['40.000000:3', '4.000000:1:b', '3.000000:2:c', '1.000000:0:a'],
    });
  });

  it('refuses to classify text', async () => {
    const inputs = [{ name: 'word', datatype: 'BYTES', shape: [1, 1], data: ['one'] }];
    const outputs = [{ name: 'translation', parameters: { classification: 1 } }];
    expectRefusal(await host.infer('dictionary', { inputs, outputs }), 400, /"translation" is BYTES/);
  });
});

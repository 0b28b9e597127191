import { describe, expect, it } from 'vitest';
import { parseInferRequest, type InferRequest } from '../../server/protocol/oip-request.ts';
import type { ModelFacts } from '../../server/protocol/tensors.ts';
import { body, facts, refusal, spec } from './facts.ts';

const OUTPUTS = [spec('label', 'INT64', [-1]), spec('probabilities', 'FP32', [-1, 3])];
const IRIS = facts([spec('features', 'FP32', [-1, 4])], OUTPUTS);
const INPUT = { name: 'features', shape: [1, 4], datatype: 'FP32', data: [5.1, 3.5, 1.4, 0.2] };
const PAIR = facts([spec('a', 'FP32', [-1, 2]), spec('b', 'BYTES', [-1])], OUTPUTS);

function parse(document: unknown, model: ModelFacts = IRIS): InferRequest {
  return parseInferRequest(body(document), undefined, model);
}

describe('a JSON inference request', () => {
  it('becomes tensors in the order of the signature', () => {
    const inputs = [
      { name: 'b', shape: [2], datatype: 'BYTES', data: ['x', '🏭'] },
      {
        name: 'a',
        shape: [2, 2],
        datatype: 'FP32',
        data: [
          [1, 2],
          [3, 4],
        ],
      },
    ];
    expect(parse({ id: 'r-1', inputs, parameters: { note: 'kept', rate: 0.5 } }, PAIR)).toEqual({
      id: 'r-1',
      inputs: [
        { name: 'a', datatype: 'FP32', shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) },
        { name: 'b', datatype: 'BYTES', shape: [2], data: ['x', '🏭'] },
      ],
      outputs: [
        { name: 'label', binary: false, classification: 0 },
        { name: 'probabilities', binary: false, classification: 0 },
      ],
      parameters: { note: 'kept', rate: 0.5 },
      rows: 2,
    });
  });

  it('ignores keys it does not know', () => {
    const inputs = [{ ...INPUT, extra: [1], parameters: { other: 1 } }];
    expect(parse({ model_name: 'iris', inputs, extra: { deep: [{}] } }).id).toBeUndefined();
  });

  it.each([
    ['no rows', { shape: [0, 4], data: [] }, 0],
    ['one row', { shape: [1, 4], data: [1, 2, 3, 4] }, 1],
    [
      'nested rows',
      {
        shape: [2, 4],
        data: [
          [1, 2, 3, 4],
          [5, 6, 7, 8],
        ],
      },
      2,
    ],
    ['more rows than the model runs together', { shape: [65, 4], data: Array.from({ length: 260 }, () => 0) }, 65],
  ])('may have %s', (_, changes, rows) => {
    const request = parse({ inputs: [{ ...INPUT, ...changes }] });
    expect([request.rows, request.inputs[0]!.data.length]).toEqual([rows, rows * 4]);
  });

  it('counts as one row for a model that cannot batch', () => {
    const model = facts([spec('x', 'FP32', [3, 2])], OUTPUTS, { maxBatchSize: 0 });
    const inputs = [{ name: 'x', shape: [3, 2], datatype: 'FP32', data: [1, 2, 3, 4, 5, 6] }];
    expect(parse({ inputs }, model).rows).toBe(1);
  });

  it('takes a scalar for a model that takes one', () => {
    const model = facts([spec('x', 'FP64', [])], OUTPUTS, { maxBatchSize: 0 });
    expect(parse({ inputs: [{ name: 'x', shape: [], datatype: 'FP64', data: [7] }] }, model).inputs[0]!.shape).toEqual(
      [],
    );
  });

  it('takes NaN and Infinity for floats, and 64-bit integers to the last digit', () => {
    const model = facts([spec('f', 'FP32', [-1]), spec('i', 'INT64', [-1]), spec('u', 'UINT64', [-1])]);
    const text = `{"inputs":[{"name":"f","shape":[2],"datatype":"FP32","data":[NaN,-Infinity]},
      {"name":"u","shape":[2],"datatype":"UINT64","data":[[18446744073709551615],[0]]},
      {"name":"i","shape":[2],"datatype":"INT64","data":[-9223372036854775808,9223372036854775807]}]}`;
    const expected = [
      new Float32Array([Number.NaN, -Infinity]),
      new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n]),
      new BigUint64Array([2n ** 64n - 1n, 0n]),
    ];
    expect(parse(text, model).inputs.map(({ data }) => data)).toEqual(expected);
    expect(
      parse(text.replace('NaN,-Infinity', '1,2'), model)
        .inputs.slice(1)
        .map(({ data }) => data),
    ).toEqual(expected.slice(1));
  });

  it.each([
    ['is no JSON', '{"inputs":', 'invalid-json', 'at byte 10'],
    ['is no object', [1], 'invalid-request', 'The request is an array, expected a JSON object'],
    ['is null', null, 'invalid-request', 'The request is null'],
    ['has no inputs', {}, 'invalid-request', '"inputs" are nothing, expected a list'],
    ['has inputs that are no list', { inputs: {} }, 'invalid-request', '"inputs" are an object'],
    ['has an input that is no object', { inputs: [1] }, 'invalid-request', 'Input 0 of the request has no "name"'],
    [
      'has an input without name',
      { inputs: [INPUT, { shape: [] }] },
      'invalid-request',
      'Input 1 of the request has no "name"',
    ],
    ['has an id that is no string', { id: 7, inputs: [INPUT] }, 'invalid-request', '"id" is 7, expected a string'],
    ['misses an input', { inputs: [] }, 'invalid-request', 'needs the input "features" (FP32 [-1,4]), which'],
    ['has an input twice', { inputs: [INPUT, INPUT] }, 'invalid-request', 'input "features" twice'],
    ['has outputs that are no list', { inputs: [INPUT], outputs: {} }, 'invalid-request', '"outputs" are an object'],
    [
      'has an output without name',
      { inputs: [INPUT], outputs: [{}] },
      'invalid-request',
      'Output 0 of the request has no "name"',
    ],
    [
      'asks for an unknown output',
      { inputs: [INPUT], outputs: [{ name: 'x' }] },
      'invalid-request',
      'has no output "x"; it gives "label", "probabilities"',
    ],
    [
      'asks for an output twice',
      { inputs: [INPUT], outputs: [{ name: 'label' }, { name: 'label' }] },
      'invalid-request',
      'output "label" twice',
    ],
  ])('that %s is refused', (_, document, code, message) => {
    const error = refusal(() => parse(document));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it.each([
    [
      'an unknown name',
      { name: 'pixels' },
      'invalid-request',
      'Model "iris" has no input "pixels"; it takes "features"',
    ],
    ['another datatype', { datatype: 'FP64' }, 'invalid-tensor', 'the datatype "FP64", but the model takes FP32'],
    [
      'a datatype that is none',
      { datatype: 'float' },
      'invalid-tensor',
      '"float", which is no datatype, but the model takes FP32',
    ],
    ['no datatype', { datatype: undefined }, 'invalid-tensor', 'nothing, which is no datatype'],
    ['no shape', { shape: undefined }, 'invalid-tensor', 'nothing as its shape, expected an array of integers'],
    [
      'a shape in strings',
      { shape: ['1', '4'] },
      'invalid-tensor',
      'dimension 0 of its shape is "1", expected an integer',
    ],
    ['a negative shape', { shape: [1, -4] }, 'invalid-tensor', 'dimension 1 of its shape is -4'],
    ['a fractional shape', { shape: [1.5, 4] }, 'invalid-tensor', 'dimension 0 of its shape is 1.5'],
    ['an unsafe shape', { shape: [2 ** 53, 4] }, 'invalid-tensor', 'dimension 0 of its shape is 9007199254740992'],
    ['a huge shape', { shape: [2 ** 30, 4] }, 'invalid-tensor', 'more than the 2147483647 elements'],
    ['another rank', { shape: [4] }, 'invalid-tensor', '[4] with 1 dimensions, but the model takes [-1,4] with 2'],
    [
      'another dimension',
      { shape: [1, 3], data: [1, 2, 3] },
      'invalid-tensor',
      '[1,3]: dimension 1 is 3, but the model takes 4 there ([-1,4])',
    ],
    [
      'too few elements',
      { data: [1, 2, 3] },
      'invalid-tensor',
      'has 3 elements in its data, but its shape calls for 4',
    ],
    ['no data', { data: undefined }, 'invalid-request', 'has neither "data" nor the parameter "binary_data_size"'],
    ['null data', { data: null }, 'invalid-tensor', 'null as its data, expected an array'],
    ['a number as data', { data: 5 }, 'invalid-tensor', '5 as its data, expected an array'],
    [
      'both kinds of data',
      { parameters: { binary_data_size: 16 } },
      'invalid-request',
      'has both "data" and the parameter',
    ],
    [
      'binary data without the header',
      { data: undefined, parameters: { binary_data_size: 16 } },
      'invalid-request',
      'no header Inference-Header-Content-Length',
    ],
    ['a wrong element', { data: [1, 2, 'abc', 4] }, 'invalid-tensor', 'element 2 is "abc", but FP32 takes numbers'],
    [
      'parameters that are no object',
      { parameters: [1] },
      'invalid-request',
      'The parameters of input "features" are an array',
    ],
    [
      'a list as parameter',
      { parameters: { p: [] } },
      'invalid-request',
      'Parameter "p" of input "features" is an array',
    ],
    [
      'shared memory',
      { data: undefined, parameters: { shared_memory_region: 'r' } },
      'unsupported',
      'shared memory, which Millrace does not offer',
    ],
  ])('whose input has %s is refused', (_, changes, code, message) => {
    const error = refusal(() => parse({ inputs: [{ ...INPUT, ...changes }] }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it.each(['FP16', 'BF16'] as const)('refuses %s as JSON and names the binary extension', (datatype) => {
    const model = facts([spec('x', datatype, [-1])]);
    const error = refusal(() => parse({ inputs: [{ name: 'x', shape: [1], datatype, data: [1] }] }, model));
    expect(error.code).toBe('invalid-tensor');
    expect(error.message).toContain('binary tensor data extension');
  });

  it('refuses inputs that disagree about the rows of a model that can batch, and only of such', () => {
    const inputs = [
      { name: 'a', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] },
      { name: 'b', shape: [1], datatype: 'BYTES', data: ['x'] },
    ];
    expect(refusal(() => parse({ inputs }, PAIR)).message).toBe('Input "b" has 1 rows, but input "a" has 2.');
    expect(parse({ inputs }, { ...PAIR, maxBatchSize: 0 }).rows).toBe(1);
  });
});

describe('the parameters of a request', () => {
  it.each([
    [
      'a list',
      { p: [1] },
      'invalid-request',
      'Parameter "p" of the request is an array, expected a string, a number or a boolean',
    ],
    ['an object', { headers: {} }, 'invalid-request', 'is an object'],
    ['null', { p: null }, 'invalid-request', 'is null'],
    ['a reserved key', { triton_enable_x: true }, 'invalid-request', 'starts with the reserved "triton_"'],
    [
      'a negative priority',
      { priority: -1 },
      'invalid-request',
      'Parameter "priority" of the request is -1, expected an integer of 0 or more',
    ],
    ['a fractional timeout', { timeout: 0.5 }, 'invalid-request', 'Parameter "timeout" of the request is 0.5'],
    ['a timeout in text', { timeout: '5s' }, 'invalid-request', 'Parameter "timeout" of the request is "5s"'],
    [
      'a binary_data_output in text',
      { binary_data_output: 'yes' },
      'invalid-request',
      'is "yes", expected true or false',
    ],
    [
      'a sequence id',
      { sequence_id: 7 },
      'unsupported',
      'Parameter "sequence_id" of the request is 7, but Millrace serves no sequences',
    ],
    ['a sequence id in text', { sequence_id: 's' }, 'unsupported', 'no sequences'],
    ['a sequence start', { sequence_start: true }, 'unsupported', 'no sequences'],
    ['a sequence end', { sequence_end: true }, 'unsupported', 'no sequences'],
    ['shared memory', { shared_memory_region: 'r' }, 'unsupported', 'shared memory'],
  ])('with %s are refused', (_, parameters, code, message) => {
    const error = refusal(() => parse({ inputs: [INPUT], parameters }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it('may name a sequence that is none, and numbers of any size', () => {
    const parameters = { sequence_id: 0, sequence_start: false, sequence_end: false, priority: 0, timeout: 5e6 };
    expect(parse({ inputs: [INPUT], parameters }).parameters).toEqual(parameters);
    expect(parse({ inputs: [INPUT], parameters: { sequence_id: '' } }).parameters).toEqual({ sequence_id: '' });
    const text = JSON.stringify({ inputs: [INPUT], parameters: { big: 0 } }).replace(
      '"big":0',
      '"big":18446744073709551615',
    );
    expect(parse(text).parameters).toEqual({ big: 2 ** 64 });
    expect(parse(text.replace('5.1', 'NaN')).parameters).toEqual({ big: 2 ** 64 });
  });

  it('leave every request without its own the same, which nobody can change', () => {
    expect(parse({ inputs: [INPUT] }).parameters).toEqual({});
    expect(Object.isFrozen(parse({ inputs: [INPUT] }).parameters)).toBe(true);
  });
});

describe('the outputs of a request', () => {
  it.each([
    [undefined, {}, 'label probabilities'],
    [[], {}, 'label probabilities'],
    [undefined, { binary_data_output: true }, 'label:binary probabilities:binary'],
    [undefined, { binary_data_output: false }, 'label probabilities'],
    [[{ name: 'probabilities' }], {}, 'probabilities'],
    [[{ name: 'probabilities' }, { name: 'label' }], {}, 'probabilities label'],
    [[{ name: 'label', parameters: { binary_data: true } }], {}, 'label:binary'],
    [
      [{ name: 'label', parameters: { binary_data: false } }, { name: 'probabilities' }],
      { binary_data_output: true },
      'label probabilities:binary',
    ],
    [[{ name: 'probabilities', parameters: { classification: 2, binary_data: true } }], {}, 'probabilities:binary:2'],
    [[{ name: 'probabilities', parameters: { classification: 0 } }], {}, 'probabilities'],
  ])('%j with %j are %s', (outputs, parameters, expected) => {
    const request = parse({ inputs: [INPUT], outputs, parameters });
    const found = request.outputs.map(({ name, binary, classification }) =>
      [name, ...(binary ? ['binary'] : []), ...(classification > 0 ? [classification] : [])].join(':'),
    );
    expect(found.join(' ')).toBe(expected);
  });

  it.each([
    [{ binary_data: 1 }, 'invalid-request', 'Parameter "binary_data" of output "label" is 1, expected true or false'],
    [
      { classification: -1 },
      'invalid-request',
      'Parameter "classification" of output "label" is -1, expected an integer',
    ],
    [{ classification: 1.5 }, 'invalid-request', 'is 1.5'],
    [{ shared_memory_region: 'r' }, 'unsupported', 'shared memory'],
    [7, 'invalid-request', 'The parameters of output "label" are 7'],
  ])('with the parameters %j are refused', (parameters, code, message) => {
    const error = refusal(() => parse({ inputs: [INPUT], outputs: [{ name: 'label', parameters }] }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

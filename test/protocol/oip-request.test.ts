import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeStrings, rawElements } from '../../server/protocol/datatypes.ts';
import { parseInferRequest, scanRequestParameters, type InferRequest } from '../../server/protocol/oip-request.ts';
import type { Datatype, ModelFacts, TensorData } from '../../server/protocol/tensors.ts';
import { body, CLIENT_CODES, facts, refusal, spec } from './facts.ts';

const OUTPUTS = [spec('label', 'INT64', [-1]), spec('probabilities', 'FP32', [-1, 3])];
const IRIS = facts([spec('features', 'FP32', [-1, 4])], OUTPUTS);
const INPUT = { name: 'features', shape: [1, 4], datatype: 'FP32', data: [5.1, 3.5, 1.4, 0.2] };
const PAIR = facts([spec('a', 'FP32', [-1, 2]), spec('b', 'BYTES', [-1])], OUTPUTS);

function parse(document: unknown, model: ModelFacts = IRIS): InferRequest {
  return parseInferRequest(body(document), undefined, model);
}

/** A request whose JSON is followed by raw tensors. */
function mixed(document: unknown, ...raw: readonly Uint8Array[]): readonly [Buffer, number] {
  const json = body(document);
  return [Buffer.concat([json, ...raw]), json.length];
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
    expect(error.code).toBe('unsupported');
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

describe('a request with binary tensors', () => {
  const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''));
  const ARRAYS: readonly (readonly [Datatype, fc.Arbitrary<TensorData>])[] = [
    ['BOOL', fc.array(fc.boolean()).map((values) => Uint8Array.from(values, Number))],
    ['UINT8', fc.uint8Array()],
    ['UINT16', fc.uint16Array()],
    ['UINT32', fc.uint32Array()],
    ['UINT64', fc.bigUint64Array()],
    ['INT8', fc.int8Array()],
    ['INT16', fc.int16Array()],
    ['INT32', fc.int32Array()],
    ['INT64', fc.bigInt64Array()],
    ['FP16', fc.uint16Array()],
    ['BF16', fc.uint16Array()],
    ['FP32', fc.float32Array()],
    ['FP64', fc.float64Array()],
    ['BYTES', fc.array(text)],
  ];

  it.each(ARRAYS)('carries %s unchanged, at any offset', (datatype, arrays) => {
    const model = facts([spec('x', datatype, [-1])], OUTPUTS);
    fc.assert(
      fc.property(arrays, fc.nat(8), (data, padding) => {
        const raw = rawElements(data);
        const [bytes, jsonLength] = mixed(
          {
            pad: 'x'.repeat(padding),
            inputs: [{ name: 'x', shape: [data.length], datatype, parameters: { binary_data_size: raw.length } }],
          },
          raw,
        );
        expect(parseInferRequest(bytes, jsonLength, model).inputs[0]!.data).toEqual(data);
      }),
    );
  });

  it('takes them in the order of the request, between JSON ones', () => {
    const model = facts([spec('a', 'UINT8', [-1]), spec('b', 'UINT8', [-1]), spec('c', 'BYTES', [-1])]);
    const inputs = [
      { name: 'c', shape: [2], datatype: 'BYTES', parameters: { binary_data_size: 10 } },
      { name: 'b', shape: [2], datatype: 'UINT8', data: [7, 8] },
      { name: 'a', shape: [2], datatype: 'UINT8', parameters: { binary_data_size: 2 } },
    ];
    const [bytes, jsonLength] = mixed({ inputs }, encodeStrings(['x', 'y']), new Uint8Array([1, 2]));
    expect(parseInferRequest(bytes, jsonLength, model).inputs.map(({ data }) => Array.from<unknown>(data))).toEqual([
      [1, 2],
      [7, 8],
      ['x', 'y'],
    ]);
  });

  it('may be all JSON by its header, and may carry empty tensors', () => {
    const json = body({ inputs: [INPUT] });
    expect(parseInferRequest(json, json.length, IRIS).rows).toBe(1);
    const [bytes, jsonLength] = mixed({
      inputs: [{ name: 'features', shape: [0, 4], datatype: 'FP32', parameters: { binary_data_size: 0 } }],
    });
    expect(parseInferRequest(bytes, jsonLength, IRIS).rows).toBe(0);
  });

  const binary = (size: unknown, shape = [1, 4]): unknown => ({
    inputs: [{ name: 'features', shape, datatype: 'FP32', parameters: { binary_data_size: size } }],
  });

  it.each([
    ['bytes are missing', binary(16), 10, 'expecting 6 additional bytes of its data'],
    ['all bytes are missing', binary(16), 0, 'expecting 16 additional bytes'],
    ['bytes are left over', binary(16), 17, 'unexpected additional input data: 1 bytes after the last input'],
    ['bytes are left over after JSON inputs', { inputs: [INPUT] }, 3, 'unexpected additional input data: 3 bytes'],
    ['the size is not the shape’s', binary(12), 12, '12 bytes of binary data, but FP32 of shape [1,4] is 16'],
    ['the size is negative', binary(-16), 16, '"binary_data_size" of input "features" is -16'],
    ['the size is a text', binary('16'), 16, 'is "16", expected an integer'],
    ['the size is fractional', binary(15.5), 16, 'is 15.5'],
  ])('is refused where %s', (_, document, rawBytes, message) => {
    const [bytes, jsonLength] = mixed(document, new Uint8Array(rawBytes));
    expect(refusal(() => parseInferRequest(bytes, jsonLength, IRIS)).message).toContain(message);
  });

  it.each([-1, 1.5, Number.NaN, 10_000])('is refused where the header says %d', (jsonLength) => {
    const error = refusal(() => parseInferRequest(body({ inputs: [INPUT] }), jsonLength, IRIS));
    expect(error.code).toBe('invalid-request');
    expect(error.message).toContain(
      `Inference-Header-Content-Length is ${jsonLength}, expected an integer from 0 to the`,
    );
  });

  it('is refused where the header cuts the JSON short', () => {
    expect(refusal(() => parseInferRequest(body({ inputs: [INPUT] }), 10, IRIS)).code).toBe('invalid-json');
  });

  it('refuses a BOOL that is neither 0 nor 1, and BYTES that the runtime cannot carry', () => {
    const flags = facts([spec('x', 'BOOL', [-1])]);
    const input = { name: 'x', shape: [2], datatype: 'BOOL', parameters: { binary_data_size: 2 } };
    const [bytes, jsonLength] = mixed({ inputs: [input] }, new Uint8Array([1, 2]));
    expect(refusal(() => parseInferRequest(bytes, jsonLength, flags)).message).toContain(
      'element 1 is the byte 2, but BOOL takes 0 and 1',
    );

    const texts = facts([spec('x', 'BYTES', [-1])]);
    const nul = { name: 'x', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 7 } };
    const [withNul, nulLength] = mixed({ inputs: [nul] }, Buffer.from([3, 0, 0, 0, 0x61, 0, 0x62]));
    expect(refusal(() => parseInferRequest(withNul, nulLength, texts)).message).toContain('contains a NUL character');
  });
});

describe('a raw binary request', () => {
  it.each([
    ['FP32', [-1, 4], 16, [1, 4]],
    ['FP32', [-1, -1], 12, [1, 3]],
    ['FP64', [-1, 2, -1], 32, [1, 2, 2]],
    ['UINT8', [-1], 1, [1]],
    ['UINT8', [-1, -1], 0, [1, 0]],
  ] as const)('%s %j from %i bytes has the shape %j', (datatype, shape, bytes, expected) => {
    const request = parseInferRequest(Buffer.alloc(bytes), 0, facts([spec('x', datatype, shape)], OUTPUTS));
    expect(request.inputs[0]!.shape).toEqual(expected);
    expect(request.rows).toBe(1);
    expect(request.outputs.every(({ binary }) => binary)).toBe(true);
  });

  it('leaves the first dimension open too where the model cannot batch', () => {
    const model = facts([spec('x', 'FP32', [-1, 2])], OUTPUTS, { maxBatchSize: 0 });
    expect(parseInferRequest(Buffer.alloc(24), 0, model).inputs[0]!.shape).toEqual([3, 2]);
  });

  it.each([[[-1]], [[-1, 1]], [[-1, -1]]])('is one BYTES element without length for the shape %j', (shape) => {
    const request = parseInferRequest(Buffer.from('line 🏭'), 0, facts([spec('x', 'BYTES', shape)]));
    expect(request.inputs[0]).toEqual({ name: 'x', datatype: 'BYTES', shape: shape.map(() => 1), data: ['line 🏭'] });
  });

  it.each([
    ['too few bytes', [spec('x', 'FP32', [-1, 4])], 10, 'expecting 6 additional bytes'],
    ['too many bytes', [spec('x', 'FP32', [-1, 4])], 17, '17 bytes of binary data, but FP32 of shape [1,4] is 16'],
    ['a broken element', [spec('x', 'FP32', [-1, -1])], 10, '10 bytes of binary data, expected a multiple of 4'],
    ['two open dimensions', [spec('x', 'FP32', [-1, -1, -1])], 12, 'leaves one dimension open at most'],
    ['a dimension that divides nothing', [spec('x', 'FP32', [-1, 0, -1])], 12, 'expected a multiple of 0'],
    [
      'two inputs',
      [spec('x', 'FP32', [-1]), spec('y', 'FP32', [-1])],
      4,
      'needs a model with exactly 1 input; "iris" has 2',
    ],
    ['no input', [], 4, 'has 0'],
    ['many strings', [spec('x', 'BYTES', [-1, 2])], 4, 'carries one BYTES element, but input "x" takes [-1,2]'],
    ['a NUL', [spec('x', 'BYTES', [-1])], 4, 'contains a NUL'],
  ])('with %s is refused', (_, inputs, bytes, message) => {
    expect(refusal(() => parseInferRequest(Buffer.alloc(bytes), 0, facts(inputs, OUTPUTS))).message).toContain(message);
  });
});

describe('any bytes as a request', () => {
  const model = facts([spec('features', 'FP32', [-1, 4]), spec('t', 'BYTES', [-1]), spec('i', 'INT64', [-1])], OUTPUTS);
  const value = fc.jsonValue({ maxDepth: 3 });
  const shape = fc.oneof(fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 3 }), value);
  const parameters = fc.oneof(
    fc.record({ binary_data_size: fc.oneof(fc.nat(20), value), priority: value }, { requiredKeys: [] }),
    value,
  );
  const input = fc.record(
    {
      name: fc.oneof(fc.constantFrom('features', 't', 'i'), value),
      datatype: fc.oneof(fc.constantFrom('FP32', 'BYTES', 'INT64'), value),
      shape,
      data: fc.oneof(fc.array(fc.double()), value),
      parameters,
    },
    { requiredKeys: [] },
  );
  const document = fc.record(
    { id: value, inputs: fc.oneof(fc.array(input), value), outputs: fc.oneof(fc.array(input), value), parameters },
    { requiredKeys: ['inputs'] },
  );
  const bytes = fc.oneof(
    fc.uint8Array().map((array) => Buffer.from(array)),
    document.map((sent) => body(sent)),
    fc.tuple(document, fc.uint8Array()).map(([sent, tail]) => Buffer.concat([body(sent), tail])),
  );

  it('end in a request or in a refusal that blames the client', () => {
    fc.assert(
      fc.property(bytes, fc.oneof(fc.constant(undefined), fc.nat(200)), (sent, jsonLength) => {
        try {
          parseInferRequest(sent, jsonLength, model);
        } catch (error) {
          expect(error).toMatchObject({
            name: 'MillraceError',
            code: expect.toSatisfy((code: string) => CLIENT_CODES.includes(code)),
          });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('scanRequestParameters', () => {
  it.each([
    [
      { parameters: { timeout: 5000, priority: 2 }, inputs: [INPUT] },
      { timeoutMicros: 5000, priority: 2 },
    ],
    [{ id: 'x', inputs: [INPUT], parameters: { timeout: 0 } }, { timeoutMicros: 0 }],
    [{ inputs: [INPUT], parameters: { priority: 1 } }, { priority: 1 }],
    [{ inputs: [{ ...INPUT, parameters: { timeout: 1 } }] }, {}],
    [{ inputs: [{ parameters: { timeout: 1 } }], parameters: { priority: 3 } }, { priority: 3 }],
    [{ timeout: 5, inputs: [INPUT] }, {}],
    [{ id: '"timeout"', inputs: [INPUT] }, {}],
    [{ parameters: { timeout: -1, priority: 1 } }, {}],
    [{ parameters: { timeout: '5' } }, {}],
    [{ parameters: ['timeout'] }, {}],
    [{ parameters: 'timeout' }, {}],
    ['{"parameters":{"timeout":5,"timeout":6}}', {}],
    ['{"parameters":{"timeout":5', {}],
    ['{"parameters":{"timeout":5}} and more', { timeoutMicros: 5 }],
    ['"timeout"', {}],
    ['', {}],
  ])('finds in %j %j', (document, hints) => {
    expect(scanRequestParameters(body(document))).toEqual(hints);
  });

  it('agrees with the whole parse wherever that succeeds', () => {
    const parameters = fc.record({ timeout: fc.nat(), priority: fc.nat(), other: fc.string() }, { requiredKeys: [] });
    fc.assert(
      fc.property(parameters, fc.string(), fc.boolean(), (sent, id, first) => {
        const document = first ? { parameters: sent, id, inputs: [INPUT] } : { id, inputs: [INPUT], parameters: sent };
        const { timeout, priority } = parse(document).parameters;
        const hints = scanRequestParameters(body(document));
        expect([hints.timeoutMicros, hints.priority]).toEqual([timeout, priority]);
      }),
    );
  });

  it('never throws', () => {
    const parts = fc.constantFrom('{', '}', '[', ']', ',', ':', '"timeout"', '"parameters"', '"', '\\', '1', '\xff');
    fc.assert(
      fc.property(fc.array(parts), (text) => {
        scanRequestParameters(Buffer.from(`{"timeout"${text.join('')}`, 'latin1'));
      }),
    );
  });
});

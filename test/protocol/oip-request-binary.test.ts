import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeStrings, rawElements } from '../../server/protocol/datatypes.ts';
import { parseInferRequest } from '../../server/protocol/oip-request.ts';
import type { Datatype, TensorData } from '../../server/protocol/tensors.ts';
import { body, CLIENT_CODES, facts, refusal, spec } from './facts.ts';

const OUTPUTS = [spec('label', 'INT64', [-1]), spec('probabilities', 'FP32', [-1, 3])];
const IRIS = facts([spec('features', 'FP32', [-1, 4])], OUTPUTS);
const INPUT = { name: 'features', shape: [1, 4], datatype: 'FP32', data: [5.1, 3.5, 1.4, 0.2] };

/** A request whose JSON is followed by raw tensors. */
function mixed(document: unknown, ...raw: readonly Uint8Array[]): readonly [Buffer, number] {
  const json = body(document);
  return [Buffer.concat([json, ...raw]), json.length];
}

/** A request for one row of features in `size` bytes after the JSON. */
function binary(size: unknown): unknown {
  return { inputs: [{ name: 'features', shape: [1, 4], datatype: 'FP32', parameters: { binary_data_size: size } }] };
}

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
  const model = facts(
    [spec('features', 'FP32', [-1, 4]), spec('t', 'BYTES', [-1]), spec('i', 'INT64', [-1]), spec('n', 'INT32', [-1])],
    OUTPUTS,
  );
  const value = fc.jsonValue({ maxDepth: 3 });
  const shape = fc.oneof(fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 3 }), value);
  const parameters = fc.oneof(
    fc.record({ binary_data_size: fc.oneof(fc.nat(20), value), priority: value }, { requiredKeys: [] }),
    value,
  );
  const input = fc.record(
    {
      name: fc.oneof(fc.constantFrom('features', 't', 'i', 'n'), value),
      datatype: fc.oneof(fc.constantFrom('FP32', 'BYTES', 'INT64', 'INT32'), value),
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

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJsonDocument, parseJsonDocument } from '../../server/protocol/json-document.ts';
import { readJsonElements, shortFloat32, writeJsonElements } from '../../server/protocol/json-tensor.ts';
import type { Datatype, TensorData } from '../../server/protocol/tensors.ts';
import { body, refusal, tensor } from './facts.ts';

/** Reads the elements of a JSON text as an inference request does, big integers and all. */
function read(datatype: Datatype, text: string, count: number): TensorData {
  const data = parseJsonDocument(body(text)) as unknown[];
  return readJsonElements(
    { name: 'x', datatype, data, readExactly: () => parseExactJsonDocument(body(text)) as unknown[] },
    count,
  );
}

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
  ['FP32', fc.float32Array()],
  ['FP64', fc.float64Array()],
  ['BYTES', fc.array(text)],
];

describe('tensor elements as JSON', () => {
  it.each(ARRAYS)('round-trip for %s, special values included', (datatype, arrays) => {
    fc.assert(
      fc.property(arrays, (data) => {
        const json = writeJsonElements(tensor('x', datatype, [data.length], data));
        expect(read(datatype, json, data.length)).toEqual(data);
      }),
    );
  });

  it.each([
    ['INT64', new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n, 0n]), '[-9223372036854775808,9223372036854775807,0]'],
    ['UINT64', new BigUint64Array([2n ** 64n - 1n]), '[18446744073709551615]'],
    ['FP32', new Float32Array([0.1, 1 / 3, 1e-10, 16777216]), '[0.1,0.33333334,1.000000013351432e-10,16777216]'],
    ['FP32', new Float32Array([Number.NaN, Infinity, -Infinity, -0, 0.7]), '[NaN,Infinity,-Infinity,-0,0.7]'],
    ['FP64', new Float64Array([0.1, 5e-324, -0]), '[0.1,5e-324,-0]'],
    ['BOOL', new Uint8Array([1, 0]), '[true,false]'],
    ['BYTES', ['a"\n', '🏭'], '["a\\"\\n","🏭"]'],
    ['INT8', new Int8Array([]), '[]'],
  ] as const)('%s are written in full', (datatype, data, json) => {
    const values = data as TensorData;
    expect(writeJsonElements(tensor('x', datatype, [values.length], values))).toBe(json);
    expect(read(datatype, json, values.length)).toEqual(data);
  });

  it.each([
    ['nested rows', '[[1,2],[3,4]]'],
    ['one row in rows', '[[[1,2,3,4]]]'],
    ['flat', '[1,2,3,4]'],
    ['uneven rows', '[[1],[2,3,4]]'],
  ])('are read in reading order from %s', (_, json) => {
    expect(read('INT32', json, 4)).toEqual(new Int32Array([1, 2, 3, 4]));
  });

  it('take numbers for FP16 and BF16 and keep their bit patterns', () => {
    expect(read('FP16', '[1,-2,65504]', 3)).toEqual(new Uint16Array([0x3c00, 0xc000, 0x7bff]));
    expect(read('BF16', '[1,-2]', 2)).toEqual(new Uint16Array([0x3f80, 0xc000]));
  });

  it('take big integers for floats, even beside NaN', () => {
    expect(read('FP32', '[9007199254740993,NaN]', 2)).toEqual(new Float32Array([9007199254740992, Number.NaN]));
  });

  it('re-read the document for a 64-bit integer that a double cannot hold, once, and only then', () => {
    let readings = 0;
    const data = [1, 9007199254740992, 9007199254740992];
    const readExactly = (): unknown[] => {
      readings += 1;
      return [1, 9007199254740993n, 9007199254740995n];
    };
    const elements = readJsonElements({ name: 'x', datatype: 'INT64', data, readExactly }, 3);
    expect(elements).toEqual(new BigInt64Array([1n, 9007199254740993n, 9007199254740995n]));
    expect(readings).toBe(1);
    readJsonElements({ name: 'x', datatype: 'INT64', data: [1, 2], readExactly }, 2);
    expect(readings).toBe(1);
  });

  it.each([
    ['UINT8', '[300]', 'element 0 is 300, but UINT8 takes integers from 0 to 255'],
    ['UINT8', '[0,-1]', 'element 1 is -1'],
    ['INT8', '[128]', 'element 0 is 128, but INT8 takes integers from -128 to 127'],
    ['INT16', '[-32769]', 'element 0 is -32769'],
    ['UINT16', '[65536]', 'element 0 is 65536'],
    ['INT32', '[1.5]', 'element 0 is 1.5, but INT32 takes integers'],
    ['INT32', '[2147483648]', 'element 0 is 2147483648'],
    ['INT32', '["1"]', 'element 0 is "1"'],
    ['INT32', '[true]', 'element 0 is true'],
    ['INT32', '[null]', 'element 0 is null'],
    ['INT32', '[NaN]', 'element 0 is NaN'],
    ['INT32', '[{"valueOf":1,"toString":2}]', 'element 0 is an object'],
    ['FP32', '[{"valueOf":1}]', 'element 0 is an object'],
    ['INT64', '[{"valueOf":1}]', 'element 0 is an object'],
    ['INT32', '[9223372036854775807,NaN]', 'element 0 is 9223372036854775807'],
    ['UINT32', '[4294967296]', 'element 0 is 4294967296'],
    [
      'INT64',
      '[9223372036854775808]',
      'element 0 is 9223372036854775808, but INT64 takes integers from -9223372036854775808',
    ],
    ['INT64', '[-9223372036854775809]', 'element 0 is -9223372036854775809'],
    ['INT64', '[1.5]', 'element 0 is 1.5'],
    ['INT64', '[1e18]', 'written without exponent'],
    ['INT64', '["1"]', 'element 0 is "1"'],
    ['INT64', '[NaN]', 'element 0 is NaN'],
    ['UINT64', '[-1]', 'element 0 is -1'],
    ['UINT64', '[18446744073709551616]', 'element 0 is 18446744073709551616'],
    ['FP32', '[1e39]', 'element 0 is 1e+39, but FP32 takes numbers from -3.4028235e38 to 3.4028235e38'],
    ['FP32', '[-1e39]', 'element 0 is -1e+39'],
    ['FP32', '["abc"]', 'element 0 is "abc"'],
    ['FP32', '[1,[2]]', 'element 1 is an array'],
    ['FP64', '[{}]', 'element 0 is an object'],
    ['FP64', '[false]', 'element 0 is false'],
    ['FP16', '[65520]', 'element 0 is 65520, but FP16 takes numbers from -65504 to 65504'],
    ['BF16', '[3.4e38]', 'element 0 is 3.4e+38, but BF16'],
    ['BOOL', '[1]', 'element 0 is 1, but BOOL takes true or false'],
    ['BOOL', '["true"]', 'element 0 is "true"'],
    ['BYTES', '[1]', 'element 0 is 1, but BYTES takes strings'],
    ['BYTES', '["ok","a\\u0000b"]', 'element 1 contains a NUL character'],
    ['BYTES', '["\\ud800"]', 'element 0 has half of a surrogate pair'],
  ] as const)('%s refuses %s', (datatype, json, message) => {
    const count = (parseJsonDocument(body(json)) as unknown[]).length;
    const error = refusal(() => read(datatype, json, count));
    expect(error.code).toBe('invalid-tensor');
    expect(error.message).toContain('Input "x"');
    expect(error.message).toContain(message);
  });

  it('are refused where their number is not the shape’s', () => {
    expect(refusal(() => read('FP32', '[1,2,3]', 4)).message).toBe(
      'Input "x" has 3 elements in its data, but its shape calls for 4.',
    );
    expect(refusal(() => read('FP32', '[[1,2],[3]]', 4)).message).toContain('has 3 elements');
  });

  it('are refused in an answer where their text could exceed what a string holds', () => {
    const large = tensor('x', 'UINT8', [2 ** 24 + 1], new Uint8Array(2 ** 24 + 1));
    const error = refusal(() => writeJsonElements(large));
    expect([error.code, error.hint]).toEqual(['response-too-large', expect.stringContaining('binary')]);
    const long = 'x'.repeat(2 ** 20);
    const strings = Array.from({ length: 65 }, () => long);
    expect(refusal(() => writeJsonElements(tensor('x', 'BYTES', [65], strings))).code).toBe('response-too-large');
  });
});

describe('shortFloat32', () => {
  it('always reads back as the same float32', () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        expect(Math.fround(shortFloat32(value))).toBe(value);
      }),
    );
  });

  it.each([
    [0.1, '0.1'],
    [0.7, '0.7'],
    [5.1, '5.1'],
    [0.05, '0.05'],
    [99.99, '99.99'],
    [-1234.5, '-1234.5'],
    [5.123456, '5.123456'],
    [94.009926, '94.009926'],
    [0.33333334, '0.33333334'],
  ])('finds the text of %d', (value, shortest) => {
    expect(String(shortFloat32(Math.fround(value)))).toBe(shortest);
  });
});

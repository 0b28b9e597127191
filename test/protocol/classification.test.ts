import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../server/protocol/classification.ts';
import type { Datatype, TensorData } from '../../server/protocol/tensors.ts';
import { facts, refusal, tensor } from './facts.ts';

const MODEL = facts([]);
const LABELLED = facts([], [], { labels: ['cat', 'dog', 'cow'] });

describe('classification of an output', () => {
  it('gives value, index and label, best first, row by row', () => {
    const output = tensor('p', 'FP32', [2, 3], new Float32Array([0.25, 0.5, 0.125, 3, 1, 2]));
    expect(classify(output, 2, LABELLED)).toEqual({
      name: 'p',
      datatype: 'BYTES',
      shape: [2, 2],
      data: ['0.500000:1:dog', '0.250000:0:cat', '3.000000:0:cat', '2.000000:2:cow'],
    });
  });

  it.each<[string, Datatype, TensorData, string[]]>([
    [
      'floats with six decimals',
      'FP64',
      new Float64Array([1, 2.5e-7, -3.3]),
      ['1.000000:0', '0.000000:1', '-3.300000:2'],
    ],
    [
      'huge floats in full',
      'FP64',
      new Float64Array([1e22, -1e22]),
      ['10000000000000000000000.000000:0', '-10000000000000000000000.000000:1'],
    ],
    [
      'special floats as C does, NaN last',
      'FP32',
      new Float32Array([Number.NaN, -0, Infinity, -Infinity]),
      ['inf:2', '-0.000000:1', '-inf:3', 'nan:0'],
    ],
    [
      'equal values by index',
      'FP32',
      new Float32Array([1, 2, 1, 2]),
      ['2.000000:1', '2.000000:3', '1.000000:0', '1.000000:2'],
    ],
    ['integers as they are', 'INT32', new Int32Array([-5, 7]), ['7:1', '-5:0']],
    [
      '64-bit integers in full',
      'INT64',
      new BigInt64Array([2n ** 62n, 2n ** 62n + 1n]),
      ['4611686018427387905:1', '4611686018427387904:0'],
    ],
  ])('writes %s', (_, datatype, data, strings) => {
    expect(classify(tensor('p', datatype, [1, data.length], data), 9, MODEL).data).toEqual(strings);
  });

  it.each([
    ['capped to the classes there are', [2, 3], 9, 64, [2, 3]],
    ['of one row where the model does not batch', [6], 2, 0, [2]],
    ['of all elements where the model does not batch', [2, 3], 4, 0, [4]],
    ['of no rows', [0, 3], 2, 64, [0, 2]],
    ['of a column without classes', [6], 3, 64, [6, 1]],
  ])('is %s', (_, shape, classes, maxBatchSize, expected) => {
    const data = new Float32Array(shape.reduce((count, dimension) => count * dimension, 1));
    const answer = classify(tensor('p', 'FP32', shape, data), classes, { ...MODEL, maxBatchSize });
    expect(answer.shape).toEqual(expected);
    expect(answer.data).toHaveLength(expected.reduce((count, dimension) => count * dimension, 1));
  });

  it('leaves out the label of an index beyond the labels', () => {
    const output = tensor('p', 'FP32', [1, 4], new Float32Array([1, 2, 3, 4]));
    expect(classify(output, 2, LABELLED).data).toEqual(['4.000000:3', '3.000000:2:cow']);
  });

  it('never ranks a lower value before a higher one', () => {
    const values = fc.float32Array({ minLength: 1, noNaN: true });
    fc.assert(
      fc.property(values, (data) => {
        const strings = classify(tensor('p', 'FP32', [1, data.length], data), data.length, MODEL).data as string[];
        const ranked = strings.map((text) => data[Number(text.split(':')[1])]!);
        expect(ranked).toEqual(Array.from(data).sort((a, b) => b - a || 0));
      }),
    );
  });

  it.each<[Datatype, TensorData]>([
    ['BYTES', ['a']],
    ['BOOL', new Uint8Array(1)],
    ['FP16', new Uint16Array(1)],
    ['BF16', new Uint16Array(1)],
  ])('is refused for %s', (datatype, data) => {
    const error = refusal(() => classify(tensor('p', datatype, [1, 1], data), 1, MODEL));
    expect([error.code, error.message]).toEqual([
      'invalid-request',
      expect.stringContaining(`Output "p" is ${datatype}`),
    ]);
  });

  it('is refused beyond a million strings', () => {
    const output = tensor('p', 'UINT8', [1001, 1000], new Uint8Array(1_001_000));
    expect(refusal(() => classify(output, 1000, MODEL)).code).toBe('response-too-large');
  });
});

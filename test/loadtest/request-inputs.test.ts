import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../server/loadtest/random.ts';
import { inputShape, randomTensor, sampleTensor } from '../../server/loadtest/request-inputs.ts';
import { isDatatype } from '../../server/protocol/datatypes.ts';
import type { Datatype } from '../../server/protocol/tensors.ts';

const image = { name: 'image', datatype: 'FP32', shape: [-1, 3, -1, -1] } as const;
const row = { name: 'x', datatype: 'FP32', shape: [-1, 2] } as const;
const plain = { rows: 1, shapes: {} };

describe('the shape of an input', () => {
  it('takes rows for a free first dimension and a size of its own for other free ones', () => {
    expect(inputShape(image, plain)).toEqual([1, 3, 8, 8]);
    expect(inputShape(image, { rows: 4, shapes: { image: [3, 32, 16] } })).toEqual([4, 3, 32, 16]);
    expect(inputShape({ ...row, shape: [2] }, plain)).toEqual([2]);
  });

  it.each([
    ['a fixed dimension that is another', { rows: 1, shapes: { image: [4, 8, 8] } }],
    ['too few dimensions', { rows: 1, shapes: { image: [3, 8] } }],
    ['more than memory', { rows: 1, shapes: { image: [3, 100_000, 100_000] } }],
  ])('refuses %s', (_, shapes) => {
    expect(() => inputShape(image, shapes)).toThrow(/image/);
  });

  it('refuses rows where the first dimension is fixed', () => {
    expect(() => inputShape({ ...row, shape: [1, 2] }, { rows: 2, shapes: {} })).toThrow(/fixed/);
  });
});

describe('made-up inputs', () => {
  const datatypes = [
    'BOOL',
    'UINT8',
    'UINT16',
    'UINT32',
    'UINT64',
    'INT8',
    'INT16',
    'INT32',
    'INT64',
    'FP16',
    'FP32',
    'FP64',
    'BF16',
    'BYTES',
  ];

  it.each(datatypes)('exist for %s, as many as the shape has and the same for the same seed', (datatype) => {
    expect(isDatatype(datatype)).toBe(true);
    const make = (seed: number) =>
      randomTensor(
        { name: 'x', datatype: datatype as Datatype, shape: [-1, 16] },
        { rows: 2, shapes: {} },
        seededRandom(seed),
      );
    expect(make(1).shape).toEqual([2, 16]);
    expect(make(1).data).toHaveLength(32);
    expect(make(1)).toEqual(make(1));
    expect([...make(1).data]).not.toEqual([...make(2).data]);
  });

  it('are small whole numbers for integers, so that they are indices of most tables', () => {
    const { data } = randomTensor({ name: 'x', datatype: 'INT64', shape: [-1, 1000] }, plain, seededRandom(1));
    expect([...(data as BigInt64Array)].every((value) => value >= 0n && value < 10n)).toBe(true);
  });
});

describe('samples as inputs', () => {
  const samples = {
    '': [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  };

  it('are taken row by row and begin again at the end', () => {
    expect(sampleTensor(row, 1, samples, 2, 1)).toMatchObject({ shape: [1, 2], data: Float32Array.of(5, 6) });
    expect(sampleTensor(row, 1, samples, 2, 2)).toMatchObject({ shape: [2, 2], data: Float32Array.of(5, 6, 1, 2) });
  });

  it('are found by name, and without a name only for a single input', () => {
    expect(sampleTensor(row, 2, samples, 0, 1)).toBeUndefined();
    expect(sampleTensor(row, 2, { x: [[7, 8]] }, 0, 1)?.data).toEqual(Float32Array.of(7, 8));
  });

  it.each([
    ['of another width', { '': [[1, 2, 3]] }],
    ['that are ragged', { '': [[1, 2], [3]] }],
    ['that are none', { '': [] }],
  ])('are not used where they are rows %s', (_, other) => {
    expect(sampleTensor(row, 1, other, 0, 2)).toBeUndefined();
  });

  it('are texts where the model takes texts', () => {
    expect(
      sampleTensor({ name: 'x', datatype: 'BYTES', shape: [-1, 1] }, 1, { '': [['a'], ['b']] }, 1, 1)?.data,
    ).toEqual(['b']);
  });
});

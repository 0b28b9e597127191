import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../server/protocol/tensors.ts';
import { canShareRun, joinRows, sliceRows } from '../../server/replica/tensor-rows.ts';

const floats = (rows: number, width: number, first = 0): Tensor => ({
  name: 'x',
  datatype: 'FP32',
  shape: [rows, width],
  data: Float32Array.from({ length: rows * width }, (_, index) => first + index),
});

const texts = (rows: number, mark: string): Tensor => ({
  name: 's',
  datatype: 'BYTES',
  shape: [rows, 1],
  data: Array.from({ length: rows }, (_, index) => `${mark}${index}`),
});

describe('rows of several requests', () => {
  it('come back as they went in, for any sizes, empty ones included', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5), { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        (sizes, width) => {
          const requests = sizes.map((rows, index) => [floats(rows, width, index * 100), texts(rows, `${index}/`)]);
          const joined = joinRows(requests);
          const total = sizes.reduce((sum, rows) => sum + rows, 0);
          expect(joined.map(({ shape }) => shape[0])).toEqual([total, total]);
          let from = 0;
          for (const [index, rows] of sizes.entries()) {
            expect(sliceRows(joined, from, from + rows, total)).toEqual(requests[index]);
            from += rows;
          }
        },
      ),
    );
  });

  it('share a run only if all dimensions but the first are equal', () => {
    expect(canShareRun([floats(1, 4)], [floats(3, 4)])).toBe(true);
    expect(canShareRun([floats(1, 4)], [floats(1, 5)])).toBe(false);
    expect(canShareRun([floats(1, 4)], [{ ...floats(1, 4), shape: [1, 2, 2] }])).toBe(false);
  });

  it('cannot be cut from an output whose first dimension is not the number of rows', () => {
    expect(sliceRows([floats(3, 2)], 0, 1, 2)).toBeUndefined();
    expect(sliceRows([{ ...floats(1, 1), shape: [] }], 0, 1, 2)).toBeUndefined();
  });
});

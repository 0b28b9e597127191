/** Ties each ready model to the real ONNX Runtime and its answers to ones computed in JavaScript. */

import type { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  CARRIED_TYPES,
  DICTIONARY,
  dictionaryModel,
  FLAT_IMAGE_SHAPE,
  HEAVY_ROUNDS,
  HEAVY_WIDTH,
  heavyModel,
  heavyWeights,
  identityModel,
  IMAGE_SHAPE,
  mlpLayers,
  mlpModel,
  twoInputModel,
} from './models.ts';
import { answerOf, float32, openSession, ort } from './run-model.ts';
import { randomFloats, seededRandom } from './seeded-random.ts';

function expectClose(actual: readonly unknown[] | undefined, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(...Array.from(expected, (value, index) => Math.abs(value - Number(actual?.[index]))));
  expect(largest).toBeLessThan(tolerance);
}

/** Row vector times `[inputs, outputs]` matrix in double precision. */
function times(row: ArrayLike<number>, matrix: Float32Array, outputs: number): Float64Array {
  const sums = new Float64Array(outputs);
  for (let from = 0; from < row.length; from += 1) {
    for (let to = 0; to < outputs; to += 1) sums[to]! += row[from]! * matrix[from * outputs + to]!;
  }
  return sums;
}

describe('the models, run by ONNX Runtime', () => {
  it.each(CARRIED_TYPES)('identity of $type gives back what it got', async ({ type }) => {
    const dims = [2, 3];
    const made: Record<(typeof CARRIED_TYPES)[number]['type'], () => Tensor> = {
      BOOL: () => new ort.Tensor('bool', Uint8Array.of(1, 0, 1, 1, 0, 0), dims),
      UINT8: () => new ort.Tensor('uint8', Uint8Array.of(0, 1, 2, 3, 254, 255), dims),
      UINT16: () => new ort.Tensor('uint16', Uint16Array.of(0, 1, 2, 3, 4, 65_535), dims),
      UINT32: () => new ort.Tensor('uint32', Uint32Array.of(0, 1, 2, 3, 4, 4_294_967_295), dims),
      UINT64: () => new ort.Tensor('uint64', BigUint64Array.of(0n, 1n, 2n, 3n, 4n, 2n ** 64n - 1n), dims),
      INT8: () => new ort.Tensor('int8', Int8Array.of(-128, -1, 0, 1, 2, 127), dims),
      INT16: () => new ort.Tensor('int16', Int16Array.of(-32_768, -1, 0, 1, 2, 32_767), dims),
      INT32: () => new ort.Tensor('int32', Int32Array.of(-(2 ** 31), -1, 0, 1, 2, 2 ** 31 - 1), dims),
      INT64: () => new ort.Tensor('int64', BigInt64Array.of(-(2n ** 63n), -1n, 0n, 1n, 2n, 2n ** 63n - 1n), dims),
      FLOAT16: () => new ort.Tensor('float16', Uint16Array.of(0, 0x3c00, 0xbc00, 0x7c00, 1, 0x7bff), dims),
      FLOAT: () => float32([0, -0.5, 1e-40, 3.4e38, Infinity, NaN], dims),
      DOUBLE: () => new ort.Tensor('float64', Float64Array.of(0, -0.1, 5e-324, 1e308, -Infinity, NaN), dims),
      STRING: () => new ort.Tensor('string', ['', 'a', 'größe', '日本', '🙂', 'a\nb'], dims),
    };
    const x = made[type]();
    const session = await openSession(identityModel(type));
    const { y } = await session.run({ x });
    expect([y?.type, y?.dims, y?.data]).toEqual([x.type, dims, x.data]);
    await session.release();
  });

  it.each([{ shape: FLAT_IMAGE_SHAPE }, { shape: IMAGE_SHAPE }])(
    'identity carries an image as $shape',
    async ({ shape }) => {
      const dims = shape.map((size) => (size === 'batch' ? 1 : Number(size)));
      const image = randomFloats(seededRandom(1), 150_528);
      const session = await openSession(identityModel('FLOAT', shape));
      const { y } = await session.run({ x: float32(image, dims) });
      expect(y?.dims).toEqual(dims);
      expect(image.byteLength).toBe(602_112);
      expect(Buffer.compare(new Uint8Array((y!.data as Float32Array).buffer), new Uint8Array(image.buffer))).toBe(0);
    },
  );

  it('the MLP computes what its weights say, row by row', async () => {
    const dims = [64, 512, 512, 10];
    const rows = randomFloats(seededRandom(2), 3 * 64);
    const { y } = await answerOf(mlpModel(dims, 7), { x: float32(rows, [3, 64]) });
    const layers = mlpLayers(dims, 7);
    const expected = [0, 1, 2].flatMap((row) => {
      let values: ArrayLike<number> = rows.subarray(row * 64, row * 64 + 64);
      for (const [index, { weights, bias, outputs }] of layers.entries()) {
        const sums = times(values, weights, outputs).map((sum, column) => sum + bias[column]!);
        values = index === layers.length - 1 ? sums : sums.map((sum) => Math.max(0, sum));
      }
      return Array.from(values);
    });
    expect(Math.max(...expected)).toBeGreaterThan(0.1);
    expectClose(y, expected, 1e-4);
  });

  it('the heavy model computes what its weights say', async () => {
    const x = randomFloats(seededRandom(3), HEAVY_WIDTH);
    const bytes = heavyModel();
    expect(bytes.byteLength).toBeLessThan(1_100_000);
    const { y } = await answerOf(bytes, { x: float32(x, [1, HEAVY_WIDTH]) });
    const weights = heavyWeights();
    let values = Float64Array.from(x);
    for (let round = 0; round < HEAVY_ROUNDS; round += 1) values = times(values, weights, HEAVY_WIDTH).map(Math.tanh);
    expect(Math.max(...values)).toBeGreaterThan(0.01);
    expectClose(y, values, 1e-4);
  });

  it('the two-input model gives four outputs of three types', async () => {
    const feeds = { a: float32([1, 2, 3, 9, 0, 0], [2, 3]), b: float32([4, 1, 0.5, 0, 0, 1], [2, 3]) };
    expect(await answerOf(twoInputModel(), feeds)).toEqual({
      sum: [5, 3, 3.5, 9, 0, 1],
      product: [4, 2, 1.5, 0, 0, 0],
      larger: [0, 1, 1, 1, 0, 0],
      column: [0n, 0n],
    });
  });

  it('the dictionary model turns text into text and numbers', async () => {
    const known = Object.keys(DICTIONARY);
    const words = [...known, 'four'];
    const word = new ort.Tensor('string', words, [words.length, 1]);
    expect(await answerOf(dictionaryModel(), { word })).toEqual({
      code: [...known.map((_word, index) => BigInt(index)), -1n],
      translation: [...Object.values(DICTIONARY), '?'],
    });
  });
});

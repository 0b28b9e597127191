/** Pixels into numbers: channels, alpha, borders, layouts and datatypes, worked out by hand. */
import { describe, expect, it } from 'vitest';
import { fp16ToNumber } from '../../server/protocol/half-floats.ts';
import { resolveImage } from '../../server/protocol/resolved-image.ts';
import type { ImageRecipe } from '../../server/protocol/recipe.ts';
import type { Datatype } from '../../server/protocol/tensors.ts';
import { grayOf, ImageNumbers } from '../../server/replica/image-numbers.ts';
import type { Raster } from '../../server/replica/resample.ts';

function numbers(pixels: Raster, recipe: ImageRecipe, shape: number[], datatype: Datatype = 'FP32'): number[] {
  const whole = new ImageNumbers(resolveImage({ fit: 'stretch', ...recipe }, { name: 'x', datatype, shape }, 0), 1);
  whole.put(0, pixels);
  return [...(whole.data as Float32Array)];
}

const raster = (channels: number, ...data: number[]): Raster => ({
  width: data.length / channels,
  height: 1,
  channels,
  data: Uint8Array.from(data),
});

/** Two pixels: red, and half blue half green. */
const two = raster(3, 255, 0, 0, 0, 128, 128);

describe('pixels', () => {
  it('lie in the order of the layout', () => {
    const recipe = { range: [0, 255] as const };
    expect(numbers(two, recipe, [-1, 3, 1, 2])).toEqual([255, 0, 0, 128, 0, 128]);
    expect(numbers(two, { ...recipe, layout: 'NHWC' }, [-1, 1, 2, 3])).toEqual([255, 0, 0, 0, 128, 128]);
    expect(numbers(two, { ...recipe, layout: 'NHWC', order: 'BGR' }, [-1, 1, 2, 3])).toEqual([0, 0, 255, 128, 128, 0]);
    expect(numbers(two, { ...recipe, width: 2, height: 1 }, [-1, 6])).toEqual([255, 0, 0, 0, 128, 128]);
    expect(numbers(two, { ...recipe, layout: 'NHW' }, [-1, 1, 2])).toEqual([76, grayOf(0, 128, 128)]);
  });

  it('become gray by the eye, and gray becomes color', () => {
    expect([grayOf(255, 255, 255), grayOf(255, 0, 0), grayOf(0, 255, 0), grayOf(0, 0, 255)]).toEqual([
      255, 76, 150, 29,
    ]);
    expect(numbers(raster(1, 7), { range: [0, 255] }, [-1, 3, 1, 1])).toEqual([7, 7, 7]);
    expect(numbers(raster(2, 7, 255), { range: [0, 255] }, [-1, 3, 1, 1])).toEqual([7, 7, 7]);
    expect(numbers(raster(1, 7), { range: [0, 255] }, [-1, 4, 1, 1])).toEqual([7, 7, 7, 255]);
  });

  it('that are transparent lie on the background, unless the model takes transparency', () => {
    const clear = raster(4, 255, 0, 0, 0, 255, 0, 0, 51);
    const recipe = { range: [0, 255] as const };
    expect(numbers(clear, { ...recipe, layout: 'NHWC' }, [-1, 1, 2, 3])).toEqual([255, 255, 255, 255, 204, 204]);
    expect(numbers(clear, { ...recipe, layout: 'NHWC', background: [0, 0, 100] }, [-1, 1, 2, 3])).toEqual([
      0, 0, 100, 51, 0, 80,
    ]);
    expect(numbers(clear, { ...recipe, layout: 'NHWC' }, [-1, 1, 2, 4])).toEqual([255, 0, 0, 0, 255, 0, 0, 51]);
    expect(numbers(raster(2, 0, 0), { ...recipe, background: [255, 0, 0] }, [-1, 1, 1, 1])).toEqual([76]);
  });

  it('have borders of their color where they are padded', () => {
    const recipe = { fit: 'pad' as const, range: [0, 255] as const, padding: [1, 2, 3] as const };
    expect(numbers(two, recipe, [-1, 2, 2, 3])).toEqual([255, 0, 0, 0, 128, 128, 1, 2, 3, 1, 2, 3]);
    expect(numbers(raster(1, 9, 9, 9), recipe, [-1, 1, 3, 3])).toEqual([2, 2, 2, 9, 9, 9, 2, 2, 2]);
  });

  it.each([
    ['UINT8', [0, 255], [0, 128, 255]],
    ['UINT8', [-100, 300], [0, 101, 255]],
    ['INT8', [-128, 127], [-128, 0, 127]],
    ['INT8', [-500, 500], [-128, 2, 127]],
    ['INT32', [-1e12, 1e12], [-2_147_483_648, 2_147_483_647, 2_147_483_647]],
    ['FP64', [0, 1], [0, 128 / 255, 1]],
  ] as const)('become %s in the range %j, rounded and never wrapped', (datatype, range, expected) => {
    expect(numbers(raster(1, 0, 128, 255), { range }, [-1, 1, 1, 3], datatype)).toEqual(expected);
  });

  it('become half floats as bits', () => {
    expect(numbers(raster(1, 0, 255), {}, [-1, 1, 1, 2], 'FP16').map(fp16ToNumber)).toEqual([0, 1]);
    expect(numbers(raster(1, 0, 255), {}, [-1, 1, 1, 2], 'BF16')).toEqual([0, 0x3f80]);
  });

  it('of several pictures lie one after the other', () => {
    const whole = new ImageNumbers(
      resolveImage({ range: [0, 255] }, { name: 'x', datatype: 'UINT8', shape: [-1, 1, 1, 1] }, 0),
      3,
    );
    whole.put(2, raster(1, 30));
    whole.put(0, raster(1, 10));
    expect([...(whole.data as Uint8Array)]).toEqual([10, 0, 30]);
  });
});

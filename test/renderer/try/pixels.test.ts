import { describe, expect, it } from 'vitest';
import { fieldOf } from '../../../renderer/try/form-model.ts';
import type { PictureField } from '../../../renderer/try/form-model.ts';
import { drawingValues, guessRange, pictureShape, pictureValues } from '../../../renderer/try/pixels.ts';
import type { Datatype } from '../../../server/protocol/tensors.ts';

function picture(datatype: Datatype, shape: readonly number[], example?: readonly number[]): PictureField {
  return { ...(fieldOf({ name: 'x', datatype, shape }, undefined, undefined) as PictureField), example };
}
const first = picture('FP32', [-1, 3, 8, 8]);
const last = picture('UINT8', [-1, 8, 8, 3]);
/** Two pixels: pure red, then half gray. */
const source = { width: 2, height: 1, rgba: [255, 0, 0, 255, 128, 128, 128, 255] };
const unit = { range: 'unit', isInverted: false } as const;

describe('the numbers of a picture', () => {
  it('are channel after channel, or pixel after pixel, as the model wants', () => {
    expect(pictureValues(source, first, unit)).toEqual([1, 0.501_961, 0, 0.501_961, 0, 0.501_961]);
    expect(pictureValues(source, last, { range: 'byte', isInverted: false })).toEqual([255, 0, 0, 128, 128, 128]);
  });

  it('are gray by the weights of the eye where the model takes one channel', () => {
    const gray = picture('FP32', [-1, 1, 8, 8]);
    expect(pictureValues(source, gray, unit)).toEqual([0.299, 0.501_961]);
  });

  it('are less the mean by the deviation with the preset of ImageNet', () => {
    const values = pictureValues(source, first, { range: 'imagenet', isInverted: false });
    expect(values[0]).toBeCloseTo((1 - 0.485) / 0.229, 4);
    expect(values[2]).toBeCloseTo((0 - 0.456) / 0.224, 4);
    expect(values[4]).toBeCloseTo((0 - 0.406) / 0.225, 4);
  });

  it('are turned around where the preset inverts', () => {
    expect(pictureValues(source, first, { range: 'unit', isInverted: true })[0]).toBe(0);
    expect(drawingValues([0.25], first, { range: 'sixteen', isInverted: true })).toEqual([12]);
  });

  it('have the shape of the layout', () => {
    expect(pictureShape(first, 8, 9)).toEqual([3, 8, 9]);
    expect(pictureShape(last, 8, 9)).toEqual([8, 9, 3]);
    expect(pictureShape({ ...first, layout: 'flat' }, 8, 9)).toEqual([72]);
    expect(pictureShape({ ...first, layout: 'no-channels' }, 8, 9)).toEqual([8, 9]);
  });
});

describe('the guessed range', () => {
  it.each([
    [last, 'byte'],
    [picture('FP32', [-1, 1, 28, 28]), 'unit'],
    [picture('FP32', [-1, 3, 224, 224]), 'imagenet'],
    [picture('FP32', [-1, 3, 32, 32]), 'unit'],
    [picture('FP32', [-1, 1, 8, 8], [0, 16, 3]), 'sixteen'],
    [picture('FP32', [-1, 1, 8, 8], [0, 0.5]), 'unit'],
    [picture('FP32', [-1, 1, 8, 8], [0, 200]), 'byte'],
    [picture('FP32', [-1, 1, 8, 8], [-1, 1]), 'signed'],
  ])('case %# is %s', (field, range) => {
    expect(guessRange(field)).toBe(range);
  });
});

import { describe, expect, it } from 'vitest';
import type { TensorSpec } from '../../../server/protocol/tensors.ts';
import { fieldOf, formOf, shapeText } from '../../../renderer/try/form-model.ts';
import { modelView } from '../views.ts';

function spec(datatype: TensorSpec['datatype'], ...shape: number[]): TensorSpec {
  return { name: 'x', datatype, shape };
}
const pixels = (height: number, width: number): string[] =>
  Array.from({ length: height * width }, (_, at) => `pixel_${Math.floor(at / width)}_${at % width}`);

describe('the form of a signature', () => {
  it('is unknown until the signature is', () => {
    expect(formOf({ featureNames: ['a'] })).toBeUndefined();
  });

  it('names the numbers of a row as the model names its features', () => {
    const featureNames = ['a', 'b', 'c', 'd'];
    const [field] = formOf({ ...modelView(), featureNames, exampleRow: [1, 2, 3, 4] })!;
    expect(field).toMatchObject({ kind: 'row', features: featureNames, example: [1, 2, 3, 4], isBatched: true });
  });

  it('numbers them where the model has no names, or other names', () => {
    expect(fieldOf(spec('FP32', -1, 2), undefined, undefined)).toMatchObject({ features: ['x[0]', 'x[1]'] });
    expect(fieldOf(spec('FP32', -1, 2), ['only'], [1])).toMatchObject({
      features: ['x[0]', 'x[1]'],
      example: undefined,
    });
  });

  it('takes the names for the only input, not for one of several', () => {
    const signature = { inputs: [spec('FP32', -1, 2), { ...spec('FP32', -1, 2), name: 'y' }], outputs: [] };
    const fields = formOf({ signature, featureNames: ['a', 'b'] })!;
    expect(fields[0]).toMatchObject({ kind: 'row', features: ['x[0]', 'x[1]'] });
  });

  it('is a pad where the features are the pixels of a small picture', () => {
    expect(fieldOf(spec('FP32', -1, 64), pixels(8, 8), undefined)).toMatchObject({
      kind: 'picture',
      layout: 'flat',
      height: 8,
      width: 8,
      isDrawn: true,
    });
    const swapped = pixels(8, 8).toReversed();
    expect(fieldOf(spec('FP32', -1, 64), swapped, undefined).kind).toBe('row');
  });

  it.each([
    [[-1, 3, 224, 224], { kind: 'picture', layout: 'channels-first', channels: 3, isDrawn: false }],
    [[-1, 224, 224, 3], { kind: 'picture', layout: 'channels-last', channels: 3 }],
    [[1, 1, 28, 28], { kind: 'picture', layout: 'channels-first', channels: 1, isDrawn: true }],
    [[-1, 28, 28], { kind: 'picture', layout: 'no-channels', height: 28, isDrawn: true }],
    [[-1, 3, -1, -1], { kind: 'picture', height: -1, width: -1, isDrawn: false }],
    [[-1, 28, 20], { kind: 'array' }],
    [[-1, 5, 224, 224], { kind: 'array' }],
    [[8, 3, 224, 224], { kind: 'array' }],
    [[-1], { kind: 'array', isBatched: false }],
    [[], { kind: 'array' }],
    [[-1, 1000], { kind: 'array' }],
    [[-1, -1], { kind: 'array' }],
  ])('for %j it is %o', (shape, expected) => {
    expect(fieldOf(spec('FP32', ...shape), undefined, undefined)).toMatchObject(expected);
  });

  it('is a text for BYTES, and an array for flags', () => {
    expect(fieldOf(spec('BYTES', -1, 1), undefined, undefined).kind).toBe('text');
    expect(fieldOf(spec('BOOL', -1, 4), undefined, undefined).kind).toBe('array');
  });

  it('writes shapes for people', () => {
    expect(shapeText([-1, 3, 224], 'any')).toBe('any × 3 × 224');
    expect(shapeText([], 'any')).toBe('1');
  });
});

describe('a form by a recipe', () => {
  const image = {
    input: 'x',
    width: 8,
    height: 8,
    channels: 1 as const,
    layout: 'flat' as const,
    order: 'RGB' as const,
    range: [0, 1] as [number, number],
    fit: 'crop' as const,
    filter: 'box' as const,
    background: [0, 0, 0] as [number, number, number],
    padding: [0, 0, 0] as [number, number, number],
    maxPixels: 1,
  };

  it('is a picture whatever the shape looks like, drawn where it is small and gray', () => {
    const recipe = { images: [image], columns: [], outputs: [] };
    expect(fieldOf(spec('FP32', -1, 64), undefined, undefined, recipe)).toMatchObject({
      kind: 'picture',
      isDrawn: true,
      layout: 'flat',
      width: 8,
      recipe: image,
    });
    const color = { ...recipe, images: [{ ...image, channels: 3 as const }] };
    expect(fieldOf(spec('FP32', -1, 192), undefined, undefined, color)).toMatchObject({ isDrawn: false });
    const tiny = { ...recipe, images: [{ ...image, width: 2, height: 2 }] };
    expect(fieldOf(spec('FP32', -1, 4), undefined, undefined, tiny)).toMatchObject({ isDrawn: false });
  });

  it('is a row of its own columns, of texts too', () => {
    const columns = [
      { name: 'a', input: 'x', unit: 'cm' },
      { name: 'other', input: 'y' },
    ];
    expect(fieldOf(spec('BYTES', -1, 1), undefined, undefined, { images: [], columns, outputs: [] })).toMatchObject({
      kind: 'row',
      features: ['a'],
      columns: [columns[0]],
    });
  });
});

/** Recipes against signatures: what follows by itself, and what is refused with which sentence. */
import { describe, expect, it } from 'vitest';
import { featureNamesOf, recipeOf, resolveRecipe } from '../../server/protocol/resolved-recipe.ts';
import { imageShape, resolveImage, shadeTables } from '../../server/protocol/resolved-image.ts';
import type { ImageRecipe, InputRecipe, OutputRecipe } from '../../server/protocol/recipe.ts';
import type { Datatype, TensorSpec } from '../../server/protocol/tensors.ts';

const spec = (shape: number[], datatype: Datatype = 'FP32', name = 'x'): TensorSpec => ({ name, datatype, shape });
const image = (recipe: ImageRecipe, shape: number[], datatype: Datatype = 'FP32') =>
  resolveImage(recipe, spec(shape, datatype), 0);

const resolve = (inputs: Record<string, InputRecipe>, outputs: Record<string, OutputRecipe> = {}) =>
  resolveRecipe(
    { inputs, outputs },
    {
      inputs: [spec([-1, 3]), spec([-1], 'BYTES', 'word'), spec([-1, 2], 'INT64', 'whole')],
      outputs: [spec([-1, 4], 'FP32', 'y'), spec([-1, 8, 6], 'FP32', 'found'), spec([-1, 1], 'BYTES', 'text')],
    },
  );

describe('a picture recipe', () => {
  it.each([
    [{}, [-1, 3, 224, 192], { layout: 'NCHW', channels: 3, height: 224, width: 192, isBatched: true }],
    [{}, [1, 224, 192, 4], { layout: 'NHWC', channels: 4, height: 224, width: 192, isBatched: true }],
    [{}, [3, 224, 192], { layout: 'NCHW', channels: 3, isBatched: false }],
    [{}, [-1, 28, 28], { layout: 'NHW', channels: 1, height: 28, isBatched: true }],
    [{ layout: 'NHW' }, [28, 28], { layout: 'NHW', isBatched: false }],
    [{ width: 8, height: 8 }, [-1, 64], { layout: 'flat', channels: 1 }],
    [{ width: 8, height: 8 }, [-1, 192], { layout: 'flat', channels: 3 }],
    [{ width: 640, height: 480 }, [-1, 3, -1, -1], { width: 640, height: 480 }],
    [{ layout: 'NCHW', channels: 1 }, [-1, -1, 8, 8], { channels: 1 }],
  ] as const)('%j for %j is completed', (recipe, shape, expected) => {
    expect(image(recipe as ImageRecipe, [...shape])).toMatchObject(expected);
  });

  it.each([
    [{ width: 256 }, [-1, 3, 224, 224], 'says width 256', 'takes 224 there ([-1,3,224,224])'],
    [{ channels: 1 }, [-1, 3, 224, 224], 'says 1 channels', 'takes 3 there'],
    [{}, [-1, 3, -1, 224], 'does not say the height', 'takes any'],
    [{ width: 8, height: 8 }, [-1, 128], 'would have 2 channels'],
    [{ width: 8, height: 8, channels: 1 }, [-1, 63], 'makes 64 numbers (8 × 8 × 1)', 'takes 63'],
    [{ layout: 'NHWC' }, [-1, 3, 224, 224], 'would have 224 channels'],
    [{ layout: 'NHW' }, [-1, 3, 224, 224], 'has the layout NHW', '4 dimensions'],
    [{}, [2, 3, 224, 224], 'takes 2 at once'],
    [{}, [-1, 2, 2, 2], 'does not say the "layout"'],
    [{ mean: [1, 2] }, [-1, 3, 8, 8], 'has 2 numbers as "mean"', '3 channels'],
    [{ order: 'BGR' }, [-1, 1, 8, 8], 'is gray'],
    [{ shorterSide: 100 }, [-1, 3, 224, 224], 'the shorter side 100'],
  ] as const)('%j for %j is refused', (recipe, shape, ...parts) => {
    let message = '';
    try {
      image(recipe as ImageRecipe, [...shape]);
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid-manifest', hint: expect.any(String) });
      message = (error as Error).message;
    }
    for (const part of parts) expect(message).toContain(part);
  });

  it('is none for texts, flags and long integers', () => {
    for (const datatype of ['BYTES', 'BOOL', 'INT64', 'UINT64'] as const) {
      expect(() => image({}, [-1, 3, 8, 8], datatype)).toThrow(`takes ${datatype}`);
    }
  });

  it('gives shapes with rows and without', () => {
    expect(imageShape(image({}, [-1, 3, 4, 5]), 7)).toEqual([7, 3, 4, 5]);
    expect(imageShape(image({}, [3, 4, 5]), 1)).toEqual([3, 4, 5]);
    expect(imageShape(image({ width: 4, height: 2 }, [-1, 24]), 2)).toEqual([2, 24]);
  });

  it('makes of each shade what range, mean and deviation say, in the order of the model', () => {
    const [only] = shadeTables(image({ range: [16, 0] }, [-1, 1, 8, 8]));
    expect([only![0], only![255], only![51]]).toEqual([16, 0, 12.8]);
    const bytes = shadeTables(image({}, [-1, 3, 8, 8], 'UINT8'));
    expect(bytes.map((table) => [table[0], table[255]])).toEqual([
      [0, 255],
      [0, 255],
      [0, 255],
    ]);
    const [red, green, blue] = shadeTables(image({ order: 'BGR', mean: [1, 2, 3], std: [2] }, [-1, 3, 8, 8]));
    // Blue comes first and has the first mean.
    expect([blue![0], green![0], red![0]]).toEqual([-0.5, -1, -1.5]);
  });
});

describe('a table recipe', () => {
  const column = (name: string, rest: object = {}) => ({ name, ...rest });
  const three = { table: { columns: [column('a'), column('b'), column('c')] } };

  it('spreads its columns over the inputs', () => {
    const { table } = resolve({ x: three, word: { table: { columns: [column('d', { categories: ['p', 'q'] })] } } })!;
    expect(table!.columns.map(({ name, input, at }) => [name, input, at])).toEqual([
      ['a', 0, 0],
      ['b', 0, 1],
      ['c', 0, 2],
      ['d', 1, 0],
    ]);
    expect(table!.columns[3]!.words).toEqual(
      new Map([
        ['p', 'p'],
        ['q', 'q'],
      ]),
    );
    expect(table!.isChecked).toBe(true);
  });

  it.each([
    [{ x: { table: { columns: [column('a')] } } }, 'has 1 columns for the input "x", which takes 3 values'],
    [{ z: three }, 'recipe for the input "z", which the model does not have'],
    [{ x: three, word: { table: { columns: [column('a')] } } }, 'has the column "a" in two tables'],
    [{ word: { table: { columns: [column('a', { min: 1 })] } } }, 'has a range in the column "a"'],
    [{ word: { table: { columns: [column('a', { categories: { p: 1 } })] } } }, 'has numbers for words'],
    [{ word: { table: { columns: [column('a', { default: 1 })] } } }, 'has a number as default'],
    [{ whole: { table: { columns: [column('a', { default: 1.5 }), column('b')] } } }, 'has decimals in the column "a"'],
  ] as const)('%j is refused', (inputs, sentence) => {
    expect(() => resolve(inputs as Record<string, InputRecipe>)).toThrow(sentence);
  });
});

describe('an output recipe', () => {
  it.each([
    [{ z: { top: 1 } }, 'recipe for the output "z"'],
    [{ y: { labels: ['a', 'b'] } }, 'has 2 labels for the output "y", which gives 4 scores'],
    [{ text: { unit: 'g' } }, 'which gives texts'],
    [{ y: { boxes: { format: 'xyxy' } } }, 'has 4 numbers for each'],
    [{ found: { boxes: { format: 'xyxy', scores: 'y' } } }, 'has 6 numbers for each'],
    [{ found: { boxes: { format: 'xyxy', scores: 'z' } } }, 'recipe for the output "z"'],
    [{ found: { boxes: { format: 'xyxy', transposed: true, columns: 'scores' } } }, undefined],
    [{ found: { labels: ['a'], boxes: { format: 'xyxy' } } }, undefined],
  ] as const)('%j: %s', (outputs, sentence) => {
    const read = () => resolve({}, outputs as Record<string, OutputRecipe>);
    if (sentence === undefined) expect(read()!.outputs).toHaveLength(1);
    else expect(read).toThrow(sentence);
  });
});

describe('what a manifest says', () => {
  it('is no recipe where it says nothing, and names features by a table', () => {
    expect(recipeOf({})).toBeUndefined();
    expect(resolve({})).toBeUndefined();
    expect(featureNamesOf({ features: ['a'] })).toEqual(['a']);
    expect(featureNamesOf({ inputs: { x: { table: { columns: [{ name: 'a' }] } } } })).toEqual(['a']);
    expect(
      featureNamesOf({ inputs: { x: { table: { columns: [{ name: 'a' }] } }, y: { image: {} } } }),
    ).toBeUndefined();
  });

  it('has another key of pictures with every change of their recipe', () => {
    const key = (recipe: ImageRecipe): string =>
      resolveRecipe({ inputs: { x: { image: recipe } }, outputs: {} }, { inputs: [spec([-1, 3, 8, 8])], outputs: [] })!
        .imagesKey;
    const keys = [
      {},
      { range: [0, 2] },
      { filter: 'box' },
      { antialias: false },
      { fit: 'pad' },
      { upright: false },
      { mean: [1] },
    ].map((recipe) => key(recipe as ImageRecipe));
    expect(new Set(keys).size).toBe(keys.length);
    expect(key({ filter: 'bilinear' })).toBe(key({}));
  });
});

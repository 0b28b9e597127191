/** The parts `inputs` and `outputs` of millrace.json: what is taken, and the sentence for what is not. */
import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../server/models/manifest.ts';

const parse = (manifest: object) => parseManifest(manifest, 'm/millrace.json');
const image = (rest: object): object => ({ inputs: { x: { image: rest } } });
const columns = (...list: object[]): object => ({ inputs: { x: { table: { columns: list } } } });
const boxes = (rest: object): object => ({ outputs: { y: { boxes: { format: 'xyxy', ...rest } } } });

describe('recipes in millrace.json', () => {
  it('are taken as they are written', () => {
    const manifest = {
      ...image({
        width: 8,
        height: 8,
        mean: [0.5],
        range: [1, 0],
        fit: 'pad',
        padding: [1, 2, 3],
        filter: 'box',
        maxPixels: 1,
      }),
      outputs: { y: { labels: ['a'], top: 1, activation: 'softmax', unit: 'g' }, ...boxes({ overlap: 0.5 }) },
    };
    expect(parse({ ...manifest, outputs: { y: { top: 1 } } })).toMatchObject({
      ...manifest,
      outputs: { y: { top: 1 } },
    });
    expect(parse(columns({ name: 'a', categories: ['x', 'y'], default: 'y' })).inputs).toBeDefined();
    expect(parse({ features: ['a'], ...columns({ name: 'a' }) }).features).toEqual(['a']);
  });

  it.each([
    [{ inputs: { x: {} } }, 'inputs.x must be either {"image": {…}} or {"table": {…}}'],
    [{ inputs: { x: { image: {}, table: { columns: [{ name: 'a' }] } } } }, 'must be either'],
    [image({ widht: 8 }), 'inputs.x.image has the unknown field "widht"; allowed are width, height'],
    [image({ width: 0 }), 'inputs.x.image.width must be a whole number from 1 to 4096, but is 0'],
    [image({ channels: 2 }), 'inputs.x.image.channels must be 1, 3 or 4, but is 2'],
    [image({ layout: 'CHW' }), 'must be one of NCHW, NHWC, NHW, flat, but is "CHW"'],
    [image({ range: [1, 1] }), 'must be two different numbers'],
    [image({ range: 5 }), 'must be two numbers: what black becomes'],
    [image({ std: [1, 0, 1] }), 'must not hold 0'],
    [image({ fit: 'pad', shorterSide: 256 }), 'has "shorterSide", which only goes with "fit": "crop"'],
    [image({ padding: [0, 0, 256] }), 'inputs.x.image.padding[2] must be a whole number from 0 to 255'],
    [image({ maxPixels: 100_000_001 }), 'from 1 to 100000000'],
    [columns(), 'must have at least one column'],
    [columns({ name: 'a' }, { name: 'a' }), 'must name each column once'],
    [columns({ name: 'a', min: 2, max: 1 }), 'has the range 2 to 1, which holds nothing'],
    [columns({ name: 'a', categories: ['x'], min: 1 }), 'has both "categories" and a range'],
    [columns({ name: 'a', categories: ['x', 'x'] }), 'must name each word once'],
    [columns({ name: 'a', categories: [] }), 'must be a list of 1 to 10000 words'],
    [columns({ name: 'a', categories: {} }), 'must be a list of 1 to 10000 words'],
    [columns({ name: 'a', categories: 5 }), 'must be a list of 1 to 10000 words'],
    [columns({ name: 'a', categories: ['x'], default: 'z' }), 'has the default "z", which is none of its categories'],
    [columns({ name: 'a', max: 1, default: 2 }), 'has the default 2, which is outside of its own range'],
    [{ outputs: { y: {} } }, 'outputs.y must say something'],
    [{ outputs: { y: { top: 0 } } }, 'from 1 to 1000'],
    [{ outputs: { y: { boxes: {} } } }, 'outputs.y.boxes.format must be one of xyxy, yxyx, xywh, cxcywh'],
    [boxes({ scores: 'a', columns: 'scores' }), 'has both "scores" and "columns"'],
    [boxes({ classes: 'a' }), 'has "classes" without "scores"'],
    [{ outputs: { y: { unit: 'g', boxes: { format: 'xyxy' } } } }, 'has "boxes", which go with "labels" only'],
    [{ features: ['b'], ...columns({ name: 'a' }) }, 'the manifest names its features twice'],
  ])('%j: %s', (manifest, sentence) => {
    expect(() => parse(manifest)).toThrow(
      expect.objectContaining({ code: 'invalid-manifest', message: expect.stringContaining(sentence) as string }),
    );
  });
});

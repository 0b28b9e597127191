/** Boxes out of the outputs of the usual detectors, worked out by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseBoxes, corners, sharedArea } from '../../server/protocol/box-reading.ts';
import type { FoundBox } from '../../server/protocol/box-reading.ts';
import { encodePredictResponse } from '../../server/protocol/predict-response.ts';
import type { BoxRecipe } from '../../server/protocol/recipe.ts';
import { resolveRecipe } from '../../server/protocol/resolved-recipe.ts';
import type { ModelFacts, Tensor } from '../../server/protocol/tensors.ts';

const floats = (name: string, shape: number[], values: number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
});

interface Read {
  readonly prediction: readonly { label: unknown; class: number; score: number; box: object }[];
  readonly size?: object;
}

/** One picture of 200 × 100 that was padded to 100 × 100: half its size, 25 lines above. */
function read(boxes: BoxRecipe, outputs: readonly Tensor[], { isSent = true, rows = 1 } = {}): Read[] {
  const signature = {
    inputs: [{ name: 'x', datatype: 'FP32' as const, shape: [-1, 3, 100, 100] }],
    outputs: outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
  };
  const recipe = resolveRecipe(
    { inputs: { x: { image: { fit: 'pad' } } }, outputs: { [outputs[0]!.name]: { boxes } } },
    signature,
  )!;
  const model: ModelFacts = {
    name: 'm',
    version: '1',
    signature,
    maxBatchSize: 8,
    labels: ['cat', 'dog', 'cow'],
    featureNames: undefined,
    recipe,
  };
  const request = {
    id: undefined,
    inputs: [],
    outputs: [],
    parameters: {},
    rows,
    single: rows === 1,
    images: isSent ? Array.from({ length: rows }, () => ({ width: 200, height: 100 })) : undefined,
  };
  const text = encodePredictResponse(request, model, outputs, { queueMs: 0, inferenceMs: 0, totalMs: 0 }).toString();
  const answer = JSON.parse(text) as Read & { predictions?: Read[] };
  return answer.predictions ?? [answer];
}

/** In the picture that was sent: left 20, top 10, 100 wide, 40 high. */
const expected = { x: 20, y: 10, width: 100, height: 40 };

describe('boxes', () => {
  it.each([
    ['xyxy', [10, 30, 60, 50]],
    ['yxyx', [30, 10, 50, 60]],
    ['xywh', [10, 30, 50, 20]],
    ['cxcywh', [35, 40, 50, 20]],
  ] as const)('in the format %s are put back into the picture that was sent', (format, box) => {
    const [answer] = read({ format }, [floats('out', [1, 2, 6], [...box, 0.9, 1, 0, 0, 1, 1, 0.1, 0])]);
    expect(answer).toMatchObject({
      size: { width: 200, height: 100 },
      prediction: [{ label: 'dog', class: 1, score: 0.9, box: expected }],
    });
  });

  it('in shares, with scores and classes of their own, as TensorFlow’s detectors give them', () => {
    const [answer] = read({ format: 'yxyx', units: 'shares', scores: 'scores', classes: 'classes', firstClass: 1 }, [
      floats('boxes', [1, 2, 4], [0.3, 0.1, 0.5, 0.6, 0, 0, 1, 1]),
      floats('scores', [1, 2], [0.5, 0.75]),
      floats('classes', [1, 2], [1, 3]),
    ]);
    expect(answer!.prediction).toMatchObject([
      { label: 'cow', class: 3, score: 0.75, box: { x: 0, y: 0, width: 200, height: 100 } },
      { label: 'cat', class: 1, score: 0.5, box: expected },
    ]);
  });

  it('side by side with a score for each class, as YOLO gives them', () => {
    // [1, 4 + 3, 2]: columns are boxes.
    const columns = [
      [35, 40, 50, 20, 0.1, 0.2, 0.8],
      [35, 41, 50, 20, 0.1, 0.1, 0.6],
    ];
    const values = Array.from({ length: 7 }, (_, row) => columns.map((column) => column[row]!)).flat();
    const recipe = { format: 'cxcywh', columns: 'scores', transposed: true } as const;
    const outputs = [floats('out', [1, 7, 2], values)];
    expect(read(recipe, outputs)[0]!.prediction.map(({ label }) => label)).toEqual(['cow', 'cow']);
    expect(read({ ...recipe, overlap: 0.5 }, outputs)[0]!.prediction).toMatchObject([
      { label: 'cow', score: 0.8, box: expected },
    ]);
    expect(read({ ...recipe, minScore: 0.7 }, outputs)[0]!.prediction).toHaveLength(1);
  });

  it('with objectness, per row, and in the model’s picture where none was sent', () => {
    const recipe = { format: 'xyxy', columns: 'objectness-scores' } as const;
    const values = [10, 30, 60, 50, 0.5, 1, 0, 0, 10, 30, 60, 50, 0.9, 0, 0.5, 0];
    const rows = read(recipe, [floats('out', [2, 1, 8], values)], { rows: 2 });
    expect(rows.map(({ prediction }) => prediction.map(({ label, score }) => [label, score]))).toEqual([
      [['cat', 0.5]],
      [['dog', 0.45]],
    ]);
    const [plain] = read(recipe, [floats('out', [1, 1, 8], values.slice(0, 8))], { isSent: false });
    expect(plain).toMatchObject({
      size: { width: 100, height: 100 },
      prediction: [{ box: { x: 10, y: 30, width: 50, height: 20 } }],
    });
  });

  it('of another shape than the recipe says are no answer', () => {
    expect(() => read({ format: 'xyxy' }, [floats('out', [1, 1, 6], [0, 0, 1, 1, 1, 0])], { rows: 2 })).toThrow(
      expect.objectContaining({ code: 'inference-failed' }),
    );
  });

  const boxes = fc.array(
    fc.record({
      left: fc.integer({ min: 0, max: 20 }),
      top: fc.integer({ min: 0, max: 20 }),
      right: fc.integer({ min: 21, max: 40 }),
      bottom: fc.integer({ min: 21, max: 40 }),
      score: fc.double({ min: 0, max: 1, noNaN: true }),
      class: fc.integer({ min: 0, max: 1 }),
    }),
    { maxLength: 20 },
  );

  it('that are chosen are sure, few, apart, and the surest of all', () => {
    fc.assert(
      fc.property(
        boxes,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 5 }),
        (all, overlap, most) => {
          const chosen = chooseBoxes(all, { format: 'xyxy', overlap, most, minScore: 0.3 });
          expect(chosen.length).toBeLessThanOrEqual(most);
          expect(chosen.every(({ score }) => score >= 0.3)).toBe(true);
          for (const [at, box] of chosen.entries()) {
            for (const other of chosen.slice(at + 1)) {
              expect(other.score).toBeLessThanOrEqual(box.score);
              if (other.class === box.class) expect(sharedArea(box, other)).toBeLessThanOrEqual(overlap);
            }
          }
          // What was left out is weak, covered, or too many.
          for (const box of all.filter((each) => !chosen.includes(each))) {
            const isCovered = chosen.some(
              (other: FoundBox) => other.class === box.class && sharedArea(other, box) > overlap,
            );
            expect(box.score < 0.3 || isCovered || chosen.length === most).toBe(true);
          }
        },
      ),
    );
  });

  it('share of themselves all, of another the same both ways', () => {
    fc.assert(
      fc.property(boxes, (all) => {
        for (const a of all) {
          expect(sharedArea(a, a)).toBe(1);
          for (const b of all) expect(sharedArea(a, b)).toBe(sharedArea(b, a));
        }
      }),
    );
    expect(
      sharedArea(
        { ...corners([0, 0, 2, 2], 'xyxy'), score: 1, class: 0 },
        { ...corners([1, 0, 2, 2], 'xywh'), score: 1, class: 0 },
      ),
    ).toBeCloseTo(1 / 3);
  });
});

/**
 * Boxes that a model found, from its outputs: which are sure enough, which only repeat a surer one, what they show, and where they lie in
 * the picture that was sent. Pure.
 */
import { MillraceError } from '../base/errors.ts';
import { argMax, floatText, labelText, scoreText } from './answer-text.ts';
import { fitImage, pointBefore } from './image-fit.ts';
import type { PredictRequest } from './predict-request.ts';
import type { BoxFormat, BoxRecipe } from './recipe.ts';
import type { ResolvedOutput } from './resolved-recipe.ts';
import { numberAt } from './tensor-numbers.ts';
import type { ModelFacts, Tensor } from './tensors.ts';
import { quoted, shapeText } from './wording.ts';

/** Corners in the pixels of the model's picture, or in shares of it. */
export interface FoundBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly score: number;
  /** As the model counts. */
  readonly class: number;
}

const defaultMinScore = 0.25;
const defaultMost = 100;
/** Boxes that are compared with each other, the surest: comparing takes the square of their number. */
const maxCompared = 5000;

/** Members of one row as JSON text; see recipe-answer.ts. Throws `inference-failed` where an output is not what the recipe says. */
export function boxReader(
  { name, labels: ownLabels, boxes }: ResolvedOutput,
  request: PredictRequest,
  model: ModelFacts,
  outputs: readonly Tensor[],
): (row: number) => string {
  const recipe = boxes!;
  const labels = ownLabels ?? model.labels;
  const find = (wanted: string): Tensor => outputs.find((tensor) => tensor.name === wanted)!;
  const tensors = {
    boxes: find(name),
    scores: recipe.scores === undefined ? undefined : find(recipe.scores),
    classes: recipe.classes === undefined ? undefined : find(recipe.classes),
  };
  const first = recipe.firstClass ?? 0;
  return (row) => {
    const found = chooseBoxes(readBoxes(tensors, recipe, row, request.rows), recipe);
    const frame = frameOf(request, model, row, recipe);
    const texts = found.map((box) => {
      const index = box.class - first;
      const { x, y, width, height } = frame.place(box);
      const place = `{"x":${x},"y":${y},"width":${width},"height":${height}}`;
      return `{"label":${labelText(labels?.[index], box.class)},"class":${box.class},"score":${scoreText(box.score)},"box":${place}}`;
    });
    const size = frame.size === undefined ? '' : `,"size":${JSON.stringify(frame.size)}`;
    return `"prediction":[${texts.join(',')}]${size}`;
  };
}

/** Of one row, those above the score, overlaps of a class removed, the surest first. */
export function chooseBoxes(boxes: readonly FoundBox[], recipe: BoxRecipe): FoundBox[] {
  const { minScore = defaultMinScore, overlap, most = defaultMost } = recipe;
  const sure = boxes.filter(({ score }) => score >= minScore).toSorted((a, b) => b.score - a.score);
  if (overlap === undefined) return sure.slice(0, most);
  const kept: FoundBox[] = [];
  for (const box of sure.slice(0, maxCompared)) {
    if (kept.length >= most) break;
    if (!kept.some((other) => other.class === box.class && sharedArea(other, box) > overlap)) kept.push(box);
  }
  return kept;
}

/** Intersection over union, 0 to 1. */
export function sharedArea(a: FoundBox, b: FoundBox): number {
  const width = Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left));
  const height = Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const shared = width * height;
  const all = areaOf(a) + areaOf(b) - shared;
  return all <= 0 ? 0 : shared / all;
}

function areaOf({ left, top, right, bottom }: FoundBox): number {
  return Math.max(0, right - left) * Math.max(0, bottom - top);
}

interface BoxTensors {
  readonly boxes: Tensor;
  readonly scores: Tensor | undefined;
  readonly classes: Tensor | undefined;
}

function readBoxes({ boxes, scores, classes }: BoxTensors, recipe: BoxRecipe, row: number, rows: number): FoundBox[] {
  const { count, numbers, at } = layoutOf(boxes, recipe, row, rows);
  const { format, minScore = defaultMinScore } = recipe;
  const perBox = scores === undefined ? 0 : scores.data.length / rows / Math.max(1, count);
  if ((scores !== undefined && !(Number.isInteger(perBox) && perBox >= 1)) || numbers < 4) throw misread(boxes, scores);
  const found: FoundBox[] = [];
  for (let box = 0; box < count; box += 1) {
    const judged =
      scores === undefined
        ? judge((column) => at(box, 4 + column), numbers - 4, recipe)
        : judgeBy(scores, classes, (row * count + box) * perBox, perBox, row * count + box);
    if (!(judged.score >= minScore)) continue;
    found.push({ ...corners([at(box, 0), at(box, 1), at(box, 2), at(box, 3)], format), ...judged });
  }
  return found;
}

interface BoxLayout {
  readonly count: number;
  readonly numbers: number;
  at(box: number, column: number): number;
}

/** [rows, boxes, numbers], or for a single row [boxes, numbers]; the last two swapped where the recipe says so. */
function layoutOf(tensor: Tensor, { transposed = false }: BoxRecipe, row: number, rows: number): BoxLayout {
  const { shape } = tensor;
  const [a, b] = [shape.at(-2) ?? 0, shape.at(-1) ?? 0];
  const isPerRow = shape.length === 3 && shape[0] === rows;
  if (!isPerRow && !(shape.length === 2 && rows === 1)) throw misread(tensor, undefined);
  const start = isPerRow ? row * a * b : 0;
  return transposed
    ? { count: b, numbers: a, at: (box, column) => numberAt(tensor, start + column * b + box) }
    : { count: a, numbers: b, at: (box, column) => numberAt(tensor, start + box * b + column) };
}

interface Judgement {
  readonly score: number;
  readonly class: number;
}

function judge(at: (column: number) => number, width: number, { columns = 'score-class' }: BoxRecipe): Judgement {
  switch (columns) {
    case 'score-class':
      return { score: at(0), class: Math.trunc(at(1)) };
    case 'class-score':
      return { score: at(1), class: Math.trunc(at(0)) };
    case 'scores':
      return best(Array.from({ length: width }, (_, index) => at(index)));
    case 'objectness-scores': {
      const { score, class: index } = best(Array.from({ length: width - 1 }, (_, place) => at(place + 1)));
      return { score: score * at(0), class: index };
    }
  }
}

function judgeBy(scores: Tensor, classes: Tensor | undefined, from: number, perBox: number, place: number): Judgement {
  const judged = best(Array.from({ length: perBox }, (_, index) => numberAt(scores, from + index)));
  return classes === undefined ? judged : { score: judged.score, class: Math.trunc(numberAt(classes, place)) };
}

function best(scores: readonly number[]): Judgement {
  const index = argMax(scores);
  return { score: scores[index] ?? 0, class: index };
}

/** The corners, whichever way round the four numbers are. */
export function corners(
  [a, b, c, d]: readonly [number, number, number, number],
  format: BoxFormat,
): Pick<FoundBox, 'left' | 'top' | 'right' | 'bottom'> {
  switch (format) {
    case 'xyxy':
      return { left: a, top: b, right: c, bottom: d };
    case 'yxyx':
      return { left: b, top: a, right: d, bottom: c };
    case 'xywh':
      return { left: a, top: b, right: a + c, bottom: b + d };
    case 'cxcywh':
      return { left: a - c / 2, top: b - d / 2, right: a + c / 2, bottom: b + d / 2 };
  }
}

interface BoxFrame {
  readonly size: { readonly width: number; readonly height: number } | undefined;
  place(box: FoundBox): { x: string; y: string; width: string; height: string };
}

/** From the model's picture back to the one that was sent; without one the numbers stay what they are. */
function frameOf({ images }: PredictRequest, { recipe }: ModelFacts, row: number, { units }: BoxRecipe): BoxFrame {
  const image = recipe?.images[0];
  const sent = images?.[row];
  const toPixels = units === 'shares' && image !== undefined ? image : { width: 1, height: 1 };
  const fitted = image === undefined || sent === undefined ? undefined : { sent, place: fitImage(sent, image) };
  const point = (x: number, y: number): { readonly x: number; readonly y: number } => {
    const inModel = { x: x * toPixels.width, y: y * toPixels.height };
    return fitted === undefined ? inModel : pointBefore(inModel, fitted.sent, fitted.place);
  };
  return {
    size: sent ?? (image && { width: image.width, height: image.height }),
    place: ({ left, top, right, bottom }) => {
      const [start, end] = [point(left, top), point(right, bottom)];
      // Hundredths of a pixel; shares keep what a float holds.
      const text = (value: number): string =>
        floatText(image === undefined ? Number(value.toPrecision(7)) : Math.round(value * 100) / 100);
      return { x: text(start.x), y: text(start.y), width: text(end.x - start.x), height: text(end.y - start.y) };
    },
  };
}

function misread(boxes: Tensor, scores: Tensor | undefined): MillraceError {
  const other = scores === undefined ? '' : `, and ${quoted(scores.name)} the shape ${shapeText(scores.shape)}`;
  return new MillraceError(
    'inference-failed',
    `The recipe reads boxes from output ${quoted(boxes.name)}, which has the shape ${shapeText(boxes.shape)}${other}.`,
    { hint: 'Correct "boxes" in the recipe: docs/recipes.md.' },
  );
}

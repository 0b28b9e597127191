/** Values of outputs as JSON for people: floats as short as they can be, what JSON has no number for as text. */
import { bf16ToNumber, fp16ToNumber } from './half-floats.ts';
import { shortFloat32 } from './json-tensor.ts';
import type { Datatype, ModelFacts, Tensor } from './tensors.ts';

const FLOATS: ReadonlySet<Datatype> = new Set<Datatype>(['FP16', 'BF16', 'FP32', 'FP64']);

/** How many elements a shape has. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((count, dimension) => count * dimension, 1);
}

/** Index of the highest value, the first of equal ones; 0 where all are NaN. */
export function argMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let index = 1; index < values.length; index += 1) {
    if (values[index]! > values[best]! || Number.isNaN(values[best])) best = index;
  }
  return best;
}

/** The elements from `offset` on, nested as `shape` says. */
export function nestedText(tensor: Tensor, shape: readonly number[], offset: number): string {
  const [length, ...inner] = shape;
  if (length === undefined) return elementText(tensor, offset);
  const size = elements(inner);
  const part = (index: number): string =>
    inner.length === 0 ? elementText(tensor, offset + index) : nestedText(tensor, inner, offset + index * size);
  return `[${Array.from({ length }, (_, index) => part(index)).join(',')}]`;
}

/** One element as JSON. */
export function elementText({ datatype, data }: Tensor, index: number): string {
  const element = data[index]!;
  switch (datatype) {
    case 'BYTES':
      return JSON.stringify(element);
    case 'BOOL':
      return element === 1 ? 'true' : 'false';
    case 'FP16':
      return floatText(fp16ToNumber(element as number));
    case 'BF16':
      return floatText(bf16ToNumber(element as number));
    case 'FP32':
      return floatText(shortFloat32(element as number));
    case 'FP64':
      return floatText(element as number);
    default:
      return String(element);
  }
}

export function floatText(value: number): string {
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}

const keysByLabels = new WeakMap<readonly string[], readonly string[]>();

/** The labels as distinct JSON keys, made once per model: ImageNet alone has two different classes called "crane". */
export function labelKeys(labels: readonly string[]): readonly string[] {
  let keys = keysByLabels.get(labels);
  if (keys === undefined) {
    const seen = new Set<string>();
    keys = labels.map((label, index) => {
      const key = seen.has(label) ? `${label} (${index})` : label;
      seen.add(key);
      return JSON.stringify(key);
    });
    keysByLabels.set(labels, keys);
  }
  return keys;
}

/** The member of a row that is neither a class nor read by a recipe. */
export function plainMembers(outputs: readonly Tensor[], row: number, rows: number, model: ModelFacts): string {
  const [only, ...others] = outputs;
  if (only !== undefined && others.length === 0 && FLOATS.has(only.datatype) && only.data.length === rows) {
    return `"prediction":${elementText(only, row)}`;
  }
  const parts = outputs.map((output) => {
    const perRow = model.maxBatchSize > 0 && output.shape[0] === rows;
    const shape = perRow ? output.shape.slice(1) : output.shape;
    return `${JSON.stringify(output.name)}:${nestedText(output, shape, perRow ? row * elements(shape) : 0)}`;
  });
  return `"prediction":{${parts.join(',')}}`;
}

/** A class without a label is called by its number. */
export function labelText(label: string | undefined, index: number): string {
  return label === undefined ? String(index) : JSON.stringify(label);
}

export function scoreText(score: number): string {
  return floatText(Number.isFinite(score) ? shortFloat32(Math.fround(score)) : score);
}

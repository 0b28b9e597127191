/**
 * The request that a filled form makes, and what keeps it from being made. Pure. Where the local replicas take `/predict` it is
 * that, which answers with labels and times; a remote model gets the Open Inference Protocol.
 */
import type { FormField } from './form-model.ts';
import { elementCount } from './form-model.ts';
import { flatten, nest, shapeOf } from './nested-array.ts';

/** What a field holds: elements in row-major order and the shape they have, batch included where the model has one. */
export interface FieldValue {
  readonly shape: readonly number[];
  readonly elements: readonly (number | string | boolean)[];
}

export interface InferenceRequest {
  readonly kind: 'predict' | 'infer';
  readonly body: unknown;
}

/** `values` are in the order of `fields`. */
export function requestOf(
  fields: readonly FormField[],
  values: readonly FieldValue[],
  takesPredict: boolean,
): InferenceRequest {
  if (!takesPredict) {
    const inputs = fields.map(({ name, datatype }, index) => {
      const { shape, elements } = values[index]!;
      return { name, shape, datatype, data: elements };
    });
    return { kind: 'infer', body: { inputs } };
  }
  const [only, ...others] = fields;
  if (only?.kind === 'row' && others.length === 0)
    return { kind: 'predict', body: { features: features(only, values[0]!) } };
  const inputs = Object.fromEntries(
    fields.map(({ name }, index) => [name, nest(values[index]!.elements, values[index]!.shape)]),
  );
  return { kind: 'predict', body: { inputs } };
}

/** A single row by name where that can be read, many rows as arrays. */
function features(field: FormField & { readonly kind: 'row' }, { shape, elements }: FieldValue): unknown {
  const rows = shape[0]!;
  if (rows > 1) return nest(elements, shape);
  const isNamed = !field.features.every((name) => name.startsWith(`${field.name}[`)) && field.features.length <= 40;
  return isNamed ? Object.fromEntries(field.features.map((name, index) => [name, elements[index]])) : elements;
}

export type ArrayFault =
  | { readonly kind: 'not-json' }
  | { readonly kind: 'ragged' }
  | { readonly kind: 'shape'; readonly found: readonly number[] }
  | { readonly kind: 'count'; readonly found: number; readonly wanted: number }
  | { readonly kind: 'element'; readonly element: string };

/**
 * An array as a person typed it: nested as JSON, or flat with any separators, for the shape that the model declares.
 * `dimensions` are the declared ones with the free ones filled in; a nested array's own lengths count instead.
 */
export function parseArray(
  text: string,
  declared: readonly number[],
  dimensions: readonly number[],
  isBool: boolean,
): FieldValue | ArrayFault {
  const trimmed = text.trim();
  let value: unknown;
  if (trimmed.startsWith('[')) {
    try {
      value = JSON.parse(trimmed);
    } catch {
      return { kind: 'not-json' };
    }
  } else {
    value = trimmed === '' ? [] : trimmed.split(/[\s,;]+/).map(parseElement);
  }
  const elements = flatten(value);
  const wrong = elements.find((element) => typeof element !== 'number' && typeof element !== 'boolean');
  if (wrong !== undefined) return { kind: 'element', element: String(wrong).slice(0, 40) };
  const shape = shapeOf(value);
  if (shape === undefined) return { kind: 'ragged' };
  const checked = elements.map((element) => (isBool ? Boolean(element) : Number(element)));
  if (shape.length === declared.length && shape.length > 1) {
    const fits = shape.every((size, at) => declared[at] === -1 || declared[at] === size);
    return fits ? { shape, elements: checked } : { kind: 'shape', found: shape };
  }
  if (shape.length > 1) return { kind: 'shape', found: shape };
  const wanted = elementCount(dimensions);
  return elements.length === wanted
    ? { shape: dimensions, elements: checked }
    : { kind: 'count', found: elements.length, wanted };
}

function parseElement(word: string): number | boolean | string {
  if (word === 'true' || word === 'false') return word === 'true';
  const number = Number(word);
  return Number.isNaN(number) ? word : number;
}

export function isFault(value: FieldValue | ArrayFault): value is ArrayFault {
  return 'kind' in value;
}

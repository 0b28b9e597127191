/**
 * The request that a filled form makes, and what keeps it from being made. Pure. Where the local replicas take `/predict` it is
 * that, which answers with labels and times; a remote model gets the Open Inference Protocol.
 */
import type { FormField } from './form-model.ts';
import { elementCount } from './form-model.ts';
import { flatten, nest, shapeOf } from './nested-array.ts';

/** Elements in row-major order and the shape they have, batch included where the model has one. */
export interface ArrayValue {
  readonly shape: readonly number[];
  readonly elements: readonly (number | string | boolean)[];
}

/** A picture as it is: the model's recipe makes numbers of it. */
export interface FileValue {
  readonly file: Blob;
  /** What people call it. */
  readonly fileName: string;
  /** Its bytes, for a request with other inputs beside it. */
  readonly b64: string;
}

/** What a field holds. */
export type FieldValue = ArrayValue | FileValue;

/** JSON, or a picture as the whole body. */
export interface InferenceRequest {
  readonly kind: 'predict' | 'infer';
  /** Undefined where a file is sent. */
  readonly body?: unknown;
  readonly file?: Pick<FileValue, 'file' | 'fileName'> | undefined;
}

export function isFile(value: FieldValue): value is FileValue {
  return 'file' in value;
}

/** `values` are in the order of `fields`. */
export function requestOf(
  fields: readonly FormField[],
  values: readonly FieldValue[],
  takesPredict: boolean,
): InferenceRequest {
  if (!takesPredict) {
    const inputs = fields.map(({ name, datatype }, index) => inferInput(name, datatype, values[index]!));
    return { kind: 'infer', body: { inputs } };
  }
  const [only, ...others] = fields;
  const [first] = values;
  if (others.length === 0 && first !== undefined && isFile(first)) {
    return { kind: 'predict', file: { file: first.file, fileName: first.fileName } };
  }
  if (only?.kind === 'row' && others.length === 0 && first !== undefined && !isFile(first))
    return { kind: 'predict', body: { features: features(only, first) } };
  const inputs = Object.fromEntries(fields.map(({ name }, index) => [name, predictInput(values[index]!)]));
  return { kind: 'predict', body: { inputs } };
}

function inferInput(name: string, datatype: string, value: FieldValue): object {
  if (isFile(value)) return { name, shape: [1], datatype: 'BYTES', data: [value.b64] };
  return { name, shape: value.shape, datatype, data: value.elements };
}

function predictInput(value: FieldValue): unknown {
  return isFile(value) ? { b64: value.b64 } : nest(value.elements, value.shape);
}

/** A single row by name where that can be read, many rows as arrays. */
function features(field: FormField & { readonly kind: 'row' }, { shape, elements }: ArrayValue): unknown {
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
): ArrayValue | ArrayFault {
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

export function isFault(value: ArrayValue | ArrayFault): value is ArrayFault {
  return 'kind' in value;
}

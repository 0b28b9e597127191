/**
 * Tensor elements as JSON: arrays of a parsed document to typed arrays and back to text. The raw form is datatypes.ts.
 *
 * Reading checks every element against its datatype; nothing is rounded to fit, cut or wrapped, except that decimal
 * fractions become the nearest float. Writing keeps 64-bit integers in full.
 */
import { MillraceError } from '../base/errors.ts';
import { allocateElements, elementRange, nulElement } from './datatypes.ts';
import { bf16ToNumber, fp16ToNumber, numberToBf16, numberToFp16 } from './half-floats.ts';
import type { Datatype, Tensor, TensorData } from './tensors.ts';
import { described, quoted } from './wording.ts';

/**
 * A text of numbers has up to 26 characters per element and V8's strings end at 2^29: beyond this many elements an answer
 * cannot be JSON.
 */
const MAX_JSON_ELEMENTS = 2 ** 24;
const MAX_JSON_CHARACTERS = 2 ** 26;
/** Powers of ten for the decimals to try: a float32 tells about seven digits apart, so small ones need more of them. */
const SCALES = [1e3, 1e5, 1e6, 1e7];
const SCALES_BELOW_ONE = [1e7, 1e8];
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/** Where the elements of a tensor come from, for the sentences that refuse one. */
export interface JsonTensorSource {
  readonly name: string;
  readonly datatype: Datatype;
  /** Flat, or nested in any way: row-major order is reading order. */
  readonly data: readonly unknown[];
  /** The same array read again without loss; called at most once, when a 64-bit integer may have lost digits. */
  readonly readExactly: () => readonly unknown[];
  /** What the columns of the last dimension are called, to name a wrong element by. */
  readonly elementNames?: readonly string[];
}

/**
 * The elements of a JSON array as tensor data. Takes the tokens `NaN` and `Infinity` for floats, `true` and `false` for
 * BOOL, strings for BYTES, numbers for FP16 and BF16 (the Open Inference Protocol refuses those two earlier).
 *
 * Throws `invalid-tensor` where the number of elements is not `count`, or an element is not one of the datatype.
 */
export function readJsonElements(source: JsonTensorSource, count: number): TensorData {
  const elements = flatten(source.data);
  if (elements.length !== count) {
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(source.name)} has ${elements.length} elements in its data, but its shape calls for ${count}.`,
    );
  }
  const { datatype } = source;
  switch (datatype) {
    case 'BYTES':
      return readStrings(source, elements);
    case 'BOOL':
      return readBooleans(source, elements);
    case 'FP16':
    case 'BF16':
    case 'FP32':
    case 'FP64':
      return readFloats(source, elements, datatype);
    case 'INT64':
    case 'UINT64':
      return readLongs(source, elements, datatype);
    default:
      return readIntegers(source, elements, datatype);
  }
}

/** The elements in reading order; the array itself where its first element is not an array. */
function flatten(data: readonly unknown[]): readonly unknown[] {
  // `at`, not `[0]`: an access that sees nested and flat arrays would make V8 box the numbers of the flat ones.
  if (!Array.isArray(data.at(0))) return data;
  const flat: unknown[] = [];
  const collect = (part: readonly unknown[]): void => {
    for (const element of part) {
      if (Array.isArray(element)) collect(element);
      else flat.push(element);
    }
  };
  collect(data);
  return flat;
}

function readStrings(source: JsonTensorSource, elements: readonly unknown[]): string[] {
  for (const [index, element] of elements.entries()) {
    if (typeof element !== 'string') throw wrongElement(source, elements, index);
    if (element.includes('\0')) throw nulElement(index, source.name);
    if (!element.isWellFormed()) {
      throw new MillraceError(
        'invalid-tensor',
        `Input ${quoted(source.name)}: element ${index} has half of a surrogate pair, which no UTF-8 text can carry.`,
      );
    }
  }
  return elements as string[];
}

function readBooleans(source: JsonTensorSource, elements: readonly unknown[]): Uint8Array {
  const data = allocateElements('BOOL', elements.length) as Uint8Array;
  for (let index = 0; index < elements.length; index += 1) {
    const element = elements[index];
    if (typeof element !== 'boolean') throw wrongElement(source, elements, index);
    data[index] = element ? 1 : 0;
  }
  return data;
}

function readFloats(
  source: JsonTensorSource,
  elements: readonly unknown[],
  datatype: 'FP16' | 'BF16' | 'FP32' | 'FP64',
): TensorData {
  const data = allocateElements(datatype, elements.length) as Uint16Array | Float32Array | Float64Array;
  for (let index = 0; index < elements.length; index += 1) {
    const element = elements[index];
    if (typeof element !== 'number' && typeof element !== 'bigint') throw wrongElement(source, elements, index);
    const value = Number(element);
    // The nearest float of a number that is beyond the largest one is an infinity that the client did not send.
    let nearest = value;
    if (datatype === 'FP32') {
      data[index] = value;
      nearest = data[index]!;
    } else if (datatype === 'FP64') {
      data[index] = value;
    } else if (datatype === 'FP16') {
      data[index] = numberToFp16(value);
      nearest = fp16ToNumber(data[index]!);
    } else {
      data[index] = numberToBf16(value);
      nearest = bf16ToNumber(data[index]!);
    }
    if ((nearest === Infinity || nearest === -Infinity) && nearest !== value) {
      throw wrongElement(source, elements, index);
    }
  }
  return data;
}

function readIntegers(
  source: JsonTensorSource,
  elements: readonly unknown[],
  datatype: Exclude<Datatype, 'BYTES' | 'INT64' | 'UINT64'>,
): TensorData {
  const data = allocateElements(datatype, elements.length) as Int32Array;
  for (let index = 0; index < elements.length; index += 1) {
    const element = elements[index];
    if (typeof element !== 'number') throw wrongElement(source, elements, index);
    data[index] = element;
    // The array wraps and cuts what does not fit: whatever it keeps unchanged was an integer in range.
    if (data[index] !== element) throw wrongElement(source, elements, index);
  }
  return data;
}

function readLongs(source: JsonTensorSource, elements: readonly unknown[], datatype: 'INT64' | 'UINT64'): TensorData {
  const data = allocateElements(datatype, elements.length) as BigInt64Array;
  const [lowest, highest] = datatype === 'INT64' ? [MIN_INT64, MAX_INT64] : [0n, MAX_UINT64];
  let exact: readonly unknown[] | undefined;
  for (let index = 0; index < elements.length; index += 1) {
    let element = (exact ?? elements)[index];
    if (typeof element === 'number' && Number.isInteger(element) && !Number.isSafeInteger(element)) {
      exact ??= flatten(source.readExactly());
      element = exact[index];
    }
    const long = Number.isSafeInteger(element) ? BigInt(element as number) : element;
    if (typeof long !== 'bigint' || long < lowest || long > highest)
      throw wrongElement(source, exact ?? elements, index);
    data[index] = long;
  }
  return data;
}

function wrongElement(source: JsonTensorSource, elements: readonly unknown[], index: number): MillraceError {
  const { name, datatype, elementNames } = source;
  const column = elementNames?.[index % elementNames.length];
  const feature = column === undefined ? '' : ` (${quoted(column)})`;
  return new MillraceError(
    'invalid-tensor',
    `Input ${quoted(name)}: element ${index}${feature} is ${described(elements[index])}, but ${datatype} takes ${elementRange(datatype)}.`,
  );
}

/**
 * The elements of a tensor as one flat JSON array. Floats that are not finite are the tokens `NaN`, `Infinity` and
 * `-Infinity`; a float32 is the shortest of a few decimal texts that read back as the same float32.
 *
 * Throws `response-too-large` where the text could exceed what a string holds; the binary form has no such limit.
 */
export function writeJsonElements(tensor: Tensor): string {
  const { data } = tensor;
  refuseHugeText(tensor);
  if (Array.isArray(data)) return JSON.stringify(data);
  if (tensor.datatype === 'FP32' || tensor.datatype === 'FP64') return writeFloats(data as Float32Array | Float64Array);
  if (tensor.datatype === 'BOOL') return `[${Array.from(data as Uint8Array, Boolean).join(',')}]`;
  return data.length === 1 ? `[${data[0]}]` : `[${data.join(',')}]`;
}

function writeFloats(data: Float32Array | Float64Array): string {
  const single = data instanceof Float32Array;
  const values: number[] = [];
  let ordinary = true;
  for (const value of data) {
    if (!Number.isFinite(value) || Object.is(value, -0)) ordinary = false;
    values.push(single ? shortFloat32(value) : value);
  }
  // What JSON.stringify would write as null, or lose the sign of, is rare and written out one by one.
  return ordinary ? JSON.stringify(values) : `[${values.map((value) => writeNumber(value)).join(',')}]`;
}

function writeNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/**
 * A double with a shorter text that rounds to the same float32 (0.7 for 0.699999988079071), or the float32 itself. The few
 * numbers of decimals that are tried fit most probabilities and measurements; a shorter text is also faster to print.
 */
export function shortFloat32(value: number): number {
  for (const scale of value < 1 && value > -1 ? SCALES_BELOW_ONE : SCALES) {
    const shorter = Math.round(value * scale) / scale;
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
}

/** Throws `response-too-large` for a tensor whose JSON text might not fit in a string. */
export function refuseHugeText(tensor: Tensor): void {
  const { data } = tensor;
  let tooLarge = data.length > MAX_JSON_ELEMENTS;
  if (Array.isArray(data) && !tooLarge) {
    let characters = 0;
    for (const text of data) characters += text.length;
    tooLarge = characters > MAX_JSON_CHARACTERS; // escaped up to six-fold
  }
  if (!tooLarge) return;
  throw new MillraceError(
    'response-too-large',
    `Output ${quoted(tensor.name)} has ${data.length} elements, which is too much for JSON.`,
    { hint: 'Ask for this output with the binary tensor data extension ("binary_data": true).' },
  );
}

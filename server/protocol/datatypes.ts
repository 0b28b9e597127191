/**
 * The datatypes of the Open Inference Protocol: sizes, ranges, and their raw little-endian form (the binary tensor data
 * extension). JSON is json-tensor.ts.
 *
 * Every platform Millrace runs on (x64, arm64) is little-endian, so a tensor on the wire and a typed array are the same
 * bytes: numeric tensors are viewed, never converted.
 */
import { isUtf8 } from 'node:buffer';
import { MillraceError } from '../base/errors.ts';
import type { Datatype, TensorData } from './tensors.ts';
import { quoted, shapeText } from './wording.ts';

/** Everything but BYTES. */
export type NumericData = Exclude<TensorData, string[]>;

interface NumericArray {
  new (length: number): NumericData;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumericData;
}

interface DatatypeFacts {
  /** Bytes per element; 0 for BYTES, whose elements carry their own length. */
  readonly elementBytes: number;
  readonly array: NumericArray | undefined;
  /** What an element may be, for sentences that refuse another. */
  readonly takes: string;
}

const FACTS = {
  BOOL: { elementBytes: 1, array: Uint8Array, takes: 'true or false' },
  UINT8: { elementBytes: 1, array: Uint8Array, takes: 'integers from 0 to 255' },
  UINT16: { elementBytes: 2, array: Uint16Array, takes: 'integers from 0 to 65535' },
  UINT32: { elementBytes: 4, array: Uint32Array, takes: 'integers from 0 to 4294967295' },
  UINT64: { elementBytes: 8, array: BigUint64Array, takes: 'integers from 0 to 18446744073709551615' },
  INT8: { elementBytes: 1, array: Int8Array, takes: 'integers from -128 to 127' },
  INT16: { elementBytes: 2, array: Int16Array, takes: 'integers from -32768 to 32767' },
  INT32: { elementBytes: 4, array: Int32Array, takes: 'integers from -2147483648 to 2147483647' },
  INT64: {
    elementBytes: 8,
    array: BigInt64Array,
    takes: 'integers from -9223372036854775808 to 9223372036854775807, written without exponent',
  },
  FP16: { elementBytes: 2, array: Uint16Array, takes: 'numbers from -65504 to 65504' },
  FP32: { elementBytes: 4, array: Float32Array, takes: 'numbers from -3.4028235e38 to 3.4028235e38' },
  FP64: { elementBytes: 8, array: Float64Array, takes: 'numbers' },
  BF16: { elementBytes: 2, array: Uint16Array, takes: 'numbers from -3.3895314e38 to 3.3895314e38' },
  BYTES: { elementBytes: 0, array: undefined, takes: 'strings' },
} as const satisfies Record<Datatype, DatatypeFacts>;

/**
 * The most elements of one tensor, and the largest dimension. The runtime counts in int64, JavaScript in doubles; below
 * this bound every product of both is exact.
 */
export const MAX_ELEMENTS = 2 ** 31 - 1;

/** V8 keeps arrays up to this size inside its own heap (35 ns); a larger one costs an allocation outside it (600 ns). */
const IN_HEAP_BYTES = 64;
/** Arrays up to this size are cut from Node's buffer pool instead (65 ns). */
const POOLED_BYTES = 2048;

/** True for the name of a datatype, case-sensitive. */
export function isDatatype(value: unknown): value is Datatype {
  return typeof value === 'string' && Object.hasOwn(FACTS, value);
}

/** Bytes per element, 0 for BYTES. */
export function elementBytes(datatype: Datatype): number {
  return FACTS[datatype].elementBytes;
}

/** What an element of this datatype may be, as a noun phrase: `integers from 0 to 255`. */
export function elementRange(datatype: Datatype): string {
  return FACTS[datatype].takes;
}

/**
 * Number of elements of a shape whose dimensions are non-negative integers; 1 for the shape `[]` of a scalar.
 *
 * Throws `invalid-tensor` where a dimension or the product is above 2^31 - 1. A dimension of 0 does not excuse the
 * others: `[0, 4294967296]` is refused.
 */
export function countElements(shape: readonly number[], name: string): number {
  let count = 1;
  let empty = false;
  for (const dimension of shape) {
    if (dimension === 0) empty = true;
    else count *= dimension;
    if (count > MAX_ELEMENTS) {
      throw new MillraceError(
        'invalid-tensor',
        `Tensor ${quoted(name)} has shape ${shapeText(shape)}, which is more than the ${MAX_ELEMENTS} elements a tensor may have.`,
      );
    }
  }
  return empty ? 0 : count;
}

/**
 * Room for `count` elements, 8-byte aligned. The contents are undefined and the array may be a view of a larger buffer:
 * the caller fills every element before anyone else sees it, and nobody hands on `.buffer`.
 */
export function allocateElements(datatype: Exclude<Datatype, 'BYTES'>, count: number): NumericData {
  const array: NumericArray = FACTS[datatype].array;
  const bytes = count * elementBytes(datatype);
  if (bytes > IN_HEAP_BYTES && bytes <= POOLED_BYTES) {
    const pooled = Buffer.allocUnsafe(bytes);
    if (pooled.byteOffset % 8 === 0) return new array(pooled.buffer, pooled.byteOffset, count);
  }
  return new array(count);
}

/**
 * Raw little-endian bytes as elements: a view of the same memory where the offset is aligned, else a copy. The length is
 * a multiple of the element size (the caller checked it against the shape).
 */
export function viewElements(datatype: Exclude<Datatype, 'BYTES'>, bytes: Uint8Array): NumericData {
  const size = elementBytes(datatype);
  const array: NumericArray = FACTS[datatype].array;
  const count = bytes.byteLength / size;
  if (bytes.byteOffset % size === 0) return new array(bytes.buffer, bytes.byteOffset, count);
  const aligned = new array(count);
  rawElements(aligned).set(bytes);
  return aligned;
}

/** The raw little-endian bytes of a tensor: a view of the elements' memory, or for BYTES a new buffer. */
export function rawElements(data: TensorData): Uint8Array {
  return Array.isArray(data)
    ? encodeStrings(data)
    : new Uint8Array<ArrayBufferLike>(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * BYTES elements from their raw form, each a uint32 little-endian length and that many bytes.
 *
 * Throws `invalid-tensor` where the bytes do not hold exactly `count` elements, and where an element is no text that the
 * runtime can carry: its strings end at the first NUL and are UTF-8.
 */
export function decodeStrings(bytes: Buffer, count: number, name: string): string[] {
  const strings: string[] = [];
  let offset = 0;
  while (strings.length < count) {
    const start = offset + 4;
    const end = start > bytes.length ? Infinity : start + bytes.readUInt32LE(offset);
    if (end > bytes.length) {
      throw new MillraceError(
        'invalid-tensor',
        `Input ${quoted(name)} has ${bytes.length} bytes, which end inside element ${strings.length} of the ${count} that its shape calls for.`,
      );
    }
    strings.push(textElement(bytes.subarray(start, end), strings.length, name));
    offset = end;
  }
  if (offset < bytes.length) {
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(name)} has unexpected additional input data: its shape calls for ${count} elements, which end ${bytes.length - offset} bytes before its data does.`,
    );
  }
  return strings;
}

/** One BYTES element as text; throws `invalid-tensor` where it holds a NUL or is not UTF-8. */
export function textElement(bytes: Buffer, index: number, name: string): string {
  if (!isUtf8(bytes)) {
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(name)}: element ${index} is not valid UTF-8, and the runtime carries strings as UTF-8 only.`,
    );
  }
  if (bytes.includes(0)) throw nulElement(index, name);
  return bytes.toString();
}

/** The refusal of a BYTES element with a NUL, from binary or JSON. */
export function nulElement(index: number, name: string): MillraceError {
  return new MillraceError(
    'invalid-tensor',
    `Input ${quoted(name)}: element ${index} contains a NUL character, at which the runtime would cut the string off.`,
  );
}

/** The raw form of BYTES elements: for each a uint32 little-endian length and its UTF-8 bytes. */
export function encodeStrings(strings: readonly string[]): Buffer {
  let size = 0;
  for (const text of strings) size += 4 + Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(size);
  let offset = 0;
  for (const text of strings) {
    const written = bytes.write(text, offset + 4);
    bytes.writeUInt32LE(written, offset);
    offset += 4 + written;
  }
  return bytes;
}

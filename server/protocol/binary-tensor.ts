/**
 * Tensor elements from the raw bytes of a request, their size checked against the shape. What the bytes mean is
 * datatypes.ts.
 */
import { MillraceError } from '../base/errors.ts';
import { decodeStrings, elementBytes, viewElements } from './datatypes.ts';
import type { TensorData, TensorSpec } from './tensors.ts';
import { quoted, shapeText } from './wording.ts';

/** The raw tensors that follow the JSON of a request, without padding, in the order of its binary inputs. */
export class BinaryTail {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** The next `size` bytes, as a view; throws `invalid-tensor` where fewer are left. */
  take(size: number, name: string): Buffer {
    if (size > this.remaining) throw missingBytes(name, size - this.remaining);
    const start = this.#offset;
    this.#offset += size;
    return this.#bytes.subarray(start, this.#offset);
  }
}

/** The refusal of a tensor that ends too early. */
export function missingBytes(name: string, missing: number): MillraceError {
  return new MillraceError(
    'invalid-tensor',
    `Input ${quoted(name)} is incomplete: expecting ${missing} additional bytes of its data.`,
  );
}

/**
 * The `count` elements of `shape` in exactly these bytes: a view of them where they are aligned. Throws `invalid-tensor`
 * where the size is another, a BOOL is neither 0 nor 1, or a BYTES element is no text that the runtime can carry.
 */
export function readBinaryElements(
  bytes: Buffer,
  { name, datatype }: TensorSpec,
  shape: readonly number[],
  count: number,
): TensorData {
  if (datatype === 'BYTES') return decodeStrings(bytes, count, name);
  const expected = count * elementBytes(datatype);
  if (bytes.length !== expected) {
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(name)} has ${bytes.length} bytes of binary data, but ${datatype} of shape ${shapeText(shape)} is ${expected}.`,
    );
  }
  const wrong = datatype === 'BOOL' ? bytes.findIndex((element) => element > 1) : -1;
  if (wrong !== -1) {
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(name)}: element ${wrong} is the byte ${bytes[wrong]}, but BOOL takes 0 and 1.`,
    );
  }
  return viewElements(datatype, bytes);
}

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocateElements,
  countElements,
  decodeStrings,
  elementBytes,
  encodeStrings,
  isDatatype,
  MAX_ELEMENTS,
  rawElements,
  viewElements,
} from '../../server/protocol/datatypes.ts';
import type { Datatype } from '../../server/protocol/tensors.ts';
import { refusal } from './facts.ts';

const SIZES: readonly (readonly [Exclude<Datatype, 'BYTES'>, number])[] = [
  ['BOOL', 1],
  ['UINT8', 1],
  ['UINT16', 2],
  ['UINT32', 4],
  ['UINT64', 8],
  ['INT8', 1],
  ['INT16', 2],
  ['INT32', 4],
  ['INT64', 8],
  ['FP16', 2],
  ['FP32', 4],
  ['FP64', 8],
  ['BF16', 2],
];

describe('a datatype', () => {
  it.each(SIZES)('%s has elements of %i bytes in its array, its views and its raw form', (datatype, size) => {
    expect(elementBytes(datatype)).toBe(size);
    for (const count of [0, 1, 64, 5000]) {
      const data = allocateElements(datatype, count);
      expect([data.length, data.BYTES_PER_ELEMENT, data.byteOffset % size]).toEqual([count, size, 0]);
      expect(rawElements(data).byteLength).toBe(count * size);
    }
  });

  it('is known by its exact name only', () => {
    expect(isDatatype('FP32')).toBe(true);
    for (const other of ['fp32', 'STRING', 'toString', '__proto__', 32, undefined])
      expect(isDatatype(other)).toBe(false);
  });

  it.each(SIZES)('%s round-trips raw bytes from any offset', (datatype, size) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.nat(8), (elements, offset) => {
        const length = elements.length * size;
        const bytes = new Uint8Array(offset + length).subarray(offset);
        bytes.set(Array.from({ length }, (_, index) => (elements[index % elements.length]! + index) & 0xff));
        const data = viewElements(datatype, bytes);
        expect(data.length).toBe(elements.length);
        expect(Buffer.from(rawElements(data))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('views aligned bytes and copies misaligned ones', () => {
    const bytes = new Uint8Array(20);
    expect(viewElements('FP32', bytes.subarray(4, 12)).buffer).toBe(bytes.buffer);
    expect(viewElements('FP32', bytes.subarray(5, 13)).buffer).not.toBe(bytes.buffer);
  });

  it('reads little-endian', () => {
    expect(viewElements('UINT32', new Uint8Array([1, 2, 0, 0]))).toEqual(new Uint32Array([513]));
  });
});

describe('countElements', () => {
  it.each([
    [[], 1],
    [[0], 0],
    [[3, 0, 5], 0],
    [[2, 3, 4], 24],
    [[MAX_ELEMENTS], MAX_ELEMENTS],
  ])('%j has %i elements', (shape, count) => {
    expect(countElements(shape, 'x')).toBe(count);
  });

  it.each([
    [[MAX_ELEMENTS + 1]],
    [[65536, 65536]],
    [[0, 2 ** 40]],
    [[2 ** 40, 0]],
    [[2 ** 53 - 1, 2 ** 53 - 1, 2 ** 53 - 1]],
    [Array.from({ length: 1000 }, () => 2 ** 31 - 1)],
  ])('%j is refused as more than a tensor may have', (shape) => {
    const error = refusal(() => countElements(shape, 'x'));
    expect(error.code).toBe('invalid-tensor');
    expect(error.message).toMatch(/"x" has shape .* more than the 2147483647 elements/);
    expect(error.message.length).toBeLessThan(400);
  });
});

describe('raw BYTES elements', () => {
  const wellFormed = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));

  it('round-trip for any text without NUL', () => {
    fc.assert(
      fc.property(fc.array(wellFormed), (strings) => {
        expect(decodeStrings(encodeStrings(strings), strings.length, 'x')).toEqual(strings);
      }),
    );
  });

  it('are a little-endian length and that many bytes of UTF-8', () => {
    expect(encodeStrings(['a', '', '🏭'])).toEqual(
      Buffer.from([1, 0, 0, 0, 0x61, 0, 0, 0, 0, 4, 0, 0, 0, 0xf0, 0x9f, 0x8f, 0xad]),
    );
  });

  it.each([
    ['a NUL', Buffer.from([1, 0, 0, 0, 0]), 1, /element 0 contains a NUL character/],
    ['invalid UTF-8', Buffer.from([1, 0, 0, 0, 0xff]), 1, /element 0 is not valid UTF-8/],
    ['half a length', Buffer.from([1, 0]), 1, /2 bytes, which end inside element 0 of the 1/],
    ['a length beyond the end', Buffer.from([9, 0, 0, 0, 65]), 1, /5 bytes, which end inside element 0/],
    ['the largest length', Buffer.from([255, 255, 255, 255, 65]), 1, /end inside element 0/],
    ['an element too few', encodeStrings(['a']), 2, /5 bytes, which end inside element 1 of the 2/],
    ['an element too many', encodeStrings(['a', 'b']), 1, /unexpected additional input data.*5 bytes/],
    ['bytes where no element is', Buffer.from([0]), 0, /unexpected additional input data/],
  ])('with %s are refused', (_, bytes, count, message) => {
    const error = refusal(() => decodeStrings(bytes, count, 'x'));
    expect(error.code).toBe('invalid-tensor');
    expect(error.message).toMatch(message);
  });
});

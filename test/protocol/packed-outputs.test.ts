import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocateElements, rawElements } from '../../server/protocol/datatypes.ts';
import { cutEnd, maxPackedBytes, packOutputs, unpackOutputs } from '../../server/protocol/packed-outputs.ts';
import type { Datatype, Tensor } from '../../server/protocol/tensors.ts';
import { refusal, tensor } from './facts.ts';

const numeric: readonly Exclude<Datatype, 'BYTES'>[] = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BF16',
];

const anyTensor: fc.Arbitrary<Tensor> = fc
  .tuple(
    fc.string({ minLength: 1 }),
    fc.constantFrom<Datatype>(...numeric, 'BYTES'),
    fc.array(fc.nat(4), { maxLength: 4 }),
    fc.infiniteStream(fc.nat(255)),
    fc.infiniteStream(fc.string().filter((text) => !text.includes('\0') && text.isWellFormed())),
  )
  .map(([name, datatype, shape, bytes, texts]) => {
    const count = shape.reduce((product, dimension) => product * dimension, 1);
    if (datatype === 'BYTES') return tensor(name, datatype, shape, [...texts.take(count)]);
    const data = allocateElements(datatype, count);
    rawElements(data).set([...bytes.take(data.byteLength)]);
    return tensor(name, datatype, shape, data);
  });

describe('packed outputs', () => {
  it('come out as they went in, bit by bit', () => {
    fc.assert(
      fc.property(fc.array(anyTensor, { maxLength: 4 }), fc.string({ maxLength: 20 }), (outputs, version) => {
        const packed = packOutputs({ version, outputs })!;
        const read = unpackOutputs(packed);
        expect(read.version).toBe(version);
        expect(read.outputs.map(({ name, datatype, shape }) => [name, datatype, shape])).toEqual(
          outputs.map(({ name, datatype, shape }) => [name, datatype, shape]),
        );
        for (const [index, { data }] of read.outputs.entries()) {
          expect(Buffer.from(rawElements(data)).equals(rawElements(outputs[index]!.data))).toBe(true);
        }
      }),
    );
  });

  it('are refused whole where a byte is missing or too many', () => {
    const packed = packOutputs({ version: '', outputs: [tensor('y', 'FP32', [1, 2], Float32Array.of(1, 2))] })!;
    for (let length = 0; length < packed.length; length++) {
      expect(refusal(() => unpackOutputs(packed.subarray(0, length))).code).toBe('internal');
    }
    expect(refusal(() => unpackOutputs(Buffer.concat([packed, Buffer.of(0)]))).code).toBe('internal');
  });

  it('are not made where they are too large to be kept', () => {
    const fits = new Uint8Array(maxPackedBytes - 64);
    expect(packOutputs({ version: '', outputs: [tensor('y', 'UINT8', [fits.length], fits)] })).toBeDefined();
    const large = new Uint8Array(maxPackedBytes + 1);
    expect(packOutputs({ version: '', outputs: [tensor('y', 'UINT8', [large.length], large)] })).toBeUndefined();
    const texts = Array.from({ length: maxPackedBytes }, () => '');
    expect(packOutputs({ version: '', outputs: [tensor('y', 'BYTES', [texts.length], texts)] })).toBeUndefined();
  });
});

describe('pieces', () => {
  it('are cut where the end begins, wherever the pieces end', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 6 }), { maxLength: 6 });
    fc.assert(
      fc.property(pieces, fc.nat(30), (parts, number) => {
        const whole = Buffer.concat(parts);
        const bytes = Math.min(number, whole.length);
        const { front, end } = cutEnd(
          parts.map((part) => Buffer.from(part)),
          bytes,
        );
        expect(Buffer.concat(front).equals(whole.subarray(0, whole.length - bytes))).toBe(true);
        expect(Buffer.concat(end).equals(whole.subarray(whole.length - bytes))).toBe(true);
      }),
    );
  });

  it('that are too short are an error inside', () => {
    expect(refusal(() => cutEnd([Buffer.of(1)], 2)).code).toBe('internal');
  });
});

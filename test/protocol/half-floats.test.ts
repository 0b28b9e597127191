import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bf16ToNumber, fp16ToNumber, numberToBf16, numberToFp16 } from '../../server/protocol/half-floats.ts';

describe('half-precision floats', () => {
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
  ])('FP16 %i is %d', (bits, value) => {
    expect(fp16ToNumber(bits)).toBe(value);
    expect(numberToFp16(value)).toBe(bits);
  });

  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x3f80, 1],
    [0xc000, -2],
    [0x7f80, Infinity],
    [0xff80, -Infinity],
  ])('BF16 %i is %d', (bits, value) => {
    expect(bf16ToNumber(bits)).toBe(value);
    expect(numberToBf16(value)).toBe(bits);
  });

  it('keeps the bits of every value but the many forms of NaN', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), (bits) => {
        const half = fp16ToNumber(bits);
        if (Number.isNaN(half)) expect(fp16ToNumber(numberToFp16(half))).toBeNaN();
        else expect(numberToFp16(half)).toBe(bits);
        const brain = bf16ToNumber(bits);
        if (Number.isNaN(brain)) expect(bf16ToNumber(numberToBf16(brain))).toBeNaN();
        else expect(numberToBf16(brain)).toBe(bits);
      }),
    );
  });

  it('rounds to the nearest, ties to even', () => {
    expect(bf16ToNumber(numberToBf16(1 + 2 ** -8))).toBe(1);
    expect(bf16ToNumber(numberToBf16(1 + 3 * 2 ** -8))).toBe(1 + 2 ** -6);
    expect(fp16ToNumber(numberToFp16(2049))).toBe(2048);
    expect(fp16ToNumber(numberToFp16(65520))).toBe(Infinity);
  });
});

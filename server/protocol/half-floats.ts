/**
 * FP16 and BF16 are bit patterns in a Uint16Array everywhere in Millrace: a replica hides `Float16Array` from the runtime's
 * binding, which cannot read it, and JavaScript has no BF16. These four functions are the only ones that know the bits.
 */

/** `DataView`'s half-precision accessors, which this TypeScript library version does not declare yet. */
interface HalfView extends DataView {
  getFloat16(byteOffset: number): number;
  setFloat16(byteOffset: number, value: number): void;
}

const scratch = new DataView(new ArrayBuffer(4)) as HalfView;

/** The number that IEEE 754 binary16 bits stand for. */
export function fp16ToNumber(bits: number): number {
  scratch.setUint16(0, bits);
  return scratch.getFloat16(0);
}

/** Bits of the nearest binary16, ties to even; beyond 65519.99 an infinity. */
export function numberToFp16(value: number): number {
  scratch.setFloat16(0, value);
  return scratch.getUint16(0);
}

/** The number that BF16 bits (the upper half of a float32) stand for. */
export function bf16ToNumber(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** Bits of the nearest BF16, ties to even; NaN stays NaN. */
export function numberToBf16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

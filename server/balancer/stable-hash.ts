/**
 * A 64-bit hash of text that is the same in every process and on every machine: FNV-1a, then the splitmix64 finaliser.
 *
 * FNV-1a alone is badly biased on short names that differ in their last byte (four candidates r1..r4 over 10,000 keys
 * got 5000, 2500, 1251 and 1249); the finaliser evens it out. Spreads load; resists no attacker. Computed in two unsigned
 * 32-bit halves, because it runs once per candidate and pick and a BigInt there costs more than the pick.
 * Sources: Fowler, Noll, Vo (RFC 9923); Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).
 */

const offsetHigh = 0xcbf29ce4;
const offsetLow = 0x84222325;
/** The FNV prime is 2^40 + 0x1b3. */
const primeLow = 0x1b3;
const two32 = 2 ** 32;
const largestBelowOne = 1 - Number.EPSILON / 2;

/** A hash in progress. Methods that add return it, so that calls chain. */
export class StableHash {
  #high = offsetHigh;
  #low = offsetLow;

  restart(): this {
    this.#high = offsetHigh;
    this.#low = offsetLow;
    return this;
  }

  /** Takes over what `other` has hashed so far; `other` stays as it is. */
  continueFrom(other: StableHash): this {
    this.#high = other.#high;
    this.#low = other.#low;
    return this;
  }

  addByte(byte: number): this {
    const low = (this.#low ^ byte) >>> 0;
    const product = low * primeLow;
    const carry = Math.floor(product / two32);
    this.#high = (Math.imul(this.#high, primeLow) + (low << 8) + carry) >>> 0;
    this.#low = product >>> 0;
    return this;
  }

  /** The UTF-8 bytes of `text`. */
  addText(text: string): this {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        for (const byte of Buffer.from(text.slice(i))) this.addByte(byte);
        return this;
      }
      this.addByte(code);
    }
    return this;
  }

  /** Applies the finaliser in place. What follows can only be read, or begun anew. */
  finish(): this {
    this.#xorShiftRight(30);
    this.#multiply(0xbf58476d, 0x1ce4e5b9);
    this.#xorShiftRight(27);
    this.#multiply(0x94d049bb, 0x133111eb);
    this.#xorShiftRight(31);
    return this;
  }

  /** The hash as one number: FNV-1a before `finish`, the finished hash after it. */
  value(): bigint {
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  /** (value + 1) / (2^64 + 1) as a double, kept strictly between 0 and 1 so that its logarithm is finite and not 0. */
  unitInterval(): number {
    return Math.min((this.#high + (this.#low + 1) / two32) / two32, largestBelowOne);
  }

  /** value ^= value >> bits, 0 < bits < 32. */
  #xorShiftRight(bits: number): void {
    this.#low = (this.#low ^ ((this.#low >>> bits) | (this.#high << (32 - bits)))) >>> 0;
    this.#high = (this.#high ^ (this.#high >>> bits)) >>> 0;
  }

  /** value = value × factor mod 2^64. */
  #multiply(high: number, low: number): void {
    this.#high = (upperHalf(this.#low, low) + Math.imul(this.#high, low) + Math.imul(this.#low, high)) >>> 0;
    this.#low = Math.imul(this.#low, low) >>> 0;
  }
}

/** Upper 32 bits of the product of two unsigned 32-bit integers, in steps that a double holds exactly. */
function upperHalf(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const lower = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + (middle >>> 16) + (lower >>> 16);
}

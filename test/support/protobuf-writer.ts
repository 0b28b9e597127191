/**
 * Writes the protobuf wire format: as much of it as ONNX files need. No schema and no reading.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */

const WIRE_VARINT = 0;
const WIRE_LENGTH_DELIMITED = 2;
const WIRE_FIXED32 = 5;

const utf8 = new TextEncoder();

/** One message. Fields are written in the order of the calls; a nested message is a writer handed to `message`. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];

  /** int32, int64, uint64, bool and enum. Negative numbers take ten bytes, as the format says. */
  varint(field: number, value: number | bigint): this {
    return this.#tag(field, WIRE_VARINT).#add(encodeVarint(value));
  }

  /** A 32-bit float outside a packed list. */
  float(field: number, value: number): this {
    return this.#tag(field, WIRE_FIXED32).#add(littleEndianFloats([value]));
  }

  string(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  /** The bytes are kept, not copied, until `finish`. */
  bytes(field: number, value: Uint8Array): this {
    return this.#tag(field, WIRE_LENGTH_DELIMITED).#add(encodeVarint(value.byteLength)).#add(value);
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish());
  }

  packedVarints(field: number, values: readonly (number | bigint)[]): this {
    return this.bytes(field, concatenate(values.map(encodeVarint)));
  }

  packedFloats(field: number, values: ArrayLike<number>): this {
    return this.bytes(field, littleEndianFloats(values));
  }

  /** All that was written so far. */
  finish(): Uint8Array<ArrayBuffer> {
    return concatenate(this.#parts);
  }

  #tag(field: number, wireType: number): this {
    return this.#add(encodeVarint(field * 8 + wireType));
  }

  #add(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }
}

function encodeVarint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function littleEndianFloats(values: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (let index = 0; index < values.length; index += 1) view.setFloat32(index * 4, values[index]!, true);
  return new Uint8Array(view.buffer);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

/**
 * A model's outputs as bytes: how a replica hands them to the host beside the encoded answer, and how the prediction cache
 * keeps them. Any form of answer can be written from them again.
 *
 *   version length u8, version · count u16 · per tensor:
 *     name length u16, name · datatype u8 · rank u8 · dimensions u32 … · bytes u32 · the raw little-endian elements
 *
 * `version` is what a remote server calls the model's version; empty for a local one. A change of this layout is a change of
 * `packedFormat`, which is part of every cache key: what an older Millrace has stored is then never found.
 */
import { MillraceError } from '../base/errors.ts';
import { decodeStrings, elementBytes, rawElements, viewElements } from './datatypes.ts';
import { datatypes } from './tensors.ts';
import type { Tensor } from './tensors.ts';

export const packedFormat = 1;

/** Outputs above this are not kept, bytes: reading them back from disk costs as much as many models' run. */
export const maxPackedBytes = 256 * 1024;

export interface PackedOutputs {
  /** Empty where the version is the model's own. */
  readonly version: string;
  readonly outputs: readonly Tensor[];
}

/** Undefined where the outputs are larger than {@link maxPackedBytes}. Copies the elements. */
export function packOutputs({ version, outputs }: PackedOutputs): Buffer | undefined {
  const parts = outputs.map(({ name, datatype, shape, data }) => {
    // Long texts are measured before they are encoded: a gigabyte of them must not be copied to find that it is too much.
    if (Array.isArray(data) && data.length * 4 > maxPackedBytes) return undefined;
    return { name: Buffer.from(name), code: datatypes.indexOf(datatype), shape, raw: rawElements(data) };
  });
  const versionBytes = Buffer.from(version);
  let size = 1 + versionBytes.length + 2;
  for (const part of parts) {
    if (part === undefined) return undefined;
    size += 2 + part.name.length + 2 + part.shape.length * 4 + 4 + part.raw.byteLength;
    if (size > maxPackedBytes || part.shape.length > 255 || part.name.length > 65_535) return undefined;
  }
  if (versionBytes.length > 255) return undefined;
  const packed = Buffer.allocUnsafe(size);
  let at = packed.writeUInt8(versionBytes.length, 0);
  at += versionBytes.copy(packed, at);
  at = packed.writeUInt16LE(parts.length, at);
  for (const part of parts) {
    const { name, code, shape, raw } = part!;
    at = packed.writeUInt16LE(name.length, at);
    at += name.copy(packed, at);
    at = packed.writeUInt8(code, at);
    at = packed.writeUInt8(shape.length, at);
    for (const dimension of shape) at = packed.writeUInt32LE(dimension, at);
    at = packed.writeUInt32LE(raw.byteLength, at);
    packed.set(raw, at);
    at += raw.byteLength;
  }
  return packed;
}

/**
 * The outputs in these bytes; numeric data may be views of them. Throws where the bytes are not exactly what
 * {@link packOutputs} makes: a stored entry may have been damaged.
 */
export function unpackOutputs(packed: Buffer): PackedOutputs {
  try {
    const reader = new Reader(packed);
    const version = reader.text(reader.take(1).readUInt8());
    const outputs = Array.from({ length: reader.take(2).readUInt16LE() }, () => readTensor(reader));
    if (reader.left > 0) throw new Error(`${reader.left} bytes are left over`);
    return { version, outputs };
  } catch (cause) {
    throw new MillraceError('internal', 'Stored outputs are damaged.', { cause });
  }
}

function readTensor(reader: Reader): Tensor {
  const name = reader.text(reader.take(2).readUInt16LE());
  const datatype = datatypes[reader.take(1).readUInt8()];
  if (datatype === undefined) throw new Error('an unknown datatype');
  const shape = Array.from({ length: reader.take(1).readUInt8() }, () => reader.take(4).readUInt32LE());
  const raw = reader.take(reader.take(4).readUInt32LE());
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  if (datatype === 'BYTES') return { name, datatype, shape, data: decodeStrings(raw, count, name) };
  if (raw.length !== count * elementBytes(datatype)) throw new Error('a size that is not its shape’s');
  return { name, datatype, shape, data: viewElements(datatype, raw) };
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(bytes: number): Buffer {
    if (bytes > this.left) throw new Error('an early end');
    this.#at += bytes;
    return this.#bytes.subarray(this.#at - bytes, this.#at);
  }

  text(bytes: number): string {
    return this.take(bytes).toString();
  }
}

/** What a replica sent, cut where the answer ends and its outputs begin; undefined outputs where it sent none. */
export function splitOutputs(
  pieces: readonly Buffer[],
  outputsBytes: number,
): { readonly body: readonly Buffer[]; readonly outputs: readonly Buffer[] | undefined } {
  if (outputsBytes === 0) return { body: pieces, outputs: undefined };
  const { front, end } = cutEnd(pieces, outputsBytes);
  return { body: front, outputs: end };
}

/** Pieces cut in two, the last `bytes` bytes apart. Views: nothing is copied. */
export function cutEnd(pieces: readonly Buffer[], bytes: number): { readonly front: Buffer[]; readonly end: Buffer[] } {
  const front = [...pieces];
  const end: Buffer[] = [];
  for (let missing = bytes; missing > 0;) {
    const last = front.pop();
    if (last === undefined) throw new MillraceError('internal', `The pieces are ${missing} bytes too short.`);
    if (last.length > missing) front.push(last.subarray(0, last.length - missing));
    end.unshift(last.subarray(Math.max(0, last.length - missing)));
    missing -= end[0]!.length;
  }
  return { front, end };
}

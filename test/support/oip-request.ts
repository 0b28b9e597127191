/** Bodies of the Open Inference Protocol, put together and taken apart without any of the server's code. */
import type { HttpAnswer } from './test-host.ts';

export const lengthHeader = 'Inference-Header-Content-Length';

export interface OipTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data?: readonly unknown[];
  readonly parameters?: { readonly binary_data_size?: number };
}

export interface OipAnswer {
  readonly id?: string;
  readonly model_name: string;
  readonly model_version: string;
  readonly outputs: readonly OipTensor[];
}

/** JSON, then the raw tensors; with the header that says where they begin. */
export function binaryRequest(
  json: unknown,
  ...raw: readonly Uint8Array[]
): { readonly headers: Record<string, string>; readonly body: Buffer } {
  const text = Buffer.from(JSON.stringify(json));
  return { headers: { [lengthHeader]: String(text.length) }, body: Buffer.concat([text, ...raw]) };
}

/** A float32 tensor as raw bytes. */
export function float32Bytes(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes;
}

/** BYTES elements as the extension writes them. */
export function stringBytes(...texts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const element = Buffer.from(text as string);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(element.length);
      return [length, element];
    }),
  );
}

/** The JSON of an answer and the raw bytes of each of its binary outputs, by name. Throws where the lengths do not add up. */
export function readAnswer(answer: Pick<HttpAnswer, 'headers' | 'body'>): {
  readonly json: OipAnswer;
  readonly raw: ReadonlyMap<string, Buffer>;
} {
  const jsonLength = answer.headers[lengthHeader.toLowerCase()];
  const split = jsonLength === undefined ? answer.body.length : Number(jsonLength);
  const json = JSON.parse(answer.body.subarray(0, split).toString()) as OipAnswer;
  const raw = new Map<string, Buffer>();
  let offset = split;
  for (const { name, parameters } of json.outputs) {
    const size = parameters?.binary_data_size;
    if (size === undefined) continue;
    raw.set(name, answer.body.subarray(offset, offset + size));
    offset += size;
  }
  if (offset !== answer.body.length) throw new Error(`${answer.body.length - offset} bytes are left in the answer.`);
  return { json, raw };
}

export function readFloat32s(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}

export function readInt64s(bytes: Buffer): bigint[] {
  return Array.from({ length: bytes.length / 8 }, (_, index) => bytes.readBigInt64LE(index * 8));
}

export function readStrings(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    texts.push(bytes.subarray(at + 4, end).toString());
    at = end;
  }
  return texts;
}

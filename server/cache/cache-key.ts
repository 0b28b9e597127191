/**
 * The key of a saved answer: which requests are the same request. Pure.
 *
 * Two requests share a key exactly where the same model contents would compute the same outputs for them. The form does not
 * count: JSON or binary, order of inputs, spaces, the request's id, how the answer is to be written. What counts is
 * length-prefixed or written as JSON, so that no two different requests can spell the same bytes.
 */
import { hash } from 'node:crypto';
import { rawElements } from '../protocol/datatypes.ts';
import { packedFormat } from '../protocol/packed-outputs.ts';
import type { Parameters } from '../protocol/request-parameters.ts';
import type { Tensor } from '../protocol/tensors.ts';

export interface KeyedRequest {
  /** Of the model's contents: a new version of the model never finds what the old one answered. */
  readonly digest: string;
  /** Whose answers these are; requests of different partitions never meet. Empty: everybody's. */
  readonly partition: string;
  readonly inputs: readonly Tensor[];
  /** Which outputs, and of which a classification is wanted. */
  readonly outputs: readonly { readonly name: string; readonly classification: number }[];
  readonly parameters: Parameters;
}

/** Parameters of a request that say how or when it is answered, never what. */
const formParameters: ReadonlySet<string> = new Set([
  'binary_data_output',
  'priority',
  'timeout',
  'sequence_id',
  'sequence_start',
  'sequence_end',
]);

/**
 * 64 hexadecimal digits, evenly spread. Numbers are compared by their bits: 0 and -0 are different inputs, as are NaNs with
 * different bits; the model might tell them apart.
 */
export function cacheKey({ digest, partition, inputs, outputs, parameters }: KeyedRequest): string {
  const sorted = inputs.length === 1 ? inputs : inputs.toSorted(byName);
  let head = `${packedFormat} ${counted(digest)}${counted(partition)}`;
  let rawBytes = 0;
  const raw: Uint8Array[] = [];
  for (const { name, datatype, shape, data } of sorted) {
    const bytes = rawElements(data);
    raw.push(bytes);
    rawBytes += bytes.byteLength;
    head += `${counted(name)}${datatype} ${shape.join()} ${bytes.byteLength} `;
  }
  head += '→';
  for (const { name, classification } of outputs.length === 1 ? outputs : outputs.toSorted(byName))
    head += `${counted(name)}${classification} `;
  head += answerParameters(parameters);
  const bytes = Buffer.allocUnsafe(4 + head.length * maxUtf8Bytes + rawBytes);
  let at = 4 + bytes.write(head, 4);
  bytes.writeUInt32LE(at, 0);
  for (const part of raw) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return hash('sha256', bytes.subarray(0, at), 'hex');
}

/** Of one UTF-16 unit. */
const maxUtf8Bytes = 3;

/** A text that cannot be mistaken for its neighbours. */
function counted(text: string): string {
  return `${text.length}:${text} `;
}

function answerParameters(parameters: Parameters): string {
  let text = '';
  for (const name of Object.keys(parameters).sort()) {
    if (formParameters.has(name)) continue;
    const value = parameters[name]!;
    text += `${counted(name)}${typeof value} ${counted(Object.is(value, -0) ? '-0' : String(value))}`;
  }
  return text;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

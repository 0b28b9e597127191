/** Reads a remote server's answer to `GET /v2/models/<model>`: the model's inputs and outputs. Pure. */
import { isDatatype } from '../protocol/datatypes.ts';
import type { Signature, TensorSpec } from '../protocol/tensors.ts';

/** More tensors or dimensions than any model has: what is shown to users stays readable. */
const maxTensors = 1024;
const maxDimensions = 64;

/**
 * The signature; undefined where the document is not one, which costs the model its description and nothing else: the server
 * checks its inputs itself.
 */
export function parseRemoteMetadata(text: string): Signature | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { inputs, outputs } = (raw ?? {}) as { inputs?: unknown; outputs?: unknown };
  const signature = { inputs: parseTensors(inputs), outputs: parseTensors(outputs) };
  if (signature.inputs === undefined || signature.outputs === undefined) return undefined;
  return { inputs: signature.inputs, outputs: signature.outputs };
}

function parseTensors(raw: unknown): TensorSpec[] | undefined {
  if (!Array.isArray(raw) || raw.length === 0 || raw.length > maxTensors) return undefined;
  const tensors: TensorSpec[] = [];
  for (const item of raw as unknown[]) {
    const { name, datatype, shape } = (item ?? {}) as Record<string, unknown>;
    if (typeof name !== 'string' || !isDatatype(datatype)) return undefined;
    if (!Array.isArray(shape) || shape.length > maxDimensions || !shape.every(isDimension)) return undefined;
    tensors.push({ name, datatype, shape: shape as number[] });
  }
  return tensors;
}

function isDimension(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= -1;
}

/**
 * A request as the cache sees it: read into tensors, and how to write a saved answer in the form that it asks for. The same
 * readers and writers as in the replica, so that a saved answer cannot be told from a computed one.
 */
import type { Answer, CallRequest } from '../balancer/call.ts';
import { joined } from '../protocol/frames.ts';
import { parseJsonDocument } from '../protocol/json-document.ts';
import { readInferAnswer } from '../protocol/oip-answer.ts';
import { parseInferRequest } from '../protocol/oip-request.ts';
import type { InferRequest } from '../protocol/oip-request.ts';
import { encodeInferResponse } from '../protocol/oip-response.ts';
import { packOutputs, unpackOutputs } from '../protocol/packed-outputs.ts';
import { parsePredictBody } from '../protocol/predict-body.ts';
import type { PredictRequest } from '../protocol/predict-request.ts';
import { encodePredictResponse } from '../protocol/predict-response.ts';
import type { ModelFacts } from '../protocol/tensors.ts';

export type ReadRequest =
  | { readonly kind: 'oip'; readonly request: InferRequest }
  | { readonly kind: 'predict'; readonly request: PredictRequest };

export type SavableRequest = ReadRequest & {
  readonly key: string;
  /** As it was when the request came. */
  readonly model: ModelFacts;
};

/** Undefined where the body is not a request that the model takes, or, with other servers, not one that is safe to compare. */
export function readSavable(
  call: CallRequest,
  body: Buffer,
  model: ModelFacts,
  hasRemotes: boolean,
): ReadRequest | undefined {
  try {
    if (call.kind === 'predict') {
      return { kind: 'predict', request: parsePredictBody(body, call.form ?? 'json', model) };
    }
    const request = parseInferRequest(body, call.jsonLength, model);
    if (hasRemotes && !isPlain(body.subarray(0, call.jsonLength), request, call.jsonLength)) return undefined;
    return { kind: 'oip', request };
  } catch {
    return undefined;
  }
}

export interface EncodedAnswer {
  readonly chunks: readonly Buffer[];
  readonly jsonLength: number | undefined;
}

/** The answer in bytes. Throws as the writers do, and `internal` where the outputs are damaged. */
export function encodeSaved({ kind, request, model }: SavableRequest, packed: Buffer, totalMs: number): EncodedAnswer {
  const { version, outputs } = unpackOutputs(packed);
  const facts = version === '' ? model : { ...model, version };
  if (kind === 'predict') {
    const time = { queueMs: 0, inferenceMs: 0, totalMs };
    return { chunks: [encodePredictResponse(request, facts, outputs, time)], jsonLength: undefined };
  }
  const { chunks, jsonLength } = encodeInferResponse(request, facts, outputs);
  return {
    chunks: chunks.map((chunk) => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
    jsonLength,
  };
}

/** The outputs of an answer as they are kept; undefined where it is no success or cannot be kept. */
export function packedAnswer(answer: Answer, { request }: SavableRequest): Buffer | undefined {
  // A copy in one piece: what was received is a view of a buffer many times its size.
  if (answer.type === 'result') return answer.outputs === undefined ? undefined : Buffer.concat(answer.outputs);
  if (answer.type === 'saved' || answer.status !== 200) return undefined;
  const read = readInferAnswer(joined(answer.body), jsonLengthOf(answer.headers));
  if (read === undefined) return undefined;
  const isWhole = request.outputs.every(({ name }) => read.outputs.some((output) => output.name === name));
  return isWhole && read.outputs.length === request.outputs.length ? packOutputs(read) : undefined;
}

function jsonLengthOf(headers: readonly string[]): number | undefined {
  const at = headers.indexOf('Inference-Header-Content-Length');
  return at === -1 ? undefined : Number(headers[at + 1]);
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Whether the request holds nothing but what the key covers. A local model ignores the rest; another server may not.
 * A classification is its server's to make, with its own labels.
 */
function isPlain(json: Buffer, request: InferRequest, jsonLength: number | undefined): boolean {
  if (jsonLength === 0 || request.outputs.some(({ classification }) => classification > 0)) return false;
  const document = parseJsonDocument(json) as {
    readonly inputs: readonly JsonObject[];
    readonly outputs?: readonly JsonObject[];
  };
  const { inputs, outputs = [] } = document;
  return (
    hasOnly(document as unknown as JsonObject, ['id', 'inputs', 'outputs', 'parameters']) &&
    inputs.every((input) => hasOnly(input, ['name', 'shape', 'datatype', 'data', 'parameters'])) &&
    inputs.every(({ parameters = {} }) => hasOnly(parameters as JsonObject, ['binary_data_size'])) &&
    outputs.every((output) => hasOnly(output, ['name', 'parameters'])) &&
    outputs.every(({ parameters = {} }) => hasOnly(parameters as JsonObject, ['binary_data', 'classification']))
  );
}

function hasOnly(object: JsonObject, known: readonly string[]): boolean {
  return Object.keys(object).every((key) => known.includes(key));
}

/**
 * Open Inference Protocol v2: the model's outputs as the answer to one request, as JSON or as JSON followed by raw tensors,
 * output by output as the request asked. Runs in the replica, on the path of every request.
 */
import { assert } from '../base/assert.ts';
import { MillraceError } from '../base/errors.ts';
import { classify } from './classification.ts';
import { rawElements } from './datatypes.ts';
import { writeJsonElements } from './json-tensor.ts';
import type { InferRequest } from './oip-request.ts';
import type { ModelFacts, Tensor } from './tensors.ts';
import { quoted } from './wording.ts';

export interface EncodedResponse {
  /** The JSON text, then the raw tensors in the order of the outputs that are binary (views of the outputs' memory). */
  readonly chunks: Uint8Array[];
  /** Bytes of JSON where raw tensors follow it (`Inference-Header-Content-Length`); undefined for plain JSON. */
  readonly jsonLength: number | undefined;
}

/**
 * The answer with its keys in Triton's order. `outputs` holds at least the outputs that the request asked for, in any order.
 *
 * Throws `invalid-request` for FP16 or BF16 asked for as JSON and for a classification of what is not numbers,
 * `response-too-large` where the JSON text would not fit in a string.
 */
export function encodeInferResponse(
  request: InferRequest,
  model: ModelFacts,
  outputs: readonly Tensor[],
): EncodedResponse {
  const raw: Uint8Array[] = [];
  let json = request.id === undefined ? '{' : `{"id":${JSON.stringify(request.id)},`;
  json += `"model_name":${JSON.stringify(model.name)},"model_version":${JSON.stringify(model.version)},"outputs":[`;
  for (const [index, wish] of request.outputs.entries()) {
    const output = outputs.find((tensor) => tensor.name === wish.name);
    assert(output !== undefined, `output ${wish.name} was asked for and not computed`);
    const tensor = wish.classification > 0 ? classify(output, wish.classification, model) : output;
    json += index === 0 ? '{' : ',{';
    json += `"name":${JSON.stringify(tensor.name)},"datatype":"${tensor.datatype}","shape":[${tensor.shape.join(',')}],`;
    if (wish.binary) {
      const bytes = rawElements(tensor.data);
      raw.push(bytes);
      json += `"parameters":{"binary_data_size":${bytes.byteLength}}}`;
    } else {
      refuseHalfFloats(tensor);
      json += `"data":${writeJsonElements(tensor)}}`;
    }
  }
  const head = Buffer.from(`${json}]}`);
  return { chunks: [head, ...raw], jsonLength: raw.length === 0 ? undefined : head.length };
}

function refuseHalfFloats({ name, datatype }: Tensor): void {
  if (datatype !== 'FP16' && datatype !== 'BF16') return;
  throw new MillraceError(
    'invalid-request',
    `Output ${quoted(name)} is ${datatype}, which JSON cannot carry: ask for it with the binary tensor data extension ("binary_data": true).`,
  );
}

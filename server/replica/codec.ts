/**
 * From a frame's bytes to tensors and back: picks the wire format by the call's kind. The formats are in protocol/.
 */
import type { CallHead } from '../protocol/control.ts';
import { parseInferRequest } from '../protocol/oip-request.ts';
import type { InferRequest } from '../protocol/oip-request.ts';
import { encodeInferResponse } from '../protocol/oip-response.ts';
import type { EncodedResponse } from '../protocol/oip-response.ts';
import { packOutputs } from '../protocol/packed-outputs.ts';
import { parsePredictRequest } from '../protocol/predict-request.ts';
import { encodePredictResponse } from '../protocol/predict-response.ts';
import type { PredictTime } from '../protocol/predict-response.ts';
import type { ModelFacts, Tensor } from '../protocol/tensors.ts';

export interface DecodedCall {
  /** In the signature's order, checked against it. */
  readonly inputs: readonly Tensor[];
  readonly rows: number;
  encode(outputs: readonly Tensor[], time: PredictTime): EncodedResponse;
  /** What the answer is made from, for the cache; undefined where it is too large to be kept. */
  pack(outputs: readonly Tensor[]): Uint8Array | undefined;
}

/** Throws a MillraceError with a client's code when the body is not what the model takes. */
export function decodeCall(head: CallHead, body: Buffer, model: ModelFacts): DecodedCall {
  if (head.kind === 'predict') {
    const request = parsePredictRequest(body, model);
    return {
      inputs: request.inputs,
      rows: request.rows,
      encode: (outputs, time) => ({
        chunks: [encodePredictResponse(request, model, outputs, time)],
        jsonLength: undefined,
      }),
      pack: (outputs) => packAsked(request, outputs),
    };
  }
  const request = parseInferRequest(body, head.jsonLength, model);
  return {
    inputs: request.inputs,
    rows: request.rows,
    encode: (outputs) => encodeInferResponse(request, model, outputs),
    pack: (outputs) => packAsked(request, outputs),
  };
}

/** The outputs that were asked for: the others are not in the key under which these are kept. */
function packAsked(request: InferRequest, outputs: readonly Tensor[]): Uint8Array | undefined {
  const asked = outputs.filter(({ name }) => request.outputs.some((output) => output.name === name));
  return packOutputs({ version: '', outputs: asked });
}

/**
 * From a frame's bytes to tensors and back: picks the wire format by the call's kind. The formats are in protocol/.
 */
import type { CallHead } from '../protocol/control.ts';
import { parseInferRequest } from '../protocol/oip-request.ts';
import type { InferRequest } from '../protocol/oip-request.ts';
import { isEncoded } from '../protocol/encoded-images.ts';
import { encodeInferResponse } from '../protocol/oip-response.ts';
import type { EncodedResponse } from '../protocol/oip-response.ts';
import { packOutputs } from '../protocol/packed-outputs.ts';
import { parsePredictBody } from '../protocol/predict-body.ts';
import { encodePredictResponse } from '../protocol/predict-response.ts';
import type { PredictTime } from '../protocol/predict-response.ts';
import type { ModelFacts, Tensor } from '../protocol/tensors.ts';

export interface DecodedCall {
  /** In the signature's order, checked against it. */
  readonly inputs: readonly Tensor[];
  readonly rows: number;
  /** Set where pictures are still to be decoded: resolves to the inputs to run. Throws a MillraceError with a client's code. */
  readonly prepare: (() => Promise<readonly Tensor[]>) | undefined;
  encode(outputs: readonly Tensor[], time: PredictTime): EncodedResponse;
  /** What the answer is made from, for the cache; undefined where it is too large to be kept. */
  pack(outputs: readonly Tensor[]): Uint8Array | undefined;
}

/** Throws a MillraceError with a client's code when the body is not what the model takes. */
export function decodeCall(head: CallHead, body: Buffer, model: ModelFacts): DecodedCall {
  if (head.kind === 'predict') {
    const request = parsePredictBody(body, head.form ?? 'json', model);
    return {
      inputs: request.inputs,
      rows: request.rows,
      prepare: preparation(request.inputs, model),
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
    prepare: preparation(request.inputs, model),
    encode: (outputs) => encodeInferResponse(request, model, outputs),
    pack: (outputs) => packAsked(request, outputs),
  };
}

function preparation(inputs: readonly Tensor[], model: ModelFacts): (() => Promise<readonly Tensor[]>) | undefined {
  if (model.recipe === undefined || !inputs.some(isEncoded)) return undefined;
  return async () => {
    // The decoder is a library of its own and loaded by the first picture: most models never see one.
    const { decodeImages } = await import('./image-tensors.ts');
    return Promise.all(inputs.map((input) => (isEncoded(input) ? decodeImages(input) : input)));
  };
}

/** The outputs that were asked for: the others are not in the key under which these are kept. */
function packAsked(request: InferRequest, outputs: readonly Tensor[]): Uint8Array | undefined {
  const asked = outputs.filter(({ name }) => request.outputs.some((output) => output.name === name));
  return packOutputs({ version: '', outputs: asked });
}

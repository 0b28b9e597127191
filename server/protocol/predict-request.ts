/** `/predict` for people: features by name or as plain arrays. (Being written.) */
import type { InferRequest } from './oip-request.ts';
import type { ModelFacts } from './tensors.ts';

export interface PredictRequest extends InferRequest {
  /** True where one row was sent without a batch dimension, so that the answer is one `prediction`. */
  readonly single: boolean;
}

export function parsePredictRequest(_body: Buffer, _model: ModelFacts): PredictRequest {
  throw new Error('not written yet');
}

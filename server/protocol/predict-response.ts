/** `/predict` for people: the answer. (Being written.) */
import type { PredictRequest } from './predict-request.ts';
import type { ModelFacts, Tensor } from './tensors.ts';

export interface PredictTime {
  readonly queueMs: number;
  readonly inferenceMs: number;
  readonly totalMs: number;
}

export function encodePredictResponse(
  _request: PredictRequest,
  _model: ModelFacts,
  _outputs: readonly Tensor[],
  _time: PredictTime,
): Buffer {
  throw new Error('not written yet');
}

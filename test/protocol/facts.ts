/** Model facts as a loaded model would give them, and the refusal that a call ends in. */
import { MillraceError } from '../../server/base/errors.ts';
import type { Datatype, ModelFacts, Tensor, TensorData, TensorSpec } from '../../server/protocol/tensors.ts';

/** Facts of a batching model named `iris`, version 1, without labels and feature names, changed by `changes`. */
export function facts(
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[] = [],
  changes: Partial<ModelFacts> = {},
): ModelFacts {
  return {
    name: 'iris',
    version: '1',
    signature: { inputs, outputs },
    maxBatchSize: 64,
    labels: undefined,
    featureNames: undefined,
    ...changes,
  };
}

export function spec(name: string, datatype: Datatype, shape: readonly number[]): TensorSpec {
  return { name, datatype, shape };
}

export function tensor(name: string, datatype: Datatype, shape: readonly number[], data: TensorData): Tensor {
  return { name, datatype, shape, data };
}

/** A request body: the JSON text of a value, or the text itself where `NaN` and big integers have to stand in it. */
export function body(document: unknown): Buffer {
  return Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
}

/** The coded error that `run` throws; fails where it throws none or another kind. */
export function refusal(run: () => unknown): MillraceError {
  try {
    run();
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error('expected a refusal, but the call returned');
}

/** The codes that say that the client's request is at fault. */
export const CLIENT_CODES = ['invalid-json', 'invalid-request', 'invalid-tensor', 'unsupported'];

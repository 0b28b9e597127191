/** A runtime session that computes in JavaScript: y = x·2 row by row, with switches for what real models do wrong. */
import { MillraceError } from '../../server/base/errors.ts';
import type { ModelFacts, Tensor } from '../../server/protocol/tensors.ts';
import type { RuntimeSession } from '../../server/replica/session.ts';

export class FakeSession implements RuntimeSession {
  readonly signature = {
    inputs: [{ name: 'x', datatype: 'FP32' as const, shape: [-1, 2] }],
    outputs: [{ name: 'y', datatype: 'FP32' as const, shape: [-1, 2] }],
  };
  readonly firstDimensions: readonly (string | undefined)[] = ['batch'];
  readonly skippedOutputs: readonly string[] = [];
  /** Rows of each run so far. */
  readonly runs: number[] = [];
  /** A run that holds this value throws, as a bad index does. */
  throwsOn: number | undefined;
  /** Adds the mean over all rows, so that rows change each other. */
  mixesRows = false;
  /** Held back until the test lets it go; undefined runs at once. */
  gate: Promise<void> | undefined;

  async run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    const [x] = inputs;
    const values = x!.data as Float32Array;
    this.runs.push(x!.shape[0]!);
    await this.gate;
    if (this.throwsOn !== undefined && values.includes(this.throwsOn)) {
      throw new MillraceError('inference-failed', 'The model could not compute this request.');
    }
    const mean = this.mixesRows ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;
    return [{ name: 'y', datatype: 'FP32', shape: x!.shape, data: values.map((value) => value * 2 + mean) }];
  }

  facts(maxBatchSize: number): ModelFacts {
    return {
      name: 'fake',
      version: '1',
      signature: this.signature,
      maxBatchSize,
      labels: undefined,
      featureNames: undefined,
    };
  }
}

import { describe, expect, it } from 'vitest';
import { diffSignatures } from '../../server/models/signature-diff.ts';
import type { Signature, TensorSpec } from '../../server/protocol/tensors.ts';

const spec = (name: string, datatype: TensorSpec['datatype'], ...shape: number[]): TensorSpec => ({
  name,
  datatype,
  shape,
});
const signature = (inputs: TensorSpec[], outputs: TensorSpec[]): Signature => ({ inputs, outputs });
const x = spec('x', 'FP32', -1, 4);
const y = spec('y', 'FP32', -1, 3);
const base = signature([x], [y]);

describe('diffSignatures', () => {
  it('is empty for equal signatures, whatever the order', () => {
    const z = spec('z', 'INT64', -1);
    expect(diffSignatures(signature([x, z], [y]), signature([z, x], [y]))).toEqual([]);
  });

  it.each<[string, Signature, string, boolean]>([
    ['an input that is gone', signature([], [y]), 'input x is gone', true],
    ['an output that is gone', signature([x], []), 'output y is gone', true],
    ['an input more', signature([x, spec('z', 'INT64', 1)], [y]), 'input z INT64 [1] is new', true],
    ['an output more', signature([x], [y, spec('z', 'INT64', -1)]), 'output z INT64 [any] is new', false],
    ['another type', signature([spec('x', 'FP64', -1, 4)], [y]), 'input x is FP64, was FP32', true],
    ['another width', signature([spec('x', 'FP32', -1, 5)], [y]), 'input x has shape [any, 5], was [any, 4]', true],
    [
      'an input that became free',
      signature([spec('x', 'FP32', -1, -1)], [y]),
      'input x has shape [any, any], was [any, 4]',
      false,
    ],
    [
      'an input that became fixed',
      signature([spec('x', 'FP32', 1, 4)], [y]),
      'input x has shape [1, 4], was [any, 4]',
      true,
    ],
    [
      'an output that became fixed',
      signature([x], [spec('y', 'FP32', 1, 3)]),
      'output y has shape [1, 3], was [any, 3]',
      false,
    ],
    [
      'an output that became free',
      signature([x], [spec('y', 'FP32', -1, -1)]),
      'output y has shape [any, any], was [any, 3]',
      true,
    ],
    ['another rank', signature([spec('x', 'FP32', 4)], [y]), 'input x has shape [4], was [any, 4]', true],
  ])('says of %s whether it breaks clients', (_what, after, text, breaking) => {
    expect(diffSignatures(base, after)).toEqual([{ text, breaking }]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Datatype, Tensor, TensorSpec } from '../../server/protocol/tensors.ts';
import { compareSamples } from '../../server/protocol/sample-comparison.ts';
import type { RuntimeSession } from '../../server/replica/session.ts';

/** Answers with its inputs under the names of its outputs, and keeps what it was sent. */
function echo(inputs: TensorSpec[], outputs = inputs): { session: RuntimeSession; sent: Tensor[][] } {
  const sent: Tensor[][] = [];
  const session: RuntimeSession = {
    signature: { inputs, outputs },
    firstDimensions: [],
    skippedOutputs: [],
    async run(tensors) {
      sent.push([...tensors]);
      return tensors.map((tensor, index) => ({ ...tensor, name: outputs[index]!.name }));
    },
  };
  return { session, sent };
}

const spec = (name: string, datatype: Datatype, ...shape: number[]): TensorSpec => ({ name, datatype, shape });

describe('compareSamples', () => {
  it.each<[Datatype, unknown[]]>([
    ['FP32', [0.5, -1.5]],
    ['FP64', [0.1, 1e300]],
    ['FP16', [0.5, 2]],
    ['INT64', [1, -9_007_199_254_740_991]],
    ['UINT64', [0, 5]],
    ['INT8', [-128, 127]],
    ['UINT8', [0, 255]],
    ['INT16', [-5, 5]],
    ['UINT16', [1, 65_535]],
    ['INT32', [-5, 5]],
    ['UINT32', [1, 4_294_967_295]],
    ['BOOL', [true, false]],
    ['BYTES', ['a', 'ü']],
  ])('runs and compares %s', async (datatype, row) => {
    const { session } = echo([spec('x', datatype, -1, 2)]);
    const report = await compareSamples(session, { inputs: { '': [row] }, expected: { x: [row] }, tolerance: 0 });
    expect(report).toEqual({ rows: 1, worstError: 0, failures: [] });
    const wrong = await compareSamples(session, {
      inputs: { '': [row] },
      expected: { x: [[row[1], row[0]]] },
      tolerance: 0,
    });
    expect(wrong.failures).toHaveLength(1);
  });

  it('compares each row within its own tolerance, and passes over what is null', async () => {
    const { session } = echo([spec('x', 'FP32', -1, 1)]);
    const report = await compareSamples(session, {
      inputs: { '': [[1], [1], [1]] },
      expected: { x: [[1.4], [1.4], null] },
      tolerance: 0.1,
      tolerances: [0.5, undefined, undefined],
    });
    expect(report.failures).toEqual([expect.stringContaining('row 2, output x: 1, expected 1.4 ± 0.1')]);
  });

  it('sends each row alone, with a batch dimension where the model has one', async () => {
    const { session, sent } = echo(
      [spec('x', 'FP32', -1, 2, -1), spec('n', 'INT32', -1)],
      [spec('a', 'FP32', -1, 2, -1), spec('b', 'INT32', -1)],
    );
    const rows = [
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [[1], [2]],
    ];
    await compareSamples(session, { inputs: { x: rows, n: [7, 8] }, expected: { b: [7, 8] }, tolerance: 0 });
    expect(sent.map((tensors) => tensors.map(({ shape }) => shape))).toEqual([
      [[1, 2, 3], [1]],
      [[1, 2, 1], [1]],
    ]);
  });

  it('says how far apart floats are, and fails beyond the tolerance or at NaN', async () => {
    const { session } = echo([spec('x', 'FP64', -1, 1)]);
    const compare = (given: number, expected: number) =>
      compareSamples(session, { inputs: { '': [[given]] }, expected: { x: [[expected]] }, tolerance: 0.1 });
    expect((await compare(1, 1.05)).worstError).toBeCloseTo(0.05);
    expect((await compare(1, 1.05)).failures).toEqual([]);
    expect((await compare(1, 1.2)).failures).toEqual(['row 1, output x: 1, expected 1.2 ± 0.1']);
    expect((await compare(Number.NaN, 1)).failures).toHaveLength(1);
  });

  it('fails for an output that is not there and for another number of values, and stops after five', async () => {
    const { session, sent } = echo([spec('x', 'FP32', -1, 1)]);
    const rows = Array.from({ length: 20 }, () => [1]);
    expect(
      (await compareSamples(session, { inputs: { '': rows }, expected: { y: rows }, tolerance: 0 })).failures,
    ).toEqual(['the model has no output y']);
    sent.length = 0;
    const wide = rows.map(() => [1, 2]);
    const { failures } = await compareSamples(session, { inputs: { '': rows }, expected: { x: wide }, tolerance: 0 });
    expect(failures).toHaveLength(5);
    expect(failures[0]).toBe('row 1, output x: 1 values, expected 2');
    expect(sent).toHaveLength(5);
  });

  it.each([
    ['of another width', [[1, 2, 3]], /row 1 of x has shape \[1, 3\], the model takes \[-1, 2\]/],
    ['that is ragged', [[1, [2]]], /no regular list|has shape/],
    ['of another rank', [[[[1, 2]]]], /has shape/],
  ])('refuses a row %s', async (_what, rows, words) => {
    const { session } = echo([spec('x', 'FP32', -1, 2)]);
    await expect(
      compareSamples(session, { inputs: { '': rows }, expected: { x: rows }, tolerance: 0 }),
    ).rejects.toThrow(words);
  });

  it('refuses samples without rows for an input', async () => {
    const { session } = echo([spec('a', 'FP32', -1), spec('b', 'FP32', -1)]);
    const samples = { inputs: { a: [1] }, expected: { a: [1] }, tolerance: 0 };
    await expect(compareSamples(session, samples)).rejects.toThrow(/no rows for the input b/);
  });
});

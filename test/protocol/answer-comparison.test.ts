import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../server/protocol/answer-comparison.ts';

const json = (value: unknown) => ({ body: [Buffer.from(JSON.stringify(value))], jsonLength: undefined });
const answer = (version: string, ...data: unknown[]) =>
  json({
    model_name: 'm',
    model_version: version,
    outputs: [{ name: 'y', datatype: 'FP32', shape: [data.length], data }],
  });

function binary(version: string, ...values: number[]) {
  const raw = Buffer.from(Float32Array.from(values).buffer);
  const head = Buffer.from(
    JSON.stringify({
      model_version: version,
      outputs: [{ name: 'y', datatype: 'FP32', shape: [values.length], parameters: { binary_data_size: raw.length } }],
    }),
  );
  return { body: [head, raw], jsonLength: head.length };
}

describe('compareAnswers', () => {
  it('passes over who answered and how long it took', () => {
    const a = json({ version: '1', id: 'a', prediction: 'setosa', time: { totalMs: 1 } });
    const b = json({ version: '2', id: 'b', prediction: 'setosa', time: { totalMs: 9 } });
    expect(compareAnswers(a, b, 1e-4)).toEqual({ isDifferent: false, worstDifference: 0 });
  });

  it('tells the worst difference, and beyond the tolerance a different answer', () => {
    expect(compareAnswers(answer('1', 1, 2), answer('2', 1.00005, 2), 1e-4)).toMatchObject({ isDifferent: false });
    const { isDifferent, worstDifference } = compareAnswers(answer('1', 1, 2), answer('2', 1.5, 2.25), 1e-4);
    expect(isDifferent).toBe(true);
    expect(worstDifference).toBeCloseTo(0.5);
  });

  it('takes the tolerance relative to large numbers', () => {
    expect(compareAnswers(answer('1', 1e6), answer('2', 1e6 + 50), 1e-4).isDifferent).toBe(false);
    expect(compareAnswers(answer('1', 1e6), answer('2', 1e6 + 150), 1e-4).isDifferent).toBe(true);
  });

  it.each([
    ['another text', answer('1', 'cat'), answer('2', 'dog')],
    ['another length', answer('1', 1), answer('2', 1, 2)],
    ['a longer list', json({ predictions: [1] }), json({ predictions: [1, 2] })],
    ['a missing member', json({ a: 1 }), json({})],
    ['no JSON', answer('1', 1), { body: [Buffer.from('{')], jsonLength: undefined }],
    ['raw tensors that differ', binary('1', 1, 2), binary('2', 1, 3)],
    ['raw tensors of another length', binary('1', 1), binary('2', 1, 1)],
  ])('calls %s different', (_what, a, b) => {
    expect(compareAnswers(a, b, 1e-4).isDifferent).toBe(true);
  });

  it('compares raw tensors by element', () => {
    expect(compareAnswers(binary('1', 1, 2), binary('2', 1, 2.00001), 1e-4)).toMatchObject({ isDifferent: false });
    expect(compareAnswers(binary('1', 1, 2), binary('2', 1, 2.5), 1e-4).worstDifference).toBeCloseTo(0.5);
  });
});

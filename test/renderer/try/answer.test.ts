import { describe, expect, it } from 'vitest';
import { parseAnswer } from '../../../renderer/try/answer.ts';

const read = (body: unknown, labels?: readonly string[]) => parseAnswer(JSON.stringify(body), labels);
const time = { queueMs: 0.1, inferenceMs: 1, totalMs: 2 };

describe('an answer of /predict', () => {
  it('is classes with the likeliest first', () => {
    const answer = read({
      model: 'm',
      version: '3',
      prediction: 'b',
      label: 1,
      probabilities: { a: 0.2, b: 0.7, c: 0.1 },
      time,
    });
    expect(answer.version).toBe('3');
    expect(answer.time).toEqual(time);
    expect(answer.rows).toEqual([
      {
        kind: 'classes',
        label: 'b',
        areShares: true,
        scores: [
          { label: 'b', score: 0.7 },
          { label: 'a', score: 0.2 },
          { label: 'c', score: 0.1 },
        ],
      },
    ]);
  });

  it('tells scores from shares', () => {
    expect(read({ prediction: 'a', label: 0, probabilities: { a: 4.2, b: -1 } }).rows[0]).toMatchObject({
      areShares: false,
    });
    expect(read({ prediction: 'a', label: 0, probabilities: { a: 0.9, b: 0.9 } }).rows[0]).toMatchObject({
      areShares: false,
    });
  });

  it('is a number for a regression, also where JSON has none', () => {
    expect(read({ prediction: 152.5 }).rows).toEqual([{ kind: 'number', value: 152.5, unit: '' }]);
    expect(read({ prediction: '-Infinity' }).rows).toEqual([
      { kind: 'number', value: Number.NEGATIVE_INFINITY, unit: '' },
    ]);
  });

  it('is the outputs with their shapes for anything else', () => {
    expect(
      read({
        prediction: {
          out: [
            [1, 2],
            [3, 4],
          ],
        },
      }).rows,
    ).toEqual([{ kind: 'outputs', outputs: [{ name: 'out', shape: [2, 2], elements: [1, 2, 3, 4] }] }]);
  });

  it('has one row per row of the request', () => {
    const { rows } = read({ predictions: [{ prediction: 1 }, { prediction: 2 }] });
    expect(rows).toHaveLength(2);
  });
});

describe('an answer of the Open Inference Protocol', () => {
  it('is classes where an output is as wide as there are labels', () => {
    const outputs = [{ name: 'p', datatype: 'FP32', shape: [2, 2], data: [0.1, 0.9, 0.8, 0.2] }];
    expect(read({ model_version: '1', outputs }, ['no', 'yes']).rows.map((row) => 'label' in row && row.label)).toEqual(
      ['yes', 'no'],
    );
  });

  it('is the outputs where there are no labels', () => {
    const outputs = [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [1, 2] }];
    expect(read({ outputs }).rows[0]).toEqual({
      kind: 'outputs',
      outputs: [{ name: 'y', shape: [1, 2], elements: [1, 2] }],
    });
  });

  it('is a number where one value is all there is', () => {
    expect(read({ outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 1], data: [5] }] }).rows).toEqual([
      { kind: 'number', value: 5, unit: '' },
    ]);
  });
});

describe('an answer by a recipe', () => {
  it('has the likeliest classes, boxes or a number with its unit', () => {
    const row = (members: object): unknown =>
      parseAnswer(JSON.stringify({ version: '1', ...members }), undefined).rows[0];
    expect(
      row({
        prediction: 'a',
        label: 0,
        top: [
          { label: 'a', class: 0, score: 0.7 },
          { label: 'b', class: 1, score: 0.2 },
        ],
      }),
    ).toEqual({
      kind: 'classes',
      label: 'a',
      scores: [
        { label: 'a', score: 0.7 },
        { label: 'b', score: 0.2 },
      ],
      areShares: true,
    });
    const box = { x: 1, y: 2, width: 3, height: 4 };
    expect(row({ prediction: [{ label: 'a', class: 0, score: 1, box }], size: { width: 9, height: 8 } })).toEqual({
      kind: 'boxes',
      boxes: [{ label: 'a', score: 1, box }],
      size: { width: 9, height: 8 },
    });
    expect(row({ prediction: 5, unit: 'g' })).toEqual({ kind: 'number', value: 5, unit: 'g' });
  });
});

import { describe, expect, it } from 'vitest';
import type { PredictRequest } from '../../server/protocol/predict-request.ts';
import { encodePredictResponse } from '../../server/protocol/predict-response.ts';
import type { ModelFacts, Tensor } from '../../server/protocol/tensors.ts';
import { facts, refusal, tensor } from './facts.ts';

const PLAIN = facts([]);
const LABELLED = facts([], [], { labels: ['setosa', 'versicolor', 'virginica'] });
const TIME = { queueMs: 0.12345, inferenceMs: 1, totalMs: 1.2 };

function request(rows: number, single: boolean, id?: string): PredictRequest {
  return { id, inputs: [], outputs: [], parameters: {}, rows, single };
}

/** The answer's text without what is the same in each. */
function answer(model: ModelFacts, outputs: readonly Tensor[], rows = 1, single = true): string {
  const text = encodePredictResponse(request(rows, single), model, outputs, TIME).toString();
  expect(JSON.parse(text)).toMatchObject({
    model: 'iris',
    version: '1',
    time: { queueMs: 0.123, inferenceMs: 1, totalMs: 1.2 },
  });
  return text
    .replace('{"model":"iris","version":"1",', '')
    .replace(',"time":{"queueMs":0.123,"inferenceMs":1,"totalMs":1.2}}', '');
}

const floats = (name: string, shape: readonly number[], ...values: number[]): Tensor =>
  tensor(name, 'FP32', shape, new Float32Array(values));
const index = (...values: bigint[]): Tensor => tensor('label', 'INT64', [values.length], new BigInt64Array(values));

describe('the answer of a classifier', () => {
  const probabilities = floats('probabilities', [1, 3], 0.1, 0.7, 0.2);

  it('is the label text, its index and the probabilities by label', () => {
    expect(answer(LABELLED, [index(1n), probabilities])).toBe(
      '"prediction":"versicolor","label":1,"probabilities":{"setosa":0.1,"versicolor":0.7,"virginica":0.2}',
    );
  });

  it('has one object per row for many rows', () => {
    const outputs = [index(0n, 2n), floats('p', [2, 3], 1, 0, 0, 0, 0, 1)];
    expect(answer(LABELLED, outputs, 2, false)).toBe(
      '"predictions":[{"prediction":"setosa","label":0,"probabilities":{"setosa":1,"versicolor":0,"virginica":0}},' +
        '{"prediction":"virginica","label":2,"probabilities":{"setosa":0,"versicolor":0,"virginica":1}}]',
    );
    expect(answer(LABELLED, [index(0n)], 1, false)).toBe('"predictions":[{"prediction":"setosa","label":0}]');
    expect(answer(LABELLED, [floats('p', [0, 3])], 0, false)).toBe('"predictions":[]');
  });

  it('takes the index of the model before its arg max, and the arg max where there is no index', () => {
    expect(answer(LABELLED, [index(2n), probabilities])).toMatch(/^"prediction":"virginica","label":2,/);
    expect(answer(LABELLED, [probabilities])).toMatch(/^"prediction":"versicolor","label":1,/);
    expect(answer(LABELLED, [floats('p', [1, 3], 0.4, 0.4, 0.2)])).toMatch(/"label":0,/);
    expect(answer(LABELLED, [floats('p', [1, 3], Number.NaN, 0.2, 0.1)])).toMatch(/"label":1,.*"setosa":"NaN"/);
  });

  it('is its own prediction where an index is beyond the labels', () => {
    expect(answer(LABELLED, [index(7n)])).toBe('"prediction":7,"label":7');
    expect(answer(LABELLED, [index(-1n)])).toBe('"prediction":-1,"label":-1');
  });

  it('reads outputs without batch dimension where the model does not batch', () => {
    const model = { ...LABELLED, maxBatchSize: 0 };
    expect(answer(model, [floats('p', [3], 0, 0, 1)])).toMatch(/^"prediction":"virginica","label":2,/);
  });

  it('keeps labels apart that have the same text', () => {
    const model = { ...LABELLED, labels: ['crane', 'crane', 'cat'] };
    expect(answer(model, [floats('p', [1, 3], 0, 1, 0)])).toBe(
      '"prediction":"crane","label":1,"probabilities":{"crane":0,"crane (1)":1,"cat":0}',
    );
  });

  it('is none where nothing in the outputs fits the labels', () => {
    expect(answer(LABELLED, [floats('x', [1, 2], 1, 2)])).toBe('"prediction":{"x":[1,2]}');
  });
});

describe('the answer of a regression', () => {
  it.each([
    [[1, 1], 1, true, '"prediction":151.2'],
    [[1], 1, true, '"prediction":151.2'],
    [[2, 1], 2, false, '"predictions":[{"prediction":151.2},{"prediction":-7}]'],
  ])('of shape %j with %i rows is a number per row', (shape, rows, single, text) => {
    expect(answer(PLAIN, [floats('y', shape, ...[151.2, -7].slice(0, rows))], rows, single)).toBe(text);
  });

  it.each([
    [Number.NaN, '"NaN"'],
    [Infinity, '"Infinity"'],
    [-Infinity, '"-Infinity"'],
  ])('writes %d as a string, so that any parser reads it', (value, text) => {
    expect(answer(PLAIN, [floats('y', [1], value)])).toBe(`"prediction":${text}`);
  });
});

describe('the answer of any other model', () => {
  it('is an object of nested arrays by output name', () => {
    const outputs = [
      floats('boxes', [1, 2, 2], 1, 2, 3, 4),
      tensor('text', 'BYTES', [1], ['a"🏭']),
      tensor('flags', 'BOOL', [1, 2], new Uint8Array([1, 0])),
      tensor('big', 'UINT64', [1, 1], new BigUint64Array([2n ** 64n - 1n])),
      tensor('half', 'FP16', [1, 1], new Uint16Array([0x3c00])),
      tensor('brain', 'BF16', [1, 1], new Uint16Array([0xc000])),
      tensor('double', 'FP64', [1, 1], new Float64Array([0.1])),
      floats('none', [1, 0]),
    ];
    expect(answer(PLAIN, outputs)).toBe(
      '"prediction":{"boxes":[[1,2],[3,4]],"text":"a\\"🏭","flags":[true,false],"big":[18446744073709551615],"half":[1],"brain":[-2],"double":[0.1],"none":[]}',
    );
  });

  it('gives each of many rows its part, and what is no row to all', () => {
    const outputs = [floats('y', [2, 2], 1, 2, 3, 4), floats('scale', [1], 9)];
    expect(answer(PLAIN, outputs, 2, false)).toBe(
      '"predictions":[{"prediction":{"y":[1,2],"scale":[9]}},{"prediction":{"y":[3,4],"scale":[9]}}]',
    );
  });

  it('keeps the whole shape where the model does not batch', () => {
    expect(answer({ ...PLAIN, maxBatchSize: 0 }, [floats('y', [1, 2], 1, 2)])).toBe('"prediction":{"y":[[1,2]]}');
  });
});

describe('any answer', () => {
  it('carries the id first and the time last', () => {
    const text = encodePredictResponse(request(1, true, 'r"1'), PLAIN, [floats('y', [1], 1)], TIME).toString();
    expect(text).toBe(
      '{"id":"r\\"1","model":"iris","version":"1","prediction":1,"time":{"queueMs":0.123,"inferenceMs":1,"totalMs":1.2}}',
    );
  });

  it('is refused where its text could exceed what a string holds', () => {
    const output = tensor('x', 'UINT8', [1, 2 ** 24 + 1], new Uint8Array(2 ** 24 + 1));
    expect(refusal(() => answer(PLAIN, [output])).code).toBe('response-too-large');
  });
});

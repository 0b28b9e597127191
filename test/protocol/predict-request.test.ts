import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePredictRequest, type PredictRequest } from '../../server/protocol/predict-request.ts';
import type { ModelFacts } from '../../server/protocol/tensors.ts';
import { body, CLIENT_CODES, facts, refusal, spec } from './facts.ts';

const NAMES = ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'];
const OUTPUTS = [spec('label', 'INT64', [-1]), spec('probabilities', 'FP32', [-1, 3])];
const IRIS = facts([spec('features', 'FP32', [-1, 4])], OUTPUTS, { featureNames: NAMES });
const UNNAMED = { ...IRIS, featureNames: undefined };
const PAIR = facts([spec('a', 'FP32', [-1, 2]), spec('b', 'BYTES', [-1])], OUTPUTS);
const ROW = { 'petal width (cm)': 0.2, 'sepal length (cm)': 5.1, 'sepal width (cm)': 3.5, 'petal length (cm)': 1.4 };

function parse(document: unknown, model: ModelFacts = IRIS): PredictRequest {
  return parsePredictRequest(body(document), model);
}

describe('a prediction request', () => {
  const one = [5.1, 3.5, 1.4, 0.2];
  const two = [6, 3, 4, 1];

  it.each([
    ['an object by feature name, in any order', ROW, true, 1, one],
    ['a row', one, true, 1, one],
    ['a list of one row', [one], false, 1, one],
    ['a list of rows', [one, two], false, 2, [...one, ...two]],
    ['a list of objects', [ROW, ROW], false, 2, [...one, ...one]],
  ])('takes %s', (_, features, single, rows, values) => {
    const request = parse({ id: 'r', model: 'iris', version: 3, features, parameters: { note: 'x' } });
    expect(request).toEqual({
      id: 'r',
      inputs: [{ name: 'features', datatype: 'FP32', shape: [rows, 4], data: new Float32Array(values) }],
      outputs: [
        { name: 'label', binary: false, classification: 0 },
        { name: 'probabilities', binary: false, classification: 0 },
      ],
      parameters: { note: 'x' },
      rows,
      single,
    });
  });

  it('takes inputs by name for a model with several, one row or many', () => {
    expect(parse({ inputs: { b: 'x', a: [1, 2] } }, PAIR)).toMatchObject({
      inputs: [
        { name: 'a', shape: [1, 2], data: new Float32Array([1, 2]) },
        { name: 'b', shape: [1], data: ['x'] },
      ],
      rows: 1,
      single: true,
    });
    const many = parse(
      {
        inputs: {
          a: [
            [1, 2],
            [3, 4],
          ],
          b: ['x', 'y'],
        },
      },
      PAIR,
    );
    expect([many.rows, many.single]).toEqual([2, false]);
    expect(parse({ inputs: { a: [[1, 2]], b: 'x' } }, PAIR).single).toBe(false);
    expect(parse({ inputs: { features: one } }).single).toBe(true);
  });

  it('takes nested arrays of any rank, and a model that cannot batch as one row', () => {
    const image = facts([spec('image', 'UINT8', [-1, 2, 1, 2])]);
    const pixels = [[[1, 2]], [[3, 4]]];
    expect(parse({ features: pixels }, image)).toMatchObject({
      single: true,
      inputs: [{ shape: [1, 2, 1, 2], data: new Uint8Array([1, 2, 3, 4]) }],
    });
    expect(parse({ features: [pixels, pixels] }, image)).toMatchObject({ single: false, rows: 2 });
    const vector = facts([spec('x', 'FP32', [2])], [], { maxBatchSize: 0, featureNames: ['a', 'b'] });
    expect(parse({ features: { b: 2, a: 1 } }, vector)).toMatchObject({
      single: true,
      rows: 1,
      inputs: [{ shape: [2], data: new Float32Array([1, 2]) }],
    });
    const fixed = facts([spec('x', 'FP32', [1, 2])], [], { maxBatchSize: 0 });
    expect(parse({ features: [1, 2] }, fixed)).toMatchObject({ single: true, rows: 1, inputs: [{ shape: [1, 2] }] });
    expect(parse({ features: [[1, 2]] }, fixed)).toMatchObject({ single: true, inputs: [{ shape: [1, 2] }] });
  });

  it('takes lone values for a model with one per row', () => {
    const model = facts([spec('t', 'BYTES', [-1])]);
    expect(parse({ features: 'hello' }, model)).toMatchObject({
      single: true,
      inputs: [{ shape: [1], data: ['hello'] }],
    });
    expect(parse({ features: ['a', 'b'] }, model)).toMatchObject({ single: false, rows: 2 });
  });

  it('takes 64-bit integers to the last digit in every form', () => {
    const model = facts([spec('x', 'INT64', [-1, 2])], [], { featureNames: ['a', 'b'] });
    const big = new BigInt64Array([2n ** 63n - 1n, 1n]);
    for (const form of [
      '"features":{"b":1,"a":9223372036854775807}',
      '"features":[9223372036854775807,1]',
      '"inputs":{"x":[[9223372036854775807,1]]}',
    ]) {
      expect(parse(`{${form}}`, model).inputs[0]!.data).toEqual(big);
    }
    expect(parse('{"features":9223372036854775807}', facts([spec('x', 'INT64', [-1])])).inputs[0]!.data).toEqual(
      big.slice(0, 1),
    );
  });

  it('takes numbers for FP16', () => {
    const model = facts([spec('x', 'FP16', [-1, 2])]);
    expect(parse({ features: [1, -2] }, model).inputs[0]!.data).toEqual(new Uint16Array([0x3c00, 0xc000]));
  });

  it.each<[string, unknown, string, string, ModelFacts?]>([
    ['is no JSON', '{', 'invalid-json', 'at byte 1'],
    ['is no object', [], 'invalid-request', 'The request is an array, expected a JSON object'],
    ['has neither form', { instances: [] }, 'invalid-request', 'neither "features" nor "inputs", expected exactly one'],
    [
      'has both forms',
      { features: [], inputs: {} },
      'invalid-request',
      'both "features" and "inputs", expected exactly one',
    ],
    ['has an id that is no string', { id: 1, features: one }, 'invalid-request', '"id" is 1'],
    ['means a sequence', { features: one, parameters: { sequence_id: 1 } }, 'unsupported', 'no sequences'],
    [
      'has features for several inputs',
      { features: [1] },
      'invalid-request',
      'has 2 inputs and takes "inputs" by name ("a", "b"), not "features"',
      PAIR,
    ],
    [
      'has inputs that are a list',
      { inputs: [] },
      'invalid-request',
      '"inputs" are an array, expected an object of arrays by input name',
    ],
    ['has an unknown input', { inputs: { c: [] } }, 'invalid-request', 'has no input "c"; it takes "a", "b"', PAIR],
    ['misses an input', { inputs: { a: [1, 2] } }, 'invalid-request', 'needs the input "b"', PAIR],
    [
      'misses a feature',
      { features: { ...ROW, 'petal width (cm)': undefined } },
      'invalid-request',
      'Feature "petal width (cm)" is missing; model "iris" takes "sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"',
    ],
    [
      'mistypes a feature',
      { features: { ...ROW, 'petal width (cm)': undefined, 'Petal Width (cm)': 1 } },
      'invalid-request',
      '"petal width (cm)" is missing ("Petal Width (cm)" was sent; did you mean "petal width (cm)"?)',
    ],
    [
      'has one feature more',
      { features: { ...ROW, 'petal widht (cm)': 1 } },
      'invalid-request',
      'Feature "petal widht (cm)" is unknown (did you mean "petal width (cm)"?); model "iris" takes "sepal length (cm)"',
    ],
    [
      'has a foreign feature',
      { features: [ROW, { ...ROW, colour: 1 }] },
      'invalid-request',
      'Feature "colour" in row 1 is unknown; model',
    ],
    ['misses a feature in a later row', { features: [ROW, {}] }, 'invalid-request', 'is missing in row 1;'],
    [
      'mixes forms',
      { features: [ROW, one] },
      'invalid-request',
      'Row 1 of "features" is an array, but row 0 is an object',
    ],
    [
      'mixes forms the other way',
      { features: [one, ROW] },
      'invalid-tensor',
      '[1] is an object, but an array of 4 is expected',
    ],
    [
      'names features of a model without names',
      { features: ROW },
      'invalid-request',
      'has no feature names; send "features" as an array',
      UNNAMED,
    ],
    [
      'has a null feature',
      { features: { ...ROW, 'petal length (cm)': null } },
      'invalid-tensor',
      'element 2 ("petal length (cm)") is null, but FP32 takes numbers',
    ],
    [
      'has a text in the second row',
      { features: [one, [1, 'x', 3, 4]] },
      'invalid-tensor',
      'element 5 ("sepal width (cm)") is "x"',
    ],
    [
      'has an array as feature',
      { features: { ...ROW, 'petal length (cm)': [1] } },
      'invalid-tensor',
      '[2] is an array of 1, but one value is expected',
    ],
    ['has too few values', { features: [1, 2, 3] }, 'invalid-tensor', 'dimension 1 is 3, but the model takes 4'],
    ['has no values', { features: [] }, 'invalid-tensor', 'dimension 1 is 0, but the model takes 4'],
    [
      'is nested too deep',
      { features: [[one]] },
      'invalid-tensor',
      '[1,1,4] with 3 dimensions, but the model takes [-1,4] with 2',
    ],
    [
      'has uneven rows',
      { features: [one, [1, 2]] },
      'invalid-tensor',
      'Input "features" is uneven: [1] is an array of 2, but an array of 4 is expected as in the parts before it.',
    ],
    [
      'has uneven depths',
      { features: [one, [1, 2, [3], 4]] },
      'invalid-tensor',
      '[1][2] is an array of 1, but one value is expected',
    ],
    ['has a number among rows', { features: [one, 7] }, 'invalid-tensor', '[1] is 7, but an array of 4 is expected'],
    [
      'disagrees about rows',
      {
        inputs: {
          a: [
            [1, 2],
            [3, 4],
          ],
          b: ['x'],
        },
      },
      'invalid-tensor',
      'has 1 rows, but input "a" has 2',
      PAIR,
    ],
  ])('that %s is refused', (_, document, code, message, model = IRIS) => {
    const error = refusal(() => parse(document, model));
    expect(error.message).toContain(message);
    expect(error.code).toBe(code);
  });

  it('ends in a request or a refusal that blames the client, whatever is sent', () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    const row = fc.oneof(
      fc.array(fc.oneof(fc.double(), value), { minLength: 4, maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...NAMES), value),
    );
    const document = fc.record(
      { features: fc.oneof(row, fc.array(row), value), inputs: value, id: value },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          document.map(body),
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        (sent) => {
          try {
            parsePredictRequest(sent, IRIS);
          } catch (error) {
            expect(error).toMatchObject({
              name: 'MillraceError',
              code: expect.toSatisfy((code: string) => CLIENT_CODES.includes(code)),
            });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

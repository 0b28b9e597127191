/**
 * `/predict`, the request for people: its forms, its answers, and sentences that say which feature is wrong.
 * The numbers themselves are checked against scikit-learn in samples.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoModel } from '../support/demo-models.ts';
import { dictionaryModel, identityModel, mlpModel, twoInputModel } from '../support/models.ts';
import { expectRefusal } from '../support/refusal.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({
    models: [
      demoModel('iris', { manifest: { features: ['sepal length', 'sepal width', 'petal length', 'petal width'] } }),
      { name: 'two-inputs', bytes: twoInputModel() },
      { name: 'dictionary', bytes: dictionaryModel() },
      { name: 'regression', bytes: mlpModel([2, 1], 1) },
      { name: 'long', bytes: identityModel('INT64') },
      { name: 'real', bytes: identityModel('DOUBLE') },
      { name: 'half', bytes: identityModel('FLOAT16') },
    ],
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const features = { 'sepal length': 5.1, 'sepal width': 3.5, 'petal length': 1.4, 'petal width': 0.2 };
const row = Object.values(features);

function predict(model: string, body: unknown): Promise<HttpAnswer> {
  return host.post(`/predict/${model}`, body);
}

describe('the request', () => {
  it('names its model in the path, in the path with a version, or in the body', async () => {
    for (const answer of [
      await predict('iris', { features }),
      await predict('iris/versions/1', { features }),
      await predict('iris?test=1', { features: row }),
      await host.post('/predict', { model: 'iris', features }),
      await host.post('/predict', { model: 'iris', version: 1, features: row }),
      await host.post('/predict', { features: row, version: '1', model: 'iris' }),
    ]) {
      expect(answer.status, answer.text).toBe(200);
      expect(answer.json()).toMatchObject({ model: 'iris', version: '1', prediction: 'setosa', label: 0 });
    }
  });

  it('needs no Content-Type and takes any', async () => {
    for (const headers of [{}, { 'Content-Type': 'application/x-www-form-urlencoded' }]) {
      expect((await host.send('/predict/iris', { body: JSON.stringify({ features }), headers })).status).toBe(200);
    }
  });

  it('names the inputs of a model that has several', async () => {
    const answer = await predict('two-inputs', { inputs: { a: [1, 2, 3], b: [[3, 2, 1]] } });
    expect(answer.status, answer.text).toBe(200);
    const many = await predict('two-inputs', {
      inputs: {
        a: [
          [1, 2, 3],
          [0, 0, 0],
        ],
        b: [
          [3, 2, 1],
          [1, 1, 1],
        ],
      },
    });
    expect(many.json<{ predictions: unknown[] }>().predictions).toEqual([
      { prediction: { sum: [4, 4, 4], product: [3, 4, 3], larger: [false, false, true], column: 0 } },
      { prediction: { sum: [1, 1, 1], product: [0, 0, 0], larger: [false, false, false], column: 0 } },
    ]);
  });
});

describe('the answer', () => {
  it('is label, index and probabilities of a classifier, with id and times', async () => {
    const answer = (await predict('iris', { id: 'r-1', features })).json<Record<string, unknown>>();
    expect(Object.keys(answer)).toEqual(['id', 'model', 'version', 'prediction', 'label', 'probabilities', 'time']);
    expect(answer).toMatchObject({ id: 'r-1', prediction: 'setosa', label: 0 });
    const probabilities = answer['probabilities'] as Record<string, number>;
    expect(Object.keys(probabilities)).toEqual(['setosa', 'versicolor', 'virginica']);
    expect(Object.values(probabilities).reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
    const time = answer['time'] as Record<string, number>;
    expect(Object.keys(time)).toEqual(['queueMs', 'inferenceMs', 'totalMs']);
    expect(time['totalMs']).toBeGreaterThanOrEqual(time['inferenceMs']!);
    expect(time['totalMs']).toBeLessThan(10_000);
  });

  it('is one number of a regression and a list for many rows', async () => {
    expect(typeof (await predict('regression', { features: [1, 2] })).json<{ prediction: unknown }>().prediction).toBe(
      'number',
    );
    const many = (
      await predict('regression', {
        features: [
          [1, 2],
          [3, 4],
          [1, 2],
        ],
      })
    ).json<{
      predictions: { prediction: number }[];
    }>().predictions;
    expect(many).toHaveLength(3);
    expect(many[0]).toEqual(many[2]);
    expect(many[0]).not.toEqual(many[1]);
  });

  it('is text of a model that answers text', async () => {
    expect((await predict('dictionary', { features: ['größe'] })).json()).toMatchObject({
      prediction: { code: [3], translation: ['size'] },
    });
  });

  it('keeps every digit of 64-bit integers and says what JSON has no number for', async () => {
    const long = await host.send('/predict/long', { body: '{"features":[9223372036854775807,-9007199254740993]}' });
    expect(long.text).toContain('"y":[9223372036854775807,-9007199254740993]');
    const real = await host.send('/predict/real', { body: '{"features":[NaN,-Infinity,0.1]}' });
    expect(real.json()).toMatchObject({ prediction: { y: ['NaN', '-Infinity', 0.1] } });
  });

  it('carries half floats, which the other protocol refuses in JSON', async () => {
    expect((await predict('half', { features: [0.5, 65504] })).json()).toMatchObject({
      prediction: { y: [0.5, 65504] },
    });
  });
});

describe('a refusal', () => {
  it.each([
    [{ ...features, 'petal width': undefined }, /Feature "petal width" is missing; model "iris" takes "sepal length"/],
    [
      { ...features, 'petal width': undefined, 'petal widht': 1 },
      /"petal widht" was sent; did you mean "petal width"\?/,
    ],
    [{ ...features, colour: 1 }, /Feature "colour" is unknown; model "iris" takes/],
    [{ ...features, 'petal width': 'wide' }, /\("petal width"\) is "wide", but FP32 takes numbers/],
    [{ ...features, 'petal width': null }, /\("petal width"\) is null/],
    [[1, 2, 3], /shape \[1,3\]: dimension 1 is 3, but the model takes 4/],
    [
      [
        [1, 2, 3, 4],
        [1, 2, 3],
      ],
      /uneven: \[1\] is an array of 3, but an array of 4 is expected/,
    ],
    [[features, row], /Row 1 of "features" is an array, but row 0 is an object/],
    [5, /shape \[\]/],
  ])('says of the features %j what is wrong', async (wrong, error) => {
    expectRefusal(await predict('iris', { features: wrong }), 400, error);
  });

  it.each([
    ['iris', {}, /neither "features" nor "inputs"/],
    ['iris', { features, inputs: {} }, /both "features" and "inputs"/],
    ['iris', [], /The request is an array/],
    ['two-inputs', { features: [1] }, /has 2 inputs and takes "inputs" by name \("a", "b"\)/],
    ['two-inputs', { inputs: { a: [1, 2, 3] } }, /needs the input "b"/],
    ['dictionary', { features: { word: 'one' } }, /has no feature names; send "features" as an array/],
  ])('says to %s of %j what is wrong', async (model, body, error) => {
    expectRefusal(await predict(model, body), 400, error);
  });

  it.each([
    [{ features }, 400, /names no model/],
    [[], 400, /names no model/],
    [{ model: 7 }, 400, /a value of type number cannot name a model/],
    [{ model: 'nope' }, 404, /'nope' is not found/],
    [{ model: 'iris', version: 'one' }, 400, /The "version" is "one", expected a number/],
    [{ model: 'iris', version: 1.5 }, 400, /The "version" is 1.5/],
    [{ model: 'iris', version: 2 }, 404, /'iris' version 2 is not found/],
  ])('says to /predict of %j what is wrong', async (body, status, error) => {
    expectRefusal(await host.post('/predict', body), status, error);
  });

  it('is no crash where a version has more digits than a number holds', async () => {
    const body = '{"model":"iris","version":12345678901234567890123,"features":[NaN]}';
    expectRefusal(await host.send('/predict', { body }), 400, /The "version" is 12345678901234567890123/);
  });

  it('sends a body that is too large to be searched for its model to the path that needs no search', async () => {
    const big = { model: 'iris', features: Array.from({ length: 30_000 }, () => row) };
    expectRefusal(await host.post('/predict', big), 413, /too large for \/predict without a model in the path/);
    const answer = await predict('iris', big);
    expect(answer.json<{ predictions: unknown[] }>().predictions).toHaveLength(30_000);
  });
});

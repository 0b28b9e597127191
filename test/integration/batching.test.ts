/**
 * Requests that share a run answer what they would have answered alone; requests that must not share one do not; and one that
 * fails, fails alone.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixedBatchModel, LOOKUP_TABLE, lookupModel, rowMixingModel } from '../support/awkward-models.ts';
import { dictionaryModel, identityModel, mlpLayers, mlpModel, twoInputModel } from '../support/models.ts';
import { floats, model, node, tensorInfo } from '../support/onnx-builder.ts';
import { binaryRequest, float32Bytes, readAnswer } from '../support/oip-request.ts';
import type { OipAnswer } from '../support/oip-request.ts';
import { randomFloats, seededRandom } from '../support/seeded-random.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';

const mlpDims = [8, 16, 3];

/** y = the rows of x whose first value is below 1: all of them when it is probed, fewer when a client says so. */
function filteringModel(): Uint8Array {
  return model({
    name: 'filtering',
    inputs: [tensorInfo('x', 'FLOAT', ['batch', 2])],
    outputs: [tensorInfo('y', 'FLOAT', ['kept', 2])],
    nodes: [
      node('ReduceMin', ['x'], ['smallest'], { axes: [1], keepdims: 0 }),
      node('Less', ['smallest', 'one'], ['keep']),
      node('Compress', ['x', 'keep'], ['y'], { axis: 0 }),
    ],
    initializers: [floats('one', [], [1])],
  });
}

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({
    models: [
      { name: 'mlp', bytes: mlpModel(mlpDims, 5) },
      { name: 'mlp-delayed', bytes: mlpModel(mlpDims, 5), manifest: { maxBatchDelayMs: 200, maxBatchSize: 16 } },
      { name: 'two-inputs', bytes: twoInputModel(), manifest: { maxBatchDelayMs: 20 } },
      { name: 'dictionary', bytes: dictionaryModel(), manifest: { maxBatchDelayMs: 20 } },
      { name: 'image', bytes: identityModel('FLOAT', ['batch', 'height', 'width']), manifest: { maxBatchDelayMs: 20 } },
      { name: 'half', bytes: identityModel('FLOAT16'), manifest: { maxBatchDelayMs: 100, maxBatchSize: 4 } },
      { name: 'lookup', bytes: lookupModel(), manifest: { maxBatchDelayMs: 100, maxBatchSize: 8 } },
      { name: 'filtering', bytes: filteringModel(), manifest: { maxBatchDelayMs: 100, maxBatchSize: 2 } },
      { name: 'row-mixing', bytes: rowMixingModel() },
      { name: 'row-mixing-configured', bytes: rowMixingModel(), manifest: { maxBatchSize: 8 } },
      { name: 'fixed', bytes: fixedBatchModel() },
      { name: 'unbatched', bytes: mlpModel(mlpDims, 5), manifest: { maxBatchSize: 0 } },
    ],
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const random = seededRandom(7);

function infer(name: string, shape: readonly number[], data: readonly unknown[], datatype = 'FP32', input = 'x') {
  return host.post(`/v2/models/${name}/infer`, { inputs: [{ name: input, datatype, shape, data }] });
}

function outputOf(answer: HttpAnswer): readonly unknown[] {
  expect(answer.status, answer.text).toBe(200);
  return answer.json<OipAnswer>().outputs[0]!.data!;
}

/** Rows and runs of a model so far. */
async function counts(name: string): Promise<{ rows: number; runs: number }> {
  return {
    rows: await host.metric('nv_inference_count', name),
    runs: await host.metric('nv_inference_exec_count', name),
  };
}

async function batchingOf(name: string): Promise<string> {
  return (await host.status()).models.find((each) => each.name === name)!.versions[0]!.batching;
}

/** The network's answer computed here, in doubles. */
function mlpByHand(row: readonly number[]): number[] {
  const layers = mlpLayers(mlpDims, 5);
  return layers.reduce<number[]>(
    (values, { inputs, outputs, weights, bias }, index) => {
      const sums = Array.from({ length: outputs }, (_, output) => {
        let sum = bias[output]!;
        for (let input = 0; input < inputs; input++) sum += values[input]! * weights[input * outputs + output]!;
        return sum;
      });
      return index === layers.length - 1 ? sums : sums.map((value) => Math.max(0, value));
    },
    [...row],
  );
}

describe('requests that share a run', () => {
  it.each(['mlp', 'mlp-delayed', 'unbatched'])(
    'answer through %s what they answer alone, whatever their sizes',
    async (name) => {
      const sizes = [1, 3, 2, 7, 1, 1, 16, 5, 0, 1, 20, 4, 1, 2];
      const requests = sizes.map((rows) => ({ rows, data: [...randomFloats(random, rows * 8)] }));
      const before = await counts(name);
      const answers = await Promise.all(requests.map(({ rows, data }) => infer(name, [rows, 8], data)));
      for (const [index, { rows, data }] of requests.entries()) {
        const flat = outputOf(answers[index]!) as number[];
        expect(flat).toHaveLength(rows * 3);
        for (let row = 0; row < rows; row++) {
          for (const [column, wanted] of mlpByHand(data.slice(row * 8, row * 8 + 8)).entries()) {
            expect(Math.abs(flat[row * 3 + column]! - wanted)).toBeLessThan(1e-4 * (1 + Math.abs(wanted)));
          }
        }
      }
      const after = await counts(name);
      if (name === 'unbatched') expect(after.runs - before.runs).toBe(sizes.length);
      else expect(after.runs - before.runs).toBeLessThan(sizes.length);
    },
  );

  it('mix JSON, binary and /predict in one run', async () => {
    const rows = Array.from({ length: 3 }, () => [...randomFloats(random, 8)]);
    const before = await counts('mlp-delayed');
    const input = { name: 'x', datatype: 'FP32', shape: [1, 8], parameters: { binary_data_size: 32 } };
    const [json, binary, plain] = await Promise.all([
      infer('mlp-delayed', [1, 8], rows[0]!),
      host.send('/v2/models/mlp-delayed/infer', binaryRequest({ inputs: [input] }, float32Bytes(rows[1]!))),
      host.post('/predict/mlp-delayed', { features: rows[2] }),
    ]);
    const answers = [outputOf(json), outputOf(binary), plain.json<{ prediction: { y: number[] } }>().prediction.y];
    for (const [index, answer] of answers.entries()) {
      for (const [column, wanted] of mlpByHand(rows[index]!).entries()) expect(answer[column]).toBeCloseTo(wanted, 3);
    }
    const after = await counts('mlp-delayed');
    expect(after.runs - before.runs).toBe(1);
    expect(after.rows - before.rows).toBe(3);
  });

  it('of several inputs and outputs keep theirs apart', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const rows = 1 + (index % 3);
        const shape = [rows, 3];
        const a = Array.from({ length: rows * 3 }, (_value, at) => index + at);
        const b = Array.from({ length: rows * 3 }, (_value, at) => at * 2);
        const answer = await host.post('/v2/models/two-inputs/infer', {
          inputs: [
            { name: 'a', datatype: 'FP32', shape, data: a },
            { name: 'b', datatype: 'FP32', shape, data: b },
          ],
        });
        return { a, b, rows, outputs: answer.json<OipAnswer>().outputs };
      }),
    );
    for (const { a, b, rows, outputs } of answers) {
      expect(outputs.map(({ shape }) => shape[0])).toEqual([rows, rows, rows, rows]);
      expect(outputs[0]!.data).toEqual(a.map((value, at) => value + b[at]!));
      expect(outputs[1]!.data).toEqual(a.map((value, at) => value * b[at]!));
      expect(outputs[2]!.data).toEqual(a.map((value, at) => value > b[at]!));
    }
  });

  it('of text keep theirs apart', async () => {
    const words = ['one', 'two', 'three', 'größe', '', '?'];
    const answers = await Promise.all(words.map((word) => infer('dictionary', [1, 1], [word], 'BYTES', 'word')));
    expect(answers.flatMap(outputOf)).toEqual([0, 1, 2, 3, 4, -1]);
  });

  it('differ in no dimension but the rows', async () => {
    const shapes = [
      [1, 2, 3],
      [2, 3, 2],
      [1, 2, 3],
      [3, 1, 1],
      [1, 3, 2],
      [2, 2, 3],
    ];
    const answers = await Promise.all(
      shapes.map(async (shape, index) => {
        const data = Array.from({ length: shape[0]! * shape[1]! * shape[2]! }, (_, at) => index * 100 + at);
        return { shape, data, answer: await infer('image', shape, data) };
      }),
    );
    for (const { shape, data, answer } of answers) {
      expect(answer.json<OipAnswer>().outputs[0]).toMatchObject({ shape, data });
    }
  });

  it('wait for each other as long as the manifest says, and no longer than until the batch is full', async () => {
    const lone = performance.now();
    await infer('mlp-delayed', [1, 8], [...randomFloats(random, 8)]);
    expect(performance.now() - lone).toBeGreaterThan(150);

    const before = await counts('mlp-delayed');
    const started = performance.now();
    const row = [...randomFloats(random, 8)];
    await Promise.all(Array.from({ length: 16 }, () => infer('mlp-delayed', [1, 8], row)));
    expect(performance.now() - started).toBeLessThan(150);
    const after = await counts('mlp-delayed');
    expect(after.rows - before.rows).toBe(16);
    expect(after.runs - before.runs).toBeLessThanOrEqual(2);
  });

  it('are reported by the size of their batch', async () => {
    const { model_stats: stats } = (await host.send('/v2/models/mlp-delayed/stats')).json<{
      model_stats: {
        execution_count: number;
        batch_stats: { batch_size: number; compute_infer: { count: number } }[];
      }[];
    }>();
    const [{ batch_stats: batches, execution_count: runs }] = stats as [(typeof stats)[0]];
    expect(batches.some(({ batch_size: size }) => size > 1)).toBe(true);
    expect(batches.map(({ batch_size: size }) => size)).toEqual(
      batches.map(({ batch_size: size }) => size).toSorted((a, b) => a - b),
    );
    expect(batches.reduce((sum, { compute_infer: { count } }) => sum + count, 0)).toBe(runs);
  });
});

describe('a request that fails', () => {
  const lookup = (index: number): Promise<HttpAnswer> => infer('lookup', [1, 1], [index], 'INT64', 'index');

  it('in the run does not fail those that shared it', async () => {
    const indices = [0, 1, 99, 2, 0, -50, 1];
    const answers = await Promise.all(indices.map(lookup));
    for (const [at, index] of indices.entries()) {
      const answer = answers[at]!;
      if (index in LOOKUP_TABLE) expect(outputOf(answer)).toEqual([LOOKUP_TABLE[index]]);
      else {
        expect(answer.status).toBe(500);
        expect(answer.json()).toMatchObject({ code: 'inference-failed' });
      }
    }
  });

  it('before the run does not fail those that wait with it', async () => {
    const [good, bad, alsoGood] = await Promise.all([
      lookup(0),
      infer('lookup', [1, 1], ['zero'], 'INT64', 'index'),
      lookup(2),
    ]);
    expect(bad.status).toBe(400);
    expect([outputOf(good), outputOf(alsoGood)]).toEqual([[10], [30]]);
  });

  it('after the run, in being written, takes neither the others nor the count of the run with it', async () => {
    const before = await counts('half');
    const bytes = Buffer.from([0x00, 0x3c]);
    const inputs = [{ name: 'x', datatype: 'FP16', shape: [1, 1], parameters: { binary_data_size: 2 } }];
    const path = '/v2/models/half/infer';
    const inJson = binaryRequest({ inputs }, bytes);
    const inBinary = binaryRequest({ inputs, parameters: { binary_data_output: true } }, bytes);
    const answers = await Promise.all(
      [inJson, inBinary, inBinary, inBinary].map((request) => host.send(path, request)),
    );
    expect(answers.map(({ status }) => status)).toEqual([400, 200, 200, 200]);
    for (const answer of answers.slice(1)) expect([...readAnswer(answer).raw.get('y')!]).toEqual([0x00, 0x3c]);
    const after = await counts('half');
    expect(after.rows - before.rows).toBe(3);
    expect(after.runs - before.runs).toBe(1);
  });

  it('to keep its number of rows is run alone, and so are those beside it', async () => {
    expect(await batchingOf('filtering')).toMatch(/rows share a run/);
    const [kept, dropped] = await Promise.all([
      infer('filtering', [1, 2], [0.5, 0.25]),
      infer('filtering', [1, 2], [5, 6]),
    ]);
    expect(kept.json<OipAnswer>().outputs[0]).toMatchObject({ shape: [1, 2], data: [0.5, 0.25] });
    expect(dropped.json<OipAnswer>().outputs[0]).toMatchObject({ shape: [0, 2], data: [] });
    // Neither answer is owed to a new replica.
    expect((await host.status()).models.map(({ versions }) => versions[0]!.restarts)).toEqual(
      (await host.status()).models.map(() => 0),
    );
  });
});

describe('a model that must not batch', () => {
  it.each(['row-mixing', 'row-mixing-configured'])('is found out although its shape allows it: %s', async (name) => {
    expect(await batchingOf(name)).toBe('Requests run one by one: rows in one run change each other’s answers.');
    expect((await host.send(`/v2/models/${name}/config`)).json()).toMatchObject({ max_batch_size: 0 });
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => infer(name, [1, 2], [index, -index])));
    for (const answer of answers) expect(outputOf(answer)).toEqual([0, 0]);
    expect(outputOf(await infer(name, [2, 1], [1, 3]))).toEqual([-1, 1]);
    const { rows, runs } = await counts(name);
    expect(runs).toBe(9);
    expect(rows).toBe(9);
  });

  it('says so where its first dimension is fixed, and refuses more rows with a sentence', async () => {
    expect(await batchingOf('fixed')).toBe("Requests run one by one: the first dimension of input 'x' is fixed at 1.");
    const two = await infer('fixed', [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]);
    expect(two.status).toBe(400);
    expect(two.json()).toMatchObject({
      error: 'Input "x" has shape [2,4]: dimension 0 is 2, but the model takes 1 there ([1,4]).',
    });
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => infer('fixed', [1, 4], [index, 0, 0, 1])),
    );
    for (const [index, answer] of answers.entries()) expect(outputOf(answer)).toEqual([2 * index, 0, 0, 2]);
  });

  it('says so where its manifest says so', async () => {
    expect(await batchingOf('unbatched')).toBe('Batching is off: maxBatchSize is 0.');
  });

  it('and one that may says how many rows', async () => {
    expect(await batchingOf('mlp')).toBe('Up to 64 rows share a run.');
    expect(await batchingOf('mlp-delayed')).toBe('Up to 16 rows share a run.');
    expect((await host.send('/v2/models/mlp-delayed/config')).json()).toMatchObject({
      max_batch_size: 16,
      dynamic_batching: { max_queue_delay_microseconds: 200_000 },
    });
  });
});

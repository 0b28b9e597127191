/**
 * The four models that come with Millrace, every row of their samples, in every form in which a client can ask: against the
 * outputs that scikit-learn computed when the models were made.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoModels } from '../support/host-process.ts';
import { binaryRequest, float32Bytes, readAnswer, readFloat32s, readInt64s } from '../support/oip-request.ts';
import type { OipAnswer } from '../support/oip-request.ts';
import { TestHost } from '../support/test-host.ts';

interface Samples {
  readonly inputs: readonly (readonly number[])[];
  /** By output: per row a class index, or one number per column. */
  readonly expected: Readonly<Record<string, readonly (number | readonly number[])[]>>;
  readonly feature_names: readonly string[];
  readonly tolerance: number;
}

interface RowAnswer {
  readonly prediction: string | number;
  readonly label?: number;
  readonly probabilities?: Readonly<Record<string, number>>;
}

const models = ['iris', 'digits', 'diabetes', 'breast-cancer'];

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
});
afterAll(() => host[Symbol.asyncDispose]());

describe.each(models)('%s', (model) => {
  const samples = JSON.parse(readFileSync(join(demoModels, model, 'samples.json'), 'utf8')) as Samples;
  const { inputs, expected, feature_names: features } = samples;
  const columns = inputs[0]!.length;
  const outputNames = Object.keys(expected);
  const inferPath = `/v2/models/${model}/infer`;
  const labels = expected['label'] === undefined ? undefined : readLabels(model);
  let inputName: string;

  beforeAll(async () => {
    const metadata = (await host.send(`/v2/models/${model}`)).json<{ inputs: { name: string }[] }>();
    inputName = metadata.inputs[0]!.name;
  });

  /** `flat` is an output's elements for the rows from `from` on. */
  function expectOutput(name: string, flat: readonly (number | bigint)[], from = 0, count = inputs.length): void {
    const wanted = expected[name]!.slice(from, from + count).flat();
    expect(flat).toHaveLength(wanted.length);
    const worst = Math.max(...wanted.map((value, index) => Math.abs(value - Number(flat[index]))));
    expect(worst, `largest error of ${model}.${name}`).toBeLessThanOrEqual(name === 'label' ? 0 : samples.tolerance);
  }

  function expectAllOutputs(answer: OipAnswer, from = 0, count = inputs.length): void {
    expect(answer.outputs.map(({ name }) => name).toSorted()).toEqual(outputNames.toSorted());
    for (const { name, data } of answer.outputs) expectOutput(name, data as number[], from, count);
  }

  function expectRow(answer: RowAnswer, row: number): void {
    if (labels === undefined) {
      expectOutput('prediction', [answer.prediction as number], row, 1);
      return;
    }
    expectOutput('label', [answer.label!], row, 1);
    expect(answer.prediction).toBe(labels[answer.label!]);
    expect(Object.keys(answer.probabilities!)).toEqual(labels);
    expectOutput('probabilities', Object.values(answer.probabilities!), row, 1);
  }

  const allRows = (): object => ({ name: inputName, datatype: 'FP32', shape: [inputs.length, columns], data: inputs });
  const rawRows = (): object => ({
    name: inputName,
    datatype: 'FP32',
    shape: [inputs.length, columns],
    parameters: { binary_data_size: inputs.length * columns * 4 },
  });
  const rawBytes = float32Bytes(inputs.flat());

  it('has expectations for every row', () => {
    expect(inputs.length).toBeGreaterThanOrEqual(32);
    for (const name of outputNames) expect(expected[name]).toHaveLength(inputs.length);
    expect(features).toHaveLength(columns);
  });

  it('answers all rows of one JSON request', async () => {
    const answer = await host.post(inferPath, { inputs: [allRows()] });
    expect(answer.status).toBe(200);
    expectAllOutputs(answer.json<OipAnswer>());
  });

  it('answers all rows of one binary request in binary', async () => {
    const outputs = outputNames.map((name) => ({ name, parameters: { binary_data: true } }));
    const answer = await host.send(inferPath, binaryRequest({ inputs: [rawRows()], outputs }, rawBytes));
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    const { json, raw } = readAnswer(answer);
    expect(json.outputs.map(({ name }) => name)).toEqual(outputNames);
    for (const { name, datatype } of json.outputs) {
      expectOutput(name, datatype === 'INT64' ? readInt64s(raw.get(name)!) : readFloat32s(raw.get(name)!));
    }
  });

  it('answers a binary request in JSON and a JSON request in binary', async () => {
    const inJson = await host.send(inferPath, binaryRequest({ inputs: [rawRows()] }, rawBytes));
    expect(inJson.headers['content-type']).toBe('application/json');
    expectAllOutputs(inJson.json<OipAnswer>());

    const parameters = { binary_data_output: true };
    const { json, raw } = readAnswer(await host.post(inferPath, { parameters, inputs: [allRows()] }));
    for (const { name, datatype } of json.outputs) {
      expectOutput(name, datatype === 'INT64' ? readInt64s(raw.get(name)!) : readFloat32s(raw.get(name)!));
    }
  });

  it('mixes JSON and binary outputs in one answer', async () => {
    const outputs = outputNames.map((name, index) => ({ name, parameters: { binary_data: index === 0 } }));
    const answer = await host.send(inferPath, binaryRequest({ inputs: [rawRows()], outputs }, rawBytes));
    const { json, raw } = readAnswer(answer);
    for (const [index, { name, datatype, data }] of json.outputs.entries()) {
      expect(raw.has(name)).toBe(index === 0);
      const bytes = raw.get(name);
      if (bytes === undefined) expectOutput(name, data as number[]);
      else expectOutput(name, datatype === 'INT64' ? readInt64s(bytes) : readFloat32s(bytes));
    }
  });

  it('answers each row alone through /predict, as an object by feature name', async () => {
    for (const [row, values] of inputs.entries()) {
      const object = Object.fromEntries(features.map((name, column) => [name, values[column]]));
      const answer = await host.post(`/predict/${model}`, { features: object });
      expect(answer.status, answer.text).toBe(200);
      expectRow(answer.json<RowAnswer>(), row);
    }
  });

  it('answers each row alone through /predict, as an array, with the model in the body', async () => {
    for (const [row, values] of inputs.entries()) {
      expectRow((await host.post('/predict', { model, features: values })).json<RowAnswer>(), row);
    }
  });

  it('answers many rows of one /predict request, as arrays and as objects', async () => {
    const objects = inputs.map((values) => Object.fromEntries(features.map((name, column) => [name, values[column]])));
    for (const rows of [inputs, objects]) {
      const { predictions } = (await host.post(`/predict/${model}`, { features: rows })).json<{
        predictions: RowAnswer[];
      }>();
      expect(predictions).toHaveLength(inputs.length);
      for (const [row, answer] of predictions.entries()) expectRow(answer, row);
    }
  });

  it('answers all rows at once as single requests, several in one run', async () => {
    const before = await counts(model);
    const answers = await Promise.all(
      inputs.map((values) =>
        host.post(inferPath, { inputs: [{ name: inputName, datatype: 'FP32', shape: [1, columns], data: values }] }),
      ),
    );
    for (const [row, answer] of answers.entries()) expectAllOutputs(answer.json<OipAnswer>(), row, 1);
    const after = await counts(model);
    expect(after.rows - before.rows).toBe(inputs.length);
    expect(after.runs - before.runs).toBeLessThan(inputs.length);
  });
});

it('answers the rows of all models at once, each with its own model', async () => {
  const calls = models.flatMap((model) => {
    const { inputs, expected } = JSON.parse(readFileSync(join(demoModels, model, 'samples.json'), 'utf8')) as Samples;
    return inputs.map(async (values, row) => {
      const answer = (await host.post(`/predict/${model}`, { features: values })).json<RowAnswer & { model: string }>();
      expect(answer.model).toBe(model);
      const wanted = expected['label']?.[row];
      if (wanted === undefined)
        expect(answer.prediction).toBeCloseTo((expected['prediction']![row] as number[])[0]!, 1);
      else expect(answer.label).toBe(wanted);
    });
  });
  await Promise.all(calls);
});

async function counts(model: string): Promise<{ rows: number; runs: number }> {
  const samples = await host.metrics();
  const value = (name: string): number =>
    samples.find((sample) => sample.name === name && sample.labels['model'] === model)!.value;
  return { rows: value('nv_inference_count'), runs: value('nv_inference_exec_count') };
}

function readLabels(model: string): string[] {
  return readFileSync(join(demoModels, model, 'labels.txt'), 'utf8')
    .trimEnd()
    .split('\n');
}

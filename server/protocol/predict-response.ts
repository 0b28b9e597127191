/**
 * The answer of `/predict`, for people and for ordinary JSON parsers: label text and probabilities by label for a
 * classifier, a number for a regression, nested arrays by output name for anything else. Floats that are not finite are the
 * strings `"NaN"`, `"Infinity"` and `"-Infinity"`; 64-bit integers are numbers with all their digits.
 */
import { argMax, elements, elementText, labelKeys, plainMembers } from './answer-text.ts';
import { refuseHugeText } from './json-tensor.ts';
import type { PredictRequest } from './predict-request.ts';
import { recipeReader } from './recipe-answer.ts';
import type { Datatype, ModelFacts, Tensor } from './tensors.ts';

/** Milliseconds of one request: in the queue, in the runtime, and in all. */
export interface PredictTime {
  readonly queueMs: number;
  readonly inferenceMs: number;
  readonly totalMs: number;
}

/** How a model's outputs are read as classes; at least one of the two is there. */
interface ClassReading {
  readonly labels: readonly string[];
  /** One class index per row. */
  readonly indices: Tensor | undefined;
  /** One float per row and label. */
  readonly probabilities: Tensor | undefined;
}

const INTEGERS: ReadonlySet<Datatype> = new Set<Datatype>([
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
]);

/**
 * One JSON object: `id` (where the request has one), `model`, `version`, then for one row its members, for many
 * `predictions` with one object of the same members each, then `time`. The members of a row:
 *
 * - classifier (the model has labels, and an FP32 or FP64 output as wide as they are many, or an integer output with one
 *   value per row): `prediction` the label text, `label` its index, `probabilities` by label. The index is the integer
 *   output's where there is one, else the arg max. An index beyond the labels is its own prediction. A label text that
 *   occurs twice carries its index from the second time on.
 * - regression (one float output with one value per row): `prediction`, a number.
 * - otherwise: `prediction`, an object of nested arrays by output name.
 *
 * A recipe for the outputs comes before these rules: recipe-answer.ts.
 *
 * Throws `response-too-large` where the text might not fit in a string.
 */
export function encodePredictResponse(
  request: PredictRequest,
  model: ModelFacts,
  outputs: readonly Tensor[],
  time: PredictTime,
): Buffer {
  for (const output of outputs) refuseHugeText(output);
  const { rows } = request;
  const members = recipeReader(request, model, outputs) ?? plainReader(model, outputs, rows);
  const id = request.id === undefined ? '' : `"id":${JSON.stringify(request.id)},`;
  const answer = request.single
    ? members(0)
    : `"predictions":[${Array.from({ length: rows }, (_, row) => `{${members(row)}}`).join(',')}]`;
  const { queueMs, inferenceMs, totalMs } = time;
  const rounded = {
    queueMs: microseconds(queueMs),
    inferenceMs: microseconds(inferenceMs),
    totalMs: microseconds(totalMs),
  };
  return Buffer.from(
    `{${id}"model":${JSON.stringify(model.name)},"version":${JSON.stringify(model.version)},${answer},"time":${JSON.stringify(rounded)}}`,
  );
}

/** The members of each row where no recipe says how to read the outputs. */
function plainReader(model: ModelFacts, outputs: readonly Tensor[], rows: number): (row: number) => string {
  const classes = findClasses(model, outputs, rows);
  return (row) => (classes === undefined ? plainMembers(outputs, row, rows, model) : classMembers(classes, row));
}

/** Milliseconds with three decimals: what a clock tells, without the noise digits. */
function microseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function findClasses(model: ModelFacts, outputs: readonly Tensor[], rows: number): ClassReading | undefined {
  const { labels } = model;
  if (labels === undefined) return undefined;
  const probabilities = outputs.find(
    ({ datatype, shape }) =>
      (datatype === 'FP32' || datatype === 'FP64') &&
      shape.at(-1) === labels.length &&
      elements(shape) === rows * labels.length,
  );
  const indices = outputs.find(({ datatype, shape }) => INTEGERS.has(datatype) && elements(shape) === rows);
  return probabilities === undefined && indices === undefined ? undefined : { labels, indices, probabilities };
}

function classMembers({ labels, indices, probabilities }: ClassReading, row: number): string {
  const width = labels.length;
  const values = probabilities?.data.slice(row * width, (row + 1) * width) as Float32Array | Float64Array | undefined;
  const index = indices === undefined ? argMax(values!) : Number(indices.data[row]);
  const label = labels[index];
  let text = `"prediction":${label === undefined ? index : JSON.stringify(label)},"label":${index}`;
  if (probabilities !== undefined) {
    const keys = labelKeys(labels);
    const parts = keys.map((key, column) => `${key}:${elementText(probabilities, row * width + column)}`);
    text += `,"probabilities":{${parts.join(',')}}`;
  }
  return text;
}

/**
 * Runs saved test cases through a loaded model and compares what comes out with what was expected when they were saved. Row
 * by row, so that a model with a fixed batch of one is tried like any other.
 */
import { MillraceError } from '../base/errors.ts';
import { encodedImages } from './encoded-images.ts';
import { bf16ToNumber, fp16ToNumber, numberToFp16 } from './half-floats.ts';
import { readImageValue } from './recipe-values.ts';
import type { ResolvedRecipe } from './resolved-recipe.ts';
import type { Datatype, Signature, Tensor, TensorData, TensorSpec } from './tensors.ts';

/** Saved test cases, row by row. A row is a number, a text, nested lists of them, or `{"b64": …}` for a picture. */
export interface SavedSamples {
  /** By input; for a model with one input the name may be `''`. All have equally many rows. */
  readonly inputs: Readonly<Record<string, readonly unknown[]>>;
  /** By output; one that is not named, and a row that is null, is not compared. */
  readonly expected: Readonly<Record<string, readonly unknown[]>>;
  /** Largest allowed difference of a float; everything else must be equal. */
  readonly tolerance: number;
  /** Of single rows, where it is another. */
  readonly tolerances?: readonly (number | undefined)[] | undefined;
}

export interface SamplesReport {
  readonly rows: number;
  /** Largest difference of a float. */
  readonly worstError: number;
  /** The first differences, one sentence each, at most 5. Empty where all rows agree. */
  readonly failures: readonly string[];
}

/** A model that answers: a session in this process, or a served version through its replicas. */
export interface RunnableModel {
  readonly signature: Signature;
  /** Makes pictures of test cases what the model takes. */
  readonly recipe?: ResolvedRecipe | undefined;
  /** Inputs in the signature's order; pictures are not decoded yet. */
  run(inputs: readonly Tensor[]): Promise<Tensor[]>;
}

const shownFailures = 5;

/** Throws `invalid-request` where a sample does not fit the model's inputs at all. */
export async function compareSamples(model: RunnableModel, samples: SavedSamples): Promise<SamplesReport> {
  const { inputs, outputs } = model.signature;
  const failures: string[] = [];
  let worstError = 0;
  const rows = Object.values(samples.inputs)[0]?.length ?? 0;
  for (const name of Object.keys(samples.expected)) {
    if (!outputs.some((output) => output.name === name)) failures.push(`the model has no output ${name}`);
  }
  for (let row = 0; row < rows && failures.length < shownFailures; row += 1) {
    const answers = await model.run(
      inputs.map((input) => sampleTensor(input, inputs.length, model.recipe, samples, row)),
    );
    const tolerance = samples.tolerances?.[row] ?? samples.tolerance;
    for (const answer of answers) {
      const expected = samples.expected[answer.name]?.[row];
      if (expected === undefined || expected === null) continue;
      const { difference, failure } = compare(answer, [expected].flat(Infinity), tolerance);
      worstError = Math.max(worstError, difference);
      if (failure !== undefined) failures.push(`row ${row + 1}, output ${answer.name}: ${failure}`);
    }
  }
  return { rows, worstError, failures: failures.slice(0, shownFailures) };
}

function sampleTensor(
  spec: TensorSpec,
  inputCount: number,
  recipe: ResolvedRecipe | undefined,
  samples: SavedSamples,
  row: number,
): Tensor {
  const rows = samples.inputs[spec.name] ?? (inputCount === 1 ? samples.inputs[''] : undefined);
  if (rows === undefined) throw mismatch(`they have no rows for the input ${spec.name}`);
  const value = rows[row];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const image = recipe?.images.find(({ name }) => name === spec.name);
    if (image === undefined) throw mismatch(`row ${row + 1} of ${spec.name} is a picture, and no recipe takes one`);
    return encodedImages(image, readImageValue(value, spec.name));
  }
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0] as unknown) shape.push(inner.length);
  const full = shape.length < spec.shape.length ? [1, ...shape] : shape;
  const isFit =
    full.length === spec.shape.length &&
    full.every((size, index) => spec.shape[index] === -1 || spec.shape[index] === size);
  if (!isFit)
    throw mismatch(
      `row ${row + 1} of ${spec.name} has shape [${full.join(', ')}], the model takes [${spec.shape.join(', ')}]`,
    );
  if (!isRegular(value, shape)) throw mismatch(`row ${row + 1} of ${spec.name} is no regular list`);
  const elements = [value].flat(Infinity) as unknown[];
  return { name: spec.name, datatype: spec.datatype, shape: full, data: toData(spec.datatype, elements) };
}

/** Whether the nested list has that many elements at every place. */
function isRegular(value: unknown, [size, ...inner]: readonly number[]): boolean {
  if (size === undefined) return !Array.isArray(value);
  return Array.isArray(value) && value.length === size && value.every((each) => isRegular(each, inner));
}

function toData(datatype: Datatype, elements: readonly unknown[]): TensorData {
  if (datatype === 'BYTES') return elements.map(String);
  const numbers = elements.map(Number);
  switch (datatype) {
    case 'BOOL':
      return Uint8Array.from(elements, (element) => (element === true || element === 1 ? 1 : 0));
    case 'UINT8':
      return Uint8Array.from(numbers);
    case 'UINT16':
      return Uint16Array.from(numbers);
    case 'UINT32':
      return Uint32Array.from(numbers);
    case 'UINT64':
      return BigUint64Array.from(elements as number[], (element) => BigInt(element));
    case 'INT8':
      return Int8Array.from(numbers);
    case 'INT16':
      return Int16Array.from(numbers);
    case 'INT32':
      return Int32Array.from(numbers);
    case 'INT64':
      return BigInt64Array.from(elements as number[], (element) => BigInt(element));
    case 'FP16':
    case 'BF16':
      return Uint16Array.from(numbers, numberToFp16);
    case 'FP32':
      return Float32Array.from(numbers);
    case 'FP64':
      return Float64Array.from(numbers);
  }
}

function compare(
  answer: Tensor,
  expected: readonly unknown[],
  tolerance: number,
): { readonly difference: number; readonly failure: string | undefined } {
  if (answer.data.length !== expected.length) {
    return { difference: 0, failure: `${answer.data.length} values, expected ${expected.length}` };
  }
  const isFloat = ['FP16', 'FP32', 'FP64'].includes(answer.datatype);
  let difference = 0;
  for (const [index, wanted] of expected.entries()) {
    const got = elementOf(answer, index);
    if (isFloat && typeof wanted === 'number') {
      const apart = Math.abs(Number(got) - wanted);
      difference = Math.max(difference, apart);
      if (!(apart <= tolerance)) return { difference, failure: `${String(got)}, expected ${wanted} ± ${tolerance}` };
    } else if (String(got) !== String(typeof wanted === 'boolean' ? Number(wanted) : wanted)) {
      return { difference, failure: `${String(got).slice(0, 60)}, expected ${String(wanted).slice(0, 60)}` };
    }
  }
  return { difference, failure: undefined };
}

function elementOf({ datatype, data }: Tensor, index: number): number | bigint | string {
  const element = data[index]!;
  if (datatype === 'FP16') return fp16ToNumber(element as number);
  return datatype === 'BF16' ? bf16ToNumber(element as number) : element;
}

function mismatch(what: string): MillraceError {
  return new MillraceError('invalid-request', `The saved test cases do not fit the model: ${what}.`, {
    hint: 'Correct samples.json, or import with --no-samples.',
  });
}

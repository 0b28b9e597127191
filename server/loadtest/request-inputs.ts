/** The inputs that a load test sends: rows of samples, or numbers made up from the model's signature. Pure but for the given chance. */
import { MillraceError } from '../base/errors.ts';
import { allocateElements } from '../protocol/datatypes.ts';
import { numberToBf16, numberToFp16 } from '../protocol/half-floats.ts';
import type { Datatype, Tensor, TensorData, TensorSpec } from '../protocol/tensors.ts';
import type { Random } from './random.ts';

/** By input; `''` where the file names none, for a model with one input. */
export type SampleRows = Readonly<Record<string, readonly unknown[]>>;

export interface InputShapes {
  readonly rows: number;
  /** By input: its shape without a free first dimension. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** Size of a free dimension that nothing is known about. */
const freeDimension = 8;
const maxElements = 64 * 1024 * 1024;

/** Throws `invalid-config` where a given shape does not fit the signature or is too large. */
export function inputShape(spec: TensorSpec, { rows, shapes }: InputShapes): number[] {
  const given = shapes[spec.name];
  const isFree = spec.shape[0] === -1;
  if (!isFree && rows > 1) {
    throw new MillraceError(
      'invalid-config',
      `The first dimension of ${spec.name} is fixed, so it takes no ${rows} rows.`,
      {
        hint: 'Leave --rows away.',
      },
    );
  }
  const inner = isFree ? spec.shape.slice(1) : spec.shape;
  const isFit =
    given === undefined ||
    (given.length === inner.length && inner.every((size, index) => size === -1 || size === given[index]));
  if (!isFit) {
    throw new MillraceError(
      'invalid-config',
      `The shape ${given.join('x')} does not fit the input ${spec.name}, which takes [${spec.shape.join(', ')}].`,
      { hint: 'Give all dimensions but a free first one, for example 3x224x224.' },
    );
  }
  const shape = inner.map((size, index) => given?.[index] ?? (size === -1 ? freeDimension : size));
  const whole = isFree ? [rows, ...shape] : shape;
  const elements = whole.reduce((product, size) => product * size, 1);
  if (elements > maxElements) {
    throw new MillraceError('invalid-config', `The input ${spec.name} would have ${elements} elements.`, {
      hint: 'Use fewer rows or a smaller --shape.',
    });
  }
  return whole;
}

export function randomTensor(spec: TensorSpec, shapes: InputShapes, random: Random): Tensor {
  const shape = inputShape(spec, shapes);
  const count = shape.reduce((product, size) => product * size, 1);
  return { name: spec.name, datatype: spec.datatype, shape, data: randomElements(spec.datatype, count, random) };
}

/** Floats from 0 to 1, whole numbers from 0 to 9: small enough for an index into most tables, and different every time. */
function randomElements(datatype: Datatype, count: number, random: Random): TensorData {
  if (datatype === 'BYTES') {
    return Array.from({ length: count }, () => Math.floor(random() * 1e9).toString(36));
  }
  return fill(datatype, count, (): number => {
    if (datatype === 'BOOL') return random() < 0.5 ? 0 : 1;
    return isFloat(datatype) ? random() : Math.floor(random() * 10);
  });
}

/**
 * `rows` of the samples from `first` on, beginning again at the end. Undefined where the samples do not fit the signature: another
 * model may have left them.
 */
export function sampleTensor(
  spec: TensorSpec,
  inputCount: number,
  samples: SampleRows,
  first: number,
  rows: number,
): Tensor | undefined {
  const list = samples[spec.name] ?? (inputCount === 1 ? samples[''] : undefined);
  if (list === undefined || list.length === 0) return undefined;
  const chosen = Array.from({ length: rows }, (_, index) => list[(first + index) % list.length]);
  const rowShape: number[] = [];
  for (let inner: unknown = chosen[0]; Array.isArray(inner); inner = inner[0]) rowShape.push(inner.length);
  const isWhole = rowShape.length === spec.shape.length && rows === 1;
  const shape = isWhole ? rowShape : [rows, ...rowShape];
  const isFit =
    shape.length === spec.shape.length && spec.shape.every((size, index) => size === -1 || size === shape[index]);
  if (!isFit) return undefined;
  const elements = chosen.flat(Infinity);
  if (elements.length !== shape.reduce((product, size) => product * size, 1)) return undefined;
  if (spec.datatype === 'BYTES') return { name: spec.name, datatype: spec.datatype, shape, data: elements.map(String) };
  const numbers = elements.map(Number);
  if (numbers.some((value) => Number.isNaN(value) && !isFloat(spec.datatype))) return undefined;
  let next = 0;
  const data = fill(spec.datatype, numbers.length, () => numbers[next++]!);
  return { name: spec.name, datatype: spec.datatype, shape, data };
}

function isFloat(datatype: Datatype): boolean {
  return datatype === 'FP16' || datatype === 'BF16' || datatype === 'FP32' || datatype === 'FP64';
}

function fill(datatype: Exclude<Datatype, 'BYTES'>, count: number, element: () => number): TensorData {
  const data = allocateElements(datatype, count);
  for (let index = 0; index < count; index += 1) {
    const value = element();
    if (datatype === 'INT64' || datatype === 'UINT64') data[index] = BigInt(Math.trunc(value)) as never;
    else if (datatype === 'FP16') data[index] = numberToFp16(value);
    else if (datatype === 'BF16') data[index] = numberToBf16(value);
    else data[index] = value;
  }
  return data;
}

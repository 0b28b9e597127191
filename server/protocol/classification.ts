/**
 * The classification extension: instead of an output's tensor its n highest values as strings `value:index[:label]`, as
 * Triton writes them (the value with C's `%f`, integers as they are; its documentation shows another form than its code).
 */
import { MillraceError } from '../base/errors.ts';
import type { ModelFacts, Tensor } from './tensors.ts';
import { quoted } from './wording.ts';

/** Triton's bound on the strings of one answer. */
const MAX_CLASSES = 1_000_000;

/**
 * The `classes` highest values of each row, best first; equal values by index, NaN last. A BYTES tensor of shape
 * `[rows, n]`, or `[n]` where the model does not batch; n is at most the number of classes.
 *
 * Throws `invalid-request` for an output that is not plain numbers (BYTES, BOOL, FP16, BF16), `response-too-large` beyond
 * a million strings.
 */
export function classify(tensor: Tensor, classes: number, model: ModelFacts): Tensor {
  const { name, datatype, shape, data } = tensor;
  if (Array.isArray(data) || datatype === 'BOOL' || datatype === 'FP16' || datatype === 'BF16') {
    throw new MillraceError(
      'invalid-request',
      `Output ${quoted(name)} is ${datatype}, and classification is for integers, FP32 and FP64 only.`,
    );
  }
  const rows = model.maxBatchSize > 0 ? (shape[0] ?? 1) : 1;
  const width = rows === 0 ? 0 : data.length / rows;
  const count = rows === 0 ? classes : Math.min(classes, width);
  if (rows * count > MAX_CLASSES) {
    throw new MillraceError(
      'response-too-large',
      `Classification of output ${quoted(name)} would give ${rows * count} strings, which is more than ${MAX_CLASSES}.`,
    );
  }
  const decimals = datatype === 'FP32' || datatype === 'FP64';
  const strings: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    const values = data.subarray(row * width, (row + 1) * width);
    for (const index of bestFirst(values).slice(0, count)) {
      const label = model.labels?.[index];
      const value = decimals ? fixedSix(values[index] as number) : String(values[index]);
      strings.push(label === undefined ? `${value}:${index}` : `${value}:${index}:${label}`);
    }
  }
  return { name, datatype: 'BYTES', shape: model.maxBatchSize > 0 ? [rows, count] : [count], data: strings };
}

function bestFirst(values: ArrayLike<number | bigint>): number[] {
  return Array.from({ length: values.length }, (_, index) => index).sort((left, right) => {
    const a = values[left]!;
    const b = values[right]!;
    if (a > b) return -1;
    if (b > a) return 1;
    // Equal, which leaves them in the order of their indices, or one is NaN.
    return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  });
}

/** C's `%f`. */
function fixedSix(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.000000`; // where toFixed turns to exponents
  return Object.is(value, -0) ? '-0.000000' : value.toFixed(6);
}

/**
 * Joining the rows of several requests into one batch and cutting a batch's outputs into rows again. Pure.
 */
import type { Tensor, TensorData } from '../protocol/tensors.ts';

/** True where the two requests' inputs differ in nothing but the number of rows. */
export function canShareRun(a: readonly Tensor[], b: readonly Tensor[]): boolean {
  for (let i = 0; i < a.length; i++) {
    const left = a[i]!.shape;
    const right = b[i]!.shape;
    if (left.length !== right.length) return false;
    for (let dim = 1; dim < left.length; dim++) if (left[dim] !== right[dim]) return false;
  }
  return true;
}

/** One tensor per input with all rows, in order. `requests` share a run (canShareRun) and are at least two. */
export function joinRows(requests: readonly (readonly Tensor[])[]): Tensor[] {
  const first = requests[0]!;
  return first.map((template, index) => {
    const parts = requests.map((inputs) => inputs[index]!);
    const rows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
    return {
      name: template.name,
      datatype: template.datatype,
      shape: [rows, ...template.shape.slice(1)],
      data: joinData(parts.map((part) => part.data)),
    };
  });
}

function joinData(parts: readonly TensorData[]): TensorData {
  const first = parts[0]!;
  if (Array.isArray(first)) return parts.flat() as string[];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const Joined = first.constructor as new (length: number) => Float32Array;
  const joined = new Joined(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part as Float32Array, offset);
    offset += part.length;
  }
  return joined;
}

/** Rows `from` to `to` of each output, as views. Undefined where an output's first dimension is not `totalRows`. */
export function sliceRows(
  outputs: readonly Tensor[],
  from: number,
  to: number,
  totalRows: number,
): Tensor[] | undefined {
  const slices: Tensor[] = [];
  for (const output of outputs) {
    if (output.shape[0] !== totalRows) return undefined;
    const stride = totalRows === 0 ? 0 : output.data.length / totalRows;
    const data = Array.isArray(output.data)
      ? output.data.slice(from * stride, to * stride)
      : output.data.subarray(from * stride, to * stride);
    slices.push({ ...output, shape: [to - from, ...output.shape.slice(1)], data });
  }
  return slices;
}

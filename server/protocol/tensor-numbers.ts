/** Elements of a tensor as JavaScript's numbers. */
import { bf16ToNumber, fp16ToNumber } from './half-floats.ts';
import type { Tensor } from './tensors.ts';

/** NaN for texts that are none. */
export function numberAt({ datatype, data }: Tensor, index: number): number {
  const element = data[index]!;
  if (datatype === 'FP16') return fp16ToNumber(element as number);
  return datatype === 'BF16' ? bf16ToNumber(element as number) : Number(element);
}

/**
 * Tensors and model signatures as plain data, shared by host and replica. No I/O, no ONNX Runtime.
 *
 * Names follow the Open Inference Protocol: a tensor has a name, a shape, a datatype and data.
 */

import type { ResolvedRecipe } from './resolved-recipe.ts';

/**
 * Datatypes of the Open Inference Protocol plus Triton's BF16. The place in this list is the code of a datatype where outputs are kept
 * on disk: new ones come at the end.
 */
export const datatypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BF16',
  'BYTES',
] as const;

export type Datatype = (typeof datatypes)[number];

/**
 * Row-major elements. BOOL is a Uint8Array of 0 and 1; FP16 and BF16 are Uint16Arrays of their bit patterns; INT64 and
 * UINT64 are BigInt arrays; BYTES is an array of strings (the runtime's string tensors are UTF-8).
 */
export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | string[];

export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  /** Full shape, batch included. The product of the dimensions equals the number of elements. */
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1 stands for a free dimension. */
  readonly shape: readonly number[];
}

/** What a loaded model version takes and gives, as the runtime itself reports it. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** What encoding an answer needs to know of a model version. */
export interface ModelFacts {
  readonly name: string;
  /** Digits, e.g. `'1'`. */
  readonly version: string;
  readonly signature: Signature;
  /** Rows that may run together; 0 where the model cannot batch (its first dimension is not a free batch dimension). */
  readonly maxBatchSize: number;
  /** Class labels by index, from labels.txt. */
  readonly labels: readonly string[] | undefined;
  /** Feature names in column order, from millrace.json; they make `/predict` take objects. */
  readonly featureNames: readonly string[] | undefined;
  /** How its inputs are made and its outputs read, from millrace.json. */
  readonly recipe?: ResolvedRecipe | undefined;
}

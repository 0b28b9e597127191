/** The element types of ONNX tensors: their names, their sizes, and which of them ONNX Runtime for Node carries in and out. */
import type { Datatype } from '../protocol/tensors.ts';

interface ElementFacts {
  readonly name: string;
  /** 0 where the size is not fixed. */
  readonly bits: number;
  /** Undefined where a model's input or output of this type cannot be served. */
  readonly datatype?: Datatype;
}

/** By TensorProto.DataType of onnx.proto. */
const elements: Readonly<Record<number, ElementFacts>> = {
  1: { name: 'float32', bits: 32, datatype: 'FP32' },
  2: { name: 'uint8', bits: 8, datatype: 'UINT8' },
  3: { name: 'int8', bits: 8, datatype: 'INT8' },
  4: { name: 'uint16', bits: 16, datatype: 'UINT16' },
  5: { name: 'int16', bits: 16, datatype: 'INT16' },
  6: { name: 'int32', bits: 32, datatype: 'INT32' },
  7: { name: 'int64', bits: 64, datatype: 'INT64' },
  8: { name: 'string', bits: 0, datatype: 'BYTES' },
  9: { name: 'bool', bits: 8, datatype: 'BOOL' },
  10: { name: 'float16', bits: 16, datatype: 'FP16' },
  11: { name: 'float64', bits: 64, datatype: 'FP64' },
  12: { name: 'uint32', bits: 32, datatype: 'UINT32' },
  13: { name: 'uint64', bits: 64, datatype: 'UINT64' },
  14: { name: 'complex64', bits: 64 },
  15: { name: 'complex128', bits: 128 },
  16: { name: 'bfloat16', bits: 16 },
  17: { name: 'float8e4m3fn', bits: 8 },
  18: { name: 'float8e4m3fnuz', bits: 8 },
  19: { name: 'float8e5m2', bits: 8 },
  20: { name: 'float8e5m2fnuz', bits: 8 },
  21: { name: 'uint4', bits: 4 },
  22: { name: 'int4', bits: 4 },
  23: { name: 'float4e2m1', bits: 4 },
  24: { name: 'float8e8m0', bits: 8 },
  25: { name: 'uint2', bits: 2 },
  26: { name: 'int2', bits: 2 },
};

export function elementName(type: number): string {
  return elements[type]?.name ?? `type ${type}`;
}

export function elementDatatype(type: number): Datatype | undefined {
  return elements[type]?.datatype;
}

/** Bytes that `count` elements take; 0 for texts, which carry their own length, and for types unknown here. */
export function elementBytes(type: number, count: number): number {
  return Math.ceil((count * (elements[type]?.bits ?? 0)) / 8);
}

/**
 * Writes ONNX models for tests and benchmarks, so that they need no Python and no binary fixtures.
 *
 *     model({
 *       name: 'double',
 *       inputs: [tensorInfo('x', 'FLOAT', ['batch', 4])],
 *       outputs: [tensorInfo('y', 'FLOAT', ['batch', 4])],
 *       nodes: [node('Mul', ['x', 'two'], ['y'])],
 *       initializers: [floats('two', [], [2])],
 *     })
 *
 * Owns the message layout only; it checks nothing that ONNX Runtime checks, because tests need broken models too. Ready models:
 * models.ts. Source of field and type numbers: onnx/onnx.proto, IR version 8.
 */

import { ProtobufWriter } from './protobuf-writer.ts';

const IR_VERSION = 8;
/** ReduceMean and its kin still take their axes as an attribute in 13; Loop and Gemm are as they are today. */
const OPSET = 13;

/** TensorProto.DataType. */
const ELEMENT_TYPES = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
  BFLOAT16: 16,
} as const;

export type ElementType = keyof typeof ELEMENT_TYPES;

/** A number is a fixed dimension, a text names a free one. */
export type Shape = readonly (number | string)[];

/** A ValueInfoProto: an input or output of a graph. */
export interface TensorInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
}

/** A TensorProto with its elements. */
export interface Initializer {
  readonly kind: 'initializer';
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** Little-endian bytes, or the elements themselves where the type is STRING. */
  readonly elements: Uint8Array | readonly string[];
}

/** A whole number becomes an INT unless ATTRIBUTES_OF_FLOATS says otherwise; Float32Array always becomes FLOATS. */
export type Attribute = number | string | readonly number[] | readonly string[] | Float32Array | Initializer | Graph;

export interface Node {
  readonly op: string;
  /** `''` leaves out an optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** `''` is ai.onnx. */
  readonly domain: string;
}

export interface GraphParts {
  readonly name: string;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly nodes: readonly Node[];
  readonly initializers?: readonly Initializer[];
}

/** The body of a Loop, If or Scan. */
export interface Graph extends GraphParts {
  readonly kind: 'graph';
}

export interface ModelParts extends GraphParts {
  /** Version of ai.onnx. Default 13. */
  readonly opset?: number;
  /** Version of ai.onnx.ml. Default: not imported. */
  readonly mlOpset?: number;
}

/** Attributes which are FLOAT in every operator that has them, so that `{ alpha: 1 }` means what it says. */
const ATTRIBUTES_OF_FLOATS = new Set(['alpha', 'beta', 'gamma', 'epsilon', 'momentum', 'lambd', 'bias', 'value_float']);

/** The bytes of a model.onnx. */
export function model(parts: ModelParts): Uint8Array<ArrayBuffer> {
  const file = new ProtobufWriter().varint(1, IR_VERSION).string(2, 'millrace-test').message(7, writeGraph(parts));
  file.message(8, new ProtobufWriter().string(1, '').varint(2, parts.opset ?? OPSET));
  if (parts.mlOpset !== undefined) {
    file.message(8, new ProtobufWriter().string(1, 'ai.onnx.ml').varint(2, parts.mlOpset));
  }
  return file.finish();
}

export function graph(parts: GraphParts): Graph {
  return { kind: 'graph', ...parts };
}

export function tensorInfo(name: string, type: ElementType, shape: Shape): TensorInfo {
  return { name, type, shape };
}

export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
  domain = '',
): Node {
  return { op, inputs, outputs, attributes, domain };
}

export function floats(name: string, dims: readonly number[], values: ArrayLike<number>): Initializer {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (let index = 0; index < values.length; index += 1) view.setFloat32(index * 4, values[index]!, true);
  return { kind: 'initializer', name, type: 'FLOAT', dims, elements: new Uint8Array(view.buffer) };
}

export function int64s(name: string, dims: readonly number[], values: readonly number[]): Initializer {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  for (const [index, value] of values.entries()) view.setBigInt64(index * 8, BigInt(value), true);
  return { kind: 'initializer', name, type: 'INT64', dims, elements: new Uint8Array(view.buffer) };
}

export function bools(name: string, dims: readonly number[], values: readonly boolean[]): Initializer {
  return { kind: 'initializer', name, type: 'BOOL', dims, elements: Uint8Array.from(values, Number) };
}

export function strings(name: string, dims: readonly number[], values: readonly string[]): Initializer {
  return { kind: 'initializer', name, type: 'STRING', dims, elements: values };
}

function writeGraph(parts: GraphParts): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const each of parts.nodes) writer.message(1, writeNode(each));
  writer.string(2, parts.name);
  for (const initializer of parts.initializers ?? []) writer.message(5, writeTensor(initializer));
  for (const input of parts.inputs) writer.message(11, writeTensorInfo(input));
  for (const output of parts.outputs) writer.message(12, writeTensorInfo(output));
  return writer;
}

function writeNode({ op, inputs, outputs, attributes, domain }: Node): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const input of inputs) writer.string(1, input);
  for (const output of outputs) writer.string(2, output);
  writer.string(4, op);
  for (const [name, value] of Object.entries(attributes)) writer.message(5, writeAttribute(name, value));
  return writer.string(7, domain);
}

/** Field 20 is AttributeProto.AttributeType; each type has its own field. */
function writeAttribute(name: string, value: Attribute): ProtobufWriter {
  const writer = new ProtobufWriter().string(1, name);
  if (typeof value === 'string') return writer.string(4, value).varint(20, 3);
  if (typeof value === 'number') {
    const isFloat = ATTRIBUTES_OF_FLOATS.has(name) || !Number.isInteger(value);
    return isFloat ? writer.float(2, value).varint(20, 1) : writer.varint(3, value).varint(20, 2);
  }
  if (value instanceof Float32Array) return writer.packedFloats(7, value).varint(20, 6);
  if ('kind' in value) {
    if (value.kind === 'graph') return writer.message(6, writeGraph(value)).varint(20, 5);
    return writer.message(5, writeTensor(value)).varint(20, 4);
  }
  if (isTexts(value)) {
    for (const text of value) writer.string(9, text);
    return writer.varint(20, 8);
  }
  const isInts = value.every((each) => Number.isInteger(each));
  return isInts ? writer.packedVarints(8, value).varint(20, 7) : writer.packedFloats(7, value).varint(20, 6);
}

function isTexts(values: readonly number[] | readonly string[]): values is readonly string[] {
  return typeof values[0] === 'string';
}

function writeTensor({ name, type, dims, elements }: Initializer): ProtobufWriter {
  const writer = new ProtobufWriter().packedVarints(1, dims).varint(2, ELEMENT_TYPES[type]);
  if (elements instanceof Uint8Array) return writer.string(8, name).bytes(9, elements);
  for (const text of elements) writer.string(6, text);
  return writer.string(8, name);
}

function writeTensorInfo({ name, type, shape }: TensorInfo): ProtobufWriter {
  const dimensions = new ProtobufWriter();
  for (const size of shape) {
    const dimension = new ProtobufWriter();
    dimensions.message(1, typeof size === 'number' ? dimension.varint(1, size) : dimension.string(2, size));
  }
  const tensor = new ProtobufWriter().varint(1, ELEMENT_TYPES[type]).message(2, dimensions);
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensor));
}

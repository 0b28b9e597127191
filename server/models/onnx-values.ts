/** Inputs and outputs of an ONNX graph as its file declares them: kinds, element types and shapes. Part of onnx-reader.ts. */
import { MillraceError } from '../base/errors.ts';
import type { MessageReader, Span } from './protobuf-reader.ts';

/** An input or output of the model as the file declares it. */
export interface OnnxValue {
  readonly name: string;
  readonly kind: 'tensor' | 'sequence' | 'map' | 'optional' | 'sparse tensor' | 'value of unknown type';
  /** TensorProto.DataType; 0 where the value is no tensor. */
  readonly elementType: number;
  /** A number is fixed, a text names a free dimension, `''` is free without a name. Undefined where no shape is declared. */
  readonly shape: readonly (number | string)[] | undefined;
  /** The field in the graph. */
  readonly whole: Span;
}

/** Dimensions of a tensor; the runtime takes no more. */
export const maxRank = 64;

/** Reads a ValueInfoProto, the field at hand. Throws `model-refused`. */
export function readValue(field: MessageReader): OnnxValue {
  const message = field.message();
  let name = '';
  let type: Pick<OnnxValue, 'kind' | 'elementType' | 'shape'> = {
    kind: 'value of unknown type',
    elementType: 0,
    shape: undefined,
  };
  while (message.next()) {
    if (message.field === 1) name = message.text('the name of an input or output');
    else if (message.field === 2) type = readType(message.message());
  }
  return { name, ...type, whole: field.whole };
}

const kinds: Readonly<Record<number, OnnxValue['kind']>> = {
  1: 'tensor',
  4: 'sequence',
  5: 'map',
  8: 'sparse tensor',
  9: 'optional',
};

function readType(message: MessageReader): Pick<OnnxValue, 'kind' | 'elementType' | 'shape'> {
  let kind: OnnxValue['kind'] = 'value of unknown type';
  let elementType = 0;
  let shape: (number | string)[] | undefined;
  while (message.next()) {
    const found = kinds[message.field];
    if (found === undefined) continue;
    kind = found;
    if (kind !== 'tensor') continue;
    const tensor = message.message();
    while (tensor.next()) {
      if (tensor.field === 1) elementType = tensor.number;
      else if (tensor.field === 2) shape = readShape(tensor.message());
    }
  }
  return { kind, elementType, shape };
}

function readShape(message: MessageReader): (number | string)[] {
  const shape: (number | string)[] = [];
  while (message.next()) {
    if (message.field !== 1) continue;
    const dimension = message.message();
    let size: number | string = '';
    while (dimension.next()) {
      if (dimension.field === 1) size = dimension.number;
      else if (dimension.field === 2) size = dimension.text('the name of a dimension');
    }
    if (shape.push(size) > maxRank) throw refuseOnnx(`an input or output has more than ${maxRank} dimensions`);
  }
  return shape;
}

/** What every reader of ONNX says no with. */
export function refuseOnnx(what: string): MillraceError {
  return new MillraceError('model-refused', `The file is no usable ONNX model: ${what}.`, {
    hint: 'Copy the file again; if it stays so, export the model again.',
    details: { reason: 'not-onnx' },
  });
}

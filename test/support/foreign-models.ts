/**
 * Models as other tools write them and the builder of this project does not: scikit-learn's ZipMap, weights in other files,
 * types that ONNX Runtime for Node cannot carry. Every function gives the bytes of a model.onnx.
 */
import { ProtobufWriter } from './protobuf-writer.ts';

const FLOAT = 1;
const INT64 = 7;
const STRING = 8;

export interface ExternalTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** Every pair is written, in order: a key may be there twice. */
  readonly entries: readonly (readonly [key: string, value: string])[];
}

/** y = x + w with w, `[4]`, in another file; x `[batch, 4]`. */
export function externalDataModel(
  entries: ExternalTensor['entries'],
  dims: readonly number[] = [4],
): Uint8Array<ArrayBuffer> {
  return modelOf(
    new ProtobufWriter()
      .message(1, nodeOf('Add', ['x', 'w'], ['y']))
      .string(2, 'external')
      .message(5, externalTensor({ name: 'w', dims, entries }))
      .message(11, valueOf('x', tensorType(FLOAT, ['batch', 4])))
      .message(12, valueOf('y', tensorType(FLOAT, ['batch', 4]))),
  );
}

/** The same tensor as an attribute of a node inside the branch of an If: a place that is easily forgotten. */
export function nestedExternalModel(location: string): Uint8Array<ArrayBuffer> {
  const tensor = externalTensor({ name: 'w', dims: [4], entries: [['location', location]] });
  const attribute = new ProtobufWriter().string(1, 'value').message(5, tensor).varint(20, 4);
  const branch = new ProtobufWriter()
    .message(1, nodeOf('Constant', [], ['c']).message(5, attribute))
    .string(2, 'branch')
    .message(12, valueOf('c', tensorType(FLOAT, [4])));
  const branches = ['then_branch', 'else_branch'].map((name) =>
    new ProtobufWriter().string(1, name).message(6, branch).varint(20, 5),
  );
  const choice = nodeOf('If', ['x'], ['y']);
  for (const each of branches) choice.message(5, each);
  return modelOf(
    new ProtobufWriter()
      .message(1, choice)
      .string(2, 'nested')
      .message(11, valueOf('x', tensorType(9, [1])))
      .message(12, valueOf('y', tensorType(FLOAT, [4]))),
  );
}

/**
 * As skl2onnx writes a classifier of two features: LinearClassifier → Normalizer → ZipMap, the label and a map of
 * probabilities. Class c scores by feature c, so that the answers are known.
 */
export function zipMapModel(labels: readonly string[] | readonly number[]): Uint8Array<ArrayBuffer> {
  const isText = typeof labels[0] === 'string';
  const classes = labels.length;
  const weights = Array.from({ length: classes * 2 }, (_, index) => (index % 2 === Math.floor(index / 2) ? 1 : 0));
  const name = isText ? 'classlabels_strings' : 'classlabels_ints';
  const linear = nodeOf('LinearClassifier', ['X'], ['label', 'scores'], 'ai.onnx.ml')
    .message(5, labelsAttribute(name, labels))
    .message(5, floatsAttribute('coefficients', weights))
    .message(
      5,
      floatsAttribute(
        'intercepts',
        labels.map(() => 0),
      ),
    )
    .message(5, new ProtobufWriter().string(1, 'post_transform').string(4, 'SOFTMAX').varint(20, 3));
  const normalizer = nodeOf('Normalizer', ['scores'], ['probabilities'], 'ai.onnx.ml').message(
    5,
    new ProtobufWriter().string(1, 'norm').string(4, 'L1').varint(20, 3),
  );
  const zipMap = nodeOf('ZipMap', ['probabilities'], ['output_probability'], 'ai.onnx.ml').message(
    5,
    labelsAttribute(isText ? 'classlabels_strings' : 'classlabels_int64s', labels),
  );
  const map = new ProtobufWriter().varint(1, isText ? STRING : INT64).message(2, tensorType(FLOAT, []));
  const sequence = new ProtobufWriter().message(1, new ProtobufWriter().message(5, map));
  return modelOf(
    new ProtobufWriter()
      .message(1, linear)
      .message(1, normalizer)
      .message(1, zipMap)
      .string(2, 'classifier')
      .message(11, valueOf('X', tensorType(FLOAT, ['', 2])))
      .message(12, valueOf('label', tensorType(isText ? STRING : INT64, [''])))
      .message(12, valueOf('output_probability', new ProtobufWriter().message(4, sequence))),
  );
}

export type ForeignType = 'bfloat16' | 'complex64' | 'sequence' | 'map' | 'optional' | 'sparse tensor';

/** x `[batch]` of float32 in, and y of the type out. ONNX Runtime need not accept it: inspection comes first. */
export function foreignTypeModel(type: ForeignType, role: 'input' | 'output' = 'output'): Uint8Array<ArrayBuffer> {
  const float = valueOf(role === 'output' ? 'x' : 'y', tensorType(FLOAT, ['batch']));
  const foreign = valueOf(role === 'output' ? 'y' : 'x', foreignType(type));
  return modelOf(
    new ProtobufWriter()
      .message(1, nodeOf('Identity', ['x'], ['y']))
      .string(2, 'foreign')
      .message(role === 'output' ? 11 : 12, float)
      .message(role === 'output' ? 12 : 11, foreign),
  );
}

function foreignType(type: ForeignType): ProtobufWriter {
  const float = tensorType(FLOAT, ['batch']);
  switch (type) {
    case 'bfloat16':
      return tensorType(16, ['batch']);
    case 'complex64':
      return tensorType(14, ['batch']);
    case 'sequence':
      return new ProtobufWriter().message(4, new ProtobufWriter().message(1, float));
    case 'map':
      return new ProtobufWriter().message(5, new ProtobufWriter().varint(1, INT64).message(2, float));
    case 'optional':
      return new ProtobufWriter().message(9, new ProtobufWriter().message(1, float));
    case 'sparse tensor':
      return new ProtobufWriter().message(8, new ProtobufWriter().varint(1, FLOAT));
  }
}

function modelOf(graph: ProtobufWriter): Uint8Array<ArrayBuffer> {
  return new ProtobufWriter()
    .varint(1, 8)
    .string(2, 'skl2onnx')
    .string(3, '1.17.0')
    .message(7, graph)
    .message(8, new ProtobufWriter().string(1, '').varint(2, 15))
    .message(8, new ProtobufWriter().string(1, 'ai.onnx.ml').varint(2, 1))
    .finish();
}

function nodeOf(op: string, inputs: readonly string[], outputs: readonly string[], domain = ''): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const input of inputs) writer.string(1, input);
  for (const output of outputs) writer.string(2, output);
  return writer.string(4, op).string(7, domain);
}

function valueOf(name: string, type: ProtobufWriter): ProtobufWriter {
  return new ProtobufWriter().string(1, name).message(2, type);
}

/** `''` is a free dimension without a name. */
function tensorType(elementType: number, shape: readonly (number | string)[]): ProtobufWriter {
  const dimensions = new ProtobufWriter();
  for (const size of shape) {
    const dimension = new ProtobufWriter();
    dimensions.message(
      1,
      typeof size === 'number' ? dimension.varint(1, size) : size === '' ? dimension : dimension.string(2, size),
    );
  }
  return new ProtobufWriter().message(1, new ProtobufWriter().varint(1, elementType).message(2, dimensions));
}

function externalTensor({ name, dims, entries }: ExternalTensor): ProtobufWriter {
  const writer = new ProtobufWriter().packedVarints(1, dims).varint(2, FLOAT).string(8, name);
  for (const [key, value] of entries) writer.message(13, new ProtobufWriter().string(1, key).string(2, value));
  return writer.varint(14, 1);
}

function labelsAttribute(name: string, labels: readonly string[] | readonly number[]): ProtobufWriter {
  const writer = new ProtobufWriter().string(1, name);
  for (const label of labels) if (typeof label === 'string') writer.string(9, label);
  if (typeof labels[0] === 'string') return writer.varint(20, 8);
  return writer.packedVarints(8, labels as readonly number[]).varint(20, 7);
}

function floatsAttribute(name: string, values: readonly number[]): ProtobufWriter {
  return new ProtobufWriter().string(1, name).packedFloats(7, values).varint(20, 6);
}

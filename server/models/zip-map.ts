/**
 * scikit-learn's exporter ends a classifier in ZipMap, which turns its probabilities into a list of maps. No tensor server
 * can send those, but the tensor that feeds the ZipMap is what clients want. This plans and writes the file without it:
 * every byte but the ZipMap nodes, their outputs and the length of the graph stays as it was.
 */
import { modelRefusal } from './model-refusal.ts';
import type { OnnxModel, ZipMapNode } from './onnx-reader.ts';
import type { OnnxValue } from './onnx-values.ts';
import type { Span } from './protobuf-reader.ts';

export interface ZipMapPlan {
  /** The graph's outputs that were maps, with the tensor that takes their place. */
  readonly replaced: readonly { readonly output: string; readonly tensor: string }[];
  readonly classLabels: readonly (string | number)[];
  /** The new file in order: ranges of the old one, and new bytes. */
  readonly pieces: readonly (Span | Buffer)[];
}

const floatType = 1;
/** ModelProto.graph is field 7. */
const graphTag = 7 * 8 + 2;

/** Undefined where no output of the model is made by a ZipMap. */
export function planZipMapRemoval(model: OnnxModel, sizeBytes: number): ZipMapPlan | undefined {
  const found = model.outputs.flatMap((output) => {
    const node = model.zipMaps.find((each) => each.output === output.name);
    return node === undefined || output.kind === 'tensor' ? [] : [{ output, node }];
  });
  if (found.length === 0) return undefined;
  const present = new Set(model.outputs.map(({ name }) => name));
  const edits = found.flatMap(({ output, node }) => {
    if (node.input === '') throw modelRefusal('zip-map', 'The ZipMap of the model has no input.', 'Export it again.');
    const isNew = !present.has(node.input);
    present.add(node.input);
    return [
      { span: node.whole, bytes: Buffer.alloc(0) },
      { span: output.whole, bytes: isNew ? outputField(node, model.inputs) : Buffer.alloc(0) },
    ];
  });
  edits.sort((a, b) => a.span.start - b.span.start);
  const removed = edits.reduce((sum, { span, bytes }) => sum + bytes.length - (span.end - span.start), 0);
  const { graph } = model;
  const graphBytes = graph.end - graph.start;
  const pieces: (Span | Buffer)[] = [
    { start: 0, end: model.graphField.start },
    Buffer.concat([Buffer.from([graphTag]), varint(graphBytes + removed)]),
  ];
  let at = graph.start;
  for (const { span, bytes } of edits) {
    pieces.push({ start: at, end: span.start }, bytes);
    at = span.end;
  }
  pieces.push({ start: at, end: sizeBytes });
  return {
    replaced: found.map(({ output, node }) => ({ output: output.name, tensor: node.input })),
    classLabels: found[0]!.node.classLabels,
    pieces: pieces.filter((piece) => Buffer.isBuffer(piece) || piece.end > piece.start),
  };
}

/**
 * The lines of labels.txt: line n names class n. Undefined where they would mislead: whole numbers other than 0, 1, 2, … are
 * what the model's label output says itself, and line 5 is not class 5.
 */
export function labelLines(classLabels: readonly (string | number)[]): string[] | undefined {
  if (classLabels.length === 0) return undefined;
  const isUsable = classLabels.every((label, index) =>
    typeof label === 'number' ? label === index : !/[\r\n]/.test(label),
  );
  return isUsable ? classLabels.map(String) : undefined;
}

/** A GraphProto.output: the probabilities, `[rows, classes]` of float32, as the definition of ZipMap has them. */
function outputField(node: ZipMapNode, inputs: readonly OnnxValue[]): Buffer {
  const rows = inputs[0]?.shape?.[0] ?? '';
  const classes = node.classLabels.length;
  const shape = Buffer.concat([message(1, dimension(rows)), message(1, dimension(classes === 0 ? '' : classes))]);
  const tensor = Buffer.concat([Buffer.from([0x08, floatType]), message(2, shape)]);
  return message(12, Buffer.concat([message(1, Buffer.from(node.input)), message(2, message(1, tensor))]));
}

function dimension(size: number | string): Buffer {
  if (typeof size === 'number') return Buffer.concat([Buffer.from([0x08]), varint(size)]);
  return size === '' ? Buffer.alloc(0) : message(2, Buffer.from(size));
}

function message(field: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([field * 8 + 2]), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

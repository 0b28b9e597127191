/**
 * Judges a model file before ONNX Runtime sees it: whether it is ONNX at all, within limits, and of types that can be served.
 * Every refusal says what was found, what the limit is, and what to change in the export. Reads one open file, changes nothing.
 */
import type { ByteSource } from './byte-source.ts';
import { parseLocation } from './external-data.ts';
import { describeWrongFile, sniffedBytes } from './file-kind.ts';
import { modelRefusal, sizeText } from './model-refusal.ts';
import { elementDatatype, elementName } from './onnx-elements.ts';
import { readOnnx } from './onnx-reader.ts';
import type { OnnxModel } from './onnx-reader.ts';
import type { OnnxValue } from './onnx-values.ts';

/** What may be declared; a model at a limit is refused. */
export const modelLimits = {
  /** The largest models that run on one PC have less; beyond, a declaration is an attack or a mistake. */
  initializerBytes: 10_000_000_000,
  nodes: 1_000_000,
  outputs: 1000,
  inputs: 1000,
  /** Protobuf's own limit for one message: no ONNX file is larger. */
  fileBytes: 2_147_483_648,
} as const;

/** Operator sets that ONNX Runtime brings; functions of the model may define more. */
const knownDomains = /^(?:ai\.onnx(?:\.|$)|com\.microsoft(?:\.|$)|com\.ms\.internal)/;

/** What was found in a model, for people and for version.json. */
export interface ModelSummary {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly nodes: number;
  /** Most used first, at most 50. */
  readonly operators: readonly string[];
  readonly initializers: number;
  readonly initializerBytes: number;
  readonly externalFiles: readonly string[];
}

/** Throws `model-refused` where the file is something else, is broken, or declares more than the limits. */
export function inspectModel(source: ByteSource, fileName: string): OnnxModel {
  const wrong = describeWrongFile(source.bytes(0, sniffedBytes), source.sizeBytes, fileName);
  if (wrong !== undefined)
    throw modelRefusal(wrong.reason, `${fileName} is ${wrong.is}, not an ONNX model.`, wrong.hint);
  checkFileSize(source.sizeBytes, fileName);
  const model = readOnnx(source);
  checkLimit('nodes', model.nodeCount, modelLimits.nodes);
  checkLimit('outputs', model.outputs.length, modelLimits.outputs);
  checkLimit('inputs', model.inputs.length, modelLimits.inputs);
  if (model.initializerBytes >= modelLimits.initializerBytes) {
    throw modelRefusal(
      'limit',
      `The model declares ${sizeText(model.initializerBytes)} of weights; less than ${sizeText(modelLimits.initializerBytes)} are served.`,
      'Quantise the model or use a smaller one.',
    );
  }
  for (const { location } of model.externalFiles) parseLocation(location);
  checkDomains(model);
  return model;
}

function checkFileSize(sizeBytes: number, fileName: string): void {
  if (sizeBytes < modelLimits.fileBytes) return;
  throw modelRefusal(
    'limit',
    `${fileName} has ${sizeText(sizeBytes)}; an ONNX file has less than ${sizeText(modelLimits.fileBytes)}, the limit of its format.`,
    'Save it with external data: onnx.save(model, path, save_as_external_data=True).',
  );
}

/** Refuses inputs and outputs that cannot be served. Called after the ZipMaps have been taken out. */
export function checkValues(model: OnnxModel): void {
  if (model.outputs.length === 0) {
    throw modelRefusal('no-output', 'The model has no output.', 'Export it again with at least one output.');
  }
  for (const value of model.inputs) checkValue(value, 'input');
  for (const value of model.outputs) checkValue(value, 'output');
}

export function summarize(model: OnnxModel): ModelSummary {
  return {
    irVersion: model.irVersion,
    producer: model.producer,
    opsets: Object.fromEntries(Object.entries(model.opsets).map(([domain, version]) => [domain || 'ai.onnx', version])),
    nodes: model.nodeCount,
    operators: [...model.operators]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 50)
      .map(([name, uses]) => `${name} × ${uses}`),
    initializers: model.initializerCount,
    initializerBytes: model.initializerBytes,
    externalFiles: model.externalFiles.map(({ location }) => location),
  };
}

function checkLimit(what: string, count: number, limit: number): void {
  if (count < limit) return;
  throw modelRefusal(
    'limit',
    `The model has ${count} ${what}; less than ${limit} are served.`,
    'Export a smaller model, or split it.',
  );
}

function checkDomains(model: OnnxModel): void {
  for (const operator of model.operators.keys()) {
    const domain = operator.includes(':') ? operator.slice(0, operator.indexOf(':')) : 'ai.onnx';
    if (knownDomains.test(domain) || model.functionDomains.has(domain)) continue;
    throw modelRefusal(
      'unknown-operators',
      `The model uses the operator ${JSON.stringify(operator.slice(0, 100))}, which is not part of ONNX Runtime.`,
      'Export it without custom operators; pre- and post-processing can stay in the app that calls.',
    );
  }
}

function checkValue(value: OnnxValue, role: 'input' | 'output'): void {
  const where = `The model's ${role} ${JSON.stringify(value.name.slice(0, 100))}`;
  if (value.kind === 'map' || value.kind === 'sequence') {
    const hint = 'Export it with tensors only; for scikit-learn with options={"zipmap": False}.';
    throw modelRefusal('type', `${where} is a ${value.kind}, which ONNX Runtime for Node cannot carry.`, hint);
  }
  // Exporters may leave the type of an output out; ONNX Runtime infers it, and the trial tells.
  if (value.kind === 'value of unknown type' || (value.kind === 'tensor' && value.elementType === 0)) return;
  if (value.kind !== 'tensor') {
    const hint = `Export it with a plain tensor as this ${role}${value.kind === 'sparse tensor' ? ', for example by to_dense()' : ''}.`;
    throw modelRefusal(
      'type',
      `${where} is a ${value.kind}, which ONNX Runtime for Node cannot carry.`.replace('a optional', 'an optional'),
      hint,
    );
  }
  if (elementDatatype(value.elementType) !== undefined) return;
  const name = elementName(value.elementType);
  const hint = name.startsWith('complex')
    ? `Export it with real and imaginary part as two float32 tensors.`
    : `Export it with float32 or float16 at this ${role}; a Cast inside the model is enough.`;
  throw modelRefusal('type', `${where} is of type ${name}, which ONNX Runtime for Node cannot carry.`, hint);
}

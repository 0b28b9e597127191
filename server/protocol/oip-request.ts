/**
 * Open Inference Protocol v2: an inference request from bytes to tensors, checked against the model's signature so that the
 * runtime is never asked for what it would refuse. Three forms: JSON, JSON followed by raw tensors (the binary tensor data
 * extension), and one raw tensor alone. Runs in the replica, on the path of every request; the host only takes the hints of
 * {@link scanRequestParameters}.
 */
import { MillraceError } from '../base/errors.ts';
import { BinaryTail, missingBytes, readBinaryElements } from './binary-tensor.ts';
import { countElements, elementBytes, isDatatype, textElement } from './datatypes.ts';
import { encodedImages, imageRecipeOf, splitElements } from './encoded-images.ts';
import { isImage } from './image-head.ts';
import { checkShape, countRows, InputSlots } from './input-slots.ts';
import { parseExactJsonDocument, parseJsonDocument } from './json-document.ts';
import { sliceMember } from './json-member.ts';
import { readJsonElements } from './json-tensor.ts';
import { readImageValue } from './recipe-values.ts';
import { parseParameters, parseRequestParameters, readCount, readFlag, type Parameters } from './request-parameters.ts';
import type { ModelFacts, Tensor, TensorSpec } from './tensors.ts';
import { described, listed, quoted, shapeText } from './wording.ts';

export interface RequestedOutput {
  readonly name: string;
  readonly binary: boolean;
  /** Number of classes asked for; 0 for the tensor itself. */
  readonly classification: number;
}

export interface InferRequest {
  readonly id: string | undefined;
  /** In the order of the model's signature. Numeric data may be a view of the request's body or of a shared pool. */
  readonly inputs: readonly Tensor[];
  /** In the order of the answer; all outputs of the signature where the request names none. */
  readonly outputs: readonly RequestedOutput[];
  readonly parameters: Parameters;
  /** First dimension of the inputs where the model can batch, else 1. May be 0, and may exceed the model's maximum. */
  readonly rows: number;
}

/** What the host's queue wants to know of a request that it does not parse. */
export interface RequestHints {
  /** How long the client waits, in microseconds. */
  readonly timeoutMicros?: number;
  /** 0 is the model's default, 1 the highest. */
  readonly priority?: number;
}

type JsonObject = Record<string, unknown>;

/**
 * The request in a whole HTTP body (decompressed). `jsonLength` is the value of `Inference-Header-Content-Length`:
 * undefined where the body is JSON only, 0 for the raw form, otherwise the bytes of JSON before the raw tensors.
 *
 * Numeric tensors from binary are views of `body`, so the body must not change while the request lives. Throws
 * `invalid-json`, `invalid-request`, `invalid-tensor` (FP16 and BF16 as JSON included), or `unsupported` (shared memory, sequences);
 * every message names the input and says what was sent and what is expected.
 */
export function parseInferRequest(body: Buffer, jsonLength: number | undefined, model: ModelFacts): InferRequest {
  if (jsonLength === 0) return parseRawRequest(body, model);
  if (jsonLength !== undefined && !(Number.isInteger(jsonLength) && jsonLength > 0 && jsonLength <= body.length)) {
    throw new MillraceError(
      'invalid-request',
      `Inference-Header-Content-Length is ${jsonLength}, expected an integer from 0 to the ${body.length} bytes of the body.`,
    );
  }
  const json = jsonLength === undefined ? body : body.subarray(0, jsonLength);
  const document = parseJsonDocument(json);
  if (!isObject(document)) {
    throw new MillraceError('invalid-request', `The request is ${described(document)}, expected a JSON object.`);
  }
  const id = parseId(document['id']);
  const parameters = parseRequestParameters(document['parameters']);
  const tail = jsonLength === undefined ? undefined : new BinaryTail(body.subarray(jsonLength));
  const inputs = parseInputs(document['inputs'], json, tail, model);
  const outputs = parseOutputs(document['outputs'], parameters, model);
  return { id, inputs, outputs, parameters, rows: countRows(model, inputs) };
}

/** A client's request id: a string that comes back in the answer; throws `invalid-request` for anything else. */
export function parseId(id: unknown): string | undefined {
  if (id === undefined || typeof id === 'string') return id;
  throw new MillraceError('invalid-request', `The request's "id" is ${described(id)}, expected a string.`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseInputs(list: unknown, json: Buffer, tail: BinaryTail | undefined, model: ModelFacts): Tensor[] {
  if (!Array.isArray(list)) {
    throw new MillraceError(
      'invalid-request',
      `The request's "inputs" are ${described(list)}, expected a list of tensors.`,
    );
  }
  const slots = new InputSlots(model);
  for (let index = 0; index < list.length; index += 1) {
    const entry: unknown = list[index];
    if (!isObject(entry) || typeof entry['name'] !== 'string') {
      throw new MillraceError('invalid-request', `Input ${index} of the request has no "name".`);
    }
    const spec = slots.claim(entry['name']);
    const readExactly = (): readonly unknown[] => {
      const exact = parseExactJsonDocument(json) as {
        readonly inputs: readonly { readonly data: readonly unknown[] }[];
      };
      return exact.inputs[index]!.data;
    };
    slots.fill(spec, parseImages(entry, spec, tail, model) ?? parseInput(entry, spec, tail, readExactly));
  }
  if (tail !== undefined && tail.remaining > 0) {
    throw new MillraceError(
      'invalid-request',
      `The body has unexpected additional input data: ${tail.remaining} bytes after the last input.`,
    );
  }
  return slots.take();
}

function parseInput(
  entry: JsonObject,
  spec: TensorSpec,
  tail: BinaryTail | undefined,
  readExactly: () => readonly unknown[],
): Tensor {
  const { name, datatype } = spec;
  if (entry['datatype'] !== datatype) {
    const known = isDatatype(entry['datatype']) ? '' : ', which is no datatype';
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(name)} has the datatype ${described(entry['datatype'])}${known}, but the model takes ${datatype}.`,
    );
  }
  const shape = parseShape(entry['shape'], name);
  checkShape(spec, shape);
  const count = countElements(shape, name);
  const size = parseBinarySize(entry['parameters'], name);
  const data = entry['data'];
  if ((data === undefined) === (size === undefined)) {
    throw new MillraceError(
      'invalid-request',
      `Input ${quoted(name)} has ${data === undefined ? 'neither' : 'both'} "data" ${data === undefined ? 'nor' : 'and'} the parameter "binary_data_size", expected exactly one.`,
    );
  }
  if (size !== undefined) {
    if (tail === undefined) {
      throw new MillraceError(
        'invalid-request',
        `Input ${quoted(name)} has "binary_data_size", but the request has no header Inference-Header-Content-Length.`,
      );
    }
    return { name, datatype, shape, data: readBinaryElements(tail.take(size, name), spec, shape, count) };
  }
  if (datatype === 'FP16' || datatype === 'BF16') {
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(name)} is ${datatype}, which JSON cannot carry: send it with the binary tensor data extension.`,
    );
  }
  if (!Array.isArray(data)) {
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(name)} has ${described(data)} as its data, expected an array.`,
    );
  }
  return { name, datatype, shape, data: readJsonElements({ name, datatype, data, readExactly }, count) };
}

/**
 * Pictures in the place of a tensor: BYTES for an input with an image recipe, as OpenVINO's server takes them. In JSON they are Base64.
 * Undefined for anything else.
 */
function parseImages(
  entry: JsonObject,
  { name, datatype }: TensorSpec,
  tail: BinaryTail | undefined,
  model: ModelFacts,
): Tensor | undefined {
  if (model.recipe === undefined || entry['datatype'] !== 'BYTES' || datatype === 'BYTES') return undefined;
  const recipe = imageRecipeOf(model, name);
  if (recipe === undefined) return undefined;
  const count = countElements(parseShape(entry['shape'], name), name);
  const data = entry['data'];
  if (data !== undefined) {
    const files = readImageValue(Array.isArray(data) ? data.flat(4) : data, name);
    if (files.length !== count) throw wrongCount(name, files.length, count);
    return encodedImages(recipe, files);
  }
  const isOnly = model.signature.inputs.length === 1;
  const size = parseBinarySize(entry['parameters'], name) ?? (isOnly ? tail?.remaining : undefined);
  if (size === undefined || tail === undefined) {
    throw new MillraceError(
      'invalid-request',
      `Input ${quoted(name)} has neither "data" nor bytes after the JSON (the parameter "binary_data_size" and the header Inference-Header-Content-Length).`,
    );
  }
  return encodedImages(recipe, splitElements(tail.take(size, name), count, name));
}

function wrongCount(name: string, found: number, wanted: number): MillraceError {
  return new MillraceError(
    'invalid-tensor',
    `Input ${quoted(name)} has ${found} elements in its data, but its shape calls for ${wanted}.`,
  );
}

function parseBinarySize(parameters: unknown, name: string): number | undefined {
  if (parameters === undefined) return undefined;
  const owner = `input ${quoted(name)}`;
  return readCount(parseParameters(parameters, owner), 'binary_data_size', owner);
}

function parseShape(shape: unknown, name: string): number[] {
  if (!Array.isArray(shape)) {
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(name)} has ${described(shape)} as its shape, expected an array of integers.`,
    );
  }
  for (let index = 0; index < shape.length; index += 1) {
    const dimension: unknown = shape[index];
    if (!Number.isSafeInteger(dimension) || (dimension as number) < 0) {
      throw new MillraceError(
        'invalid-tensor',
        `Input ${quoted(name)}: dimension ${index} of its shape is ${described(dimension)}, expected an integer of 0 or more.`,
      );
    }
  }
  return shape as number[];
}

function parseOutputs(list: unknown, parameters: Parameters, model: ModelFacts): RequestedOutput[] {
  const specs = model.signature.outputs;
  const binaryByDefault = parameters['binary_data_output'] === true;
  if (list === undefined || (Array.isArray(list) && list.length === 0)) {
    return specs.map(({ name }) => ({ name, binary: binaryByDefault, classification: 0 }));
  }
  if (!Array.isArray(list)) {
    throw new MillraceError('invalid-request', `The request's "outputs" are ${described(list)}, expected a list.`);
  }
  const outputs: RequestedOutput[] = [];
  for (const [index, entry] of (list as unknown[]).entries()) {
    if (!isObject(entry) || typeof entry['name'] !== 'string') {
      throw new MillraceError('invalid-request', `Output ${index} of the request has no "name".`);
    }
    const { name } = entry;
    if (!specs.some((spec) => spec.name === name)) {
      throw new MillraceError(
        'invalid-request',
        `Model ${quoted(model.name)} has no output ${quoted(name)}; it gives ${listed(specs.map((spec) => spec.name))}.`,
      );
    }
    if (outputs.some((output) => output.name === name)) {
      throw new MillraceError('invalid-request', `The request asks for output ${quoted(name)} twice.`);
    }
    const owner = `output ${quoted(name)}`;
    const wishes = parseParameters(entry['parameters'], owner);
    const binary = 'binary_data' in wishes ? readFlag(wishes, 'binary_data', owner) : binaryByDefault;
    outputs.push({ name, binary, classification: readCount(wishes, 'classification', owner) ?? 0 });
  }
  return outputs;
}

/** The raw form: the body is the only input's tensor, a batch of one; whatever dimension is free follows from its size. */
function parseRawRequest(body: Buffer, model: ModelFacts): InferRequest {
  const [spec, ...others] = model.signature.inputs;
  if (spec === undefined || others.length > 0) {
    throw new MillraceError(
      'invalid-request',
      `A raw binary request needs a model with exactly 1 input; ${quoted(model.name)} has ${model.signature.inputs.length}.`,
    );
  }
  const { name, datatype } = spec;
  const recipe = model.recipe !== undefined && isImage(body) ? imageRecipeOf(model, name) : undefined;
  if (recipe !== undefined) return rawRequest(encodedImages(recipe, [body]), model);
  const shape = rawShape(spec, body.length, model.maxBatchSize > 0);
  const count = countElements(shape, name);
  const expected = count * elementBytes(datatype);
  if (body.length < expected) throw missingBytes(name, expected - body.length);
  const data = datatype === 'BYTES' ? [textElement(body, 0, name)] : readBinaryElements(body, spec, shape, count);
  return rawRequest({ name, datatype, shape, data }, model);
}

function rawRequest(input: Tensor, model: ModelFacts): InferRequest {
  const outputs = model.signature.outputs.map((output) => ({ name: output.name, binary: true, classification: 0 }));
  return { id: undefined, inputs: [input], outputs, parameters: {}, rows: 1 };
}

function rawShape(spec: TensorSpec, bytes: number, batched: boolean): number[] {
  const shape = spec.shape.map((dimension, index) => (batched && index === 0 ? 1 : dimension));
  const size = elementBytes(spec.datatype);
  if (size === 0) {
    const single = shape.map((dimension) => (dimension === -1 ? 1 : dimension));
    if (countElements(single, spec.name) === 1) return single;
    throw new MillraceError(
      'invalid-request',
      `A raw binary request carries one BYTES element, but input ${quoted(spec.name)} takes ${shapeText(spec.shape)}.`,
    );
  }
  const free = shape.indexOf(-1);
  if (free === -1) return shape;
  if (shape.includes(-1, free + 1)) {
    throw new MillraceError(
      'invalid-request',
      `A raw binary request leaves one dimension open at most, but input ${quoted(spec.name)} takes ${shapeText(spec.shape)}.`,
    );
  }
  const unit = size * countElements(shape.with(free, 1), spec.name);
  if (unit === 0 || bytes % unit !== 0) {
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(spec.name)} has ${bytes} bytes of binary data, expected a multiple of ${unit} for ${spec.datatype} of shape ${shapeText(spec.shape)}.`,
    );
  }
  return shape.with(free, bytes / unit);
}

const TIMEOUT = Buffer.from('"timeout"');
const PRIORITY = Buffer.from('"priority"');

/**
 * The request's own `timeout` and `priority`, for the queue in the host. Two native searches where neither word occurs;
 * only otherwise are the top-level parameters read. Never throws: what is malformed is left to the replica to refuse, and a
 * word written with escapes is not seen.
 */
export function scanRequestParameters(json: Buffer): RequestHints {
  if (!json.includes(TIMEOUT) && !json.includes(PRIORITY)) return {};
  const slice = sliceMember(json, 'parameters');
  if (slice === undefined) return {};
  try {
    const parameters = parseParameters(parseJsonDocument(slice), 'the request');
    const timeoutMicros = readCount(parameters, 'timeout', 'the request');
    const priority = readCount(parameters, 'priority', 'the request');
    return {
      ...(timeoutMicros === undefined ? {} : { timeoutMicros }),
      ...(priority === undefined ? {} : { priority }),
    };
  } catch (error) {
    if (error instanceof MillraceError) return {};
    throw error;
  }
}

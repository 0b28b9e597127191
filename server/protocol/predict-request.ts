/**
 * The body of `/predict`, the request for people: `{"features": …}` for models with one input, as an object by feature
 * name, a row of values, or a list of either; `{"inputs": {name: nested array}}` for any model. Shapes are read off the
 * nesting and a row may leave out the batch dimension. `model` and `version` were the router's and are ignored here.
 */
import { MillraceError } from '../base/errors.ts';
import { countElements } from './datatypes.ts';
import { encodedImages, imageRecipeOf, imageSizes } from './encoded-images.ts';
import type { ImageSize } from './encoded-images.ts';
import { checkShape, countRows, InputSlots } from './input-slots.ts';
import { parseExactJsonDocument, parseJsonDocument } from './json-document.ts';
import { readJsonElements } from './json-tensor.ts';
import { nearMatch } from './near-match.ts';
import { parseId, type InferRequest } from './oip-request.ts';
import { parseRequestParameters } from './request-parameters.ts';
import { checkedCells, columnsOf, isImageValue, readImageValue, standInsOf } from './recipe-values.ts';
import type { ResolvedTable } from './resolved-table.ts';
import type { ModelFacts, Tensor, TensorSpec } from './tensors.ts';
import { described, listed, quoted } from './wording.ts';

/** `outputs` are all outputs of the model, none binary. */
export interface PredictRequest extends InferRequest {
  /** True where one row was sent without a batch dimension (always for a model that cannot batch). */
  readonly single: boolean;
  /** Of the pictures that were sent, row by row; undefined where none were. */
  readonly images?: readonly ImageSize[] | undefined;
}

type JsonObject = Record<string, unknown>;

/** One input as it stands in the document. */
interface NestedInput {
  readonly spec: TensorSpec;
  readonly value: unknown;
  /** The same value from the exact reading of the document. */
  readonly readExactly: () => unknown;
}

/**
 * The request in a whole HTTP body (decompressed).
 *
 * Throws `invalid-json`, `invalid-request` (which lists the feature names where one is wrong and suggests the nearest),
 * `invalid-tensor`, or `unsupported` for sequences. FP16 and BF16 inputs take numbers here.
 */
export function parsePredictRequest(body: Buffer, model: ModelFacts): PredictRequest {
  const document = parseJsonDocument(body);
  if (!isObject(document)) {
    throw new MillraceError('invalid-request', `The request is ${described(document)}, expected a JSON object.`);
  }
  const id = parseId(document['id']);
  const parameters = parseRequestParameters(document['parameters']);
  const slots = new InputSlots(model);
  let single = true;
  for (const input of findInputs(document, body, model, slots)) {
    const { tensor, rowOnly } = readNested(input, model);
    slots.fill(input.spec, tensor);
    single &&= rowOnly;
  }
  return { id, parameters, single, ...wholeRequest(model, slots) };
}

/** What follows from the inputs, however they were sent: all outputs, the rows, the pictures. */
export function wholeRequest(
  model: ModelFacts,
  slots: InputSlots,
): Pick<PredictRequest, 'inputs' | 'outputs' | 'rows' | 'images'> {
  const inputs = slots.take();
  const outputs = model.signature.outputs.map(({ name }) => ({ name, binary: false, classification: 0 }));
  const images = model.recipe === undefined ? undefined : imageSizes(inputs);
  return { inputs, outputs, rows: countRows(model, inputs), images };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function findInputs(document: JsonObject, body: Buffer, model: ModelFacts, slots: InputSlots): NestedInput[] {
  const { features, inputs } = document as { readonly features?: unknown; readonly inputs?: unknown };
  const specs = model.signature.inputs;
  if ((features === undefined) === (inputs === undefined)) {
    throw new MillraceError(
      'invalid-request',
      `The request has ${features === undefined ? 'neither "features" nor' : 'both "features" and'} "inputs", expected exactly one.`,
    );
  }
  const table = model.recipe?.table;
  if (features !== undefined) {
    if (specs.length > 1 && table !== undefined) return spreadFeatures(document, body, model, table);
    const [spec, ...others] = specs;
    if (spec === undefined || others.length > 0) {
      throw new MillraceError(
        'invalid-request',
        `Model ${quoted(model.name)} has ${specs.length} inputs and takes "inputs" by name (${listed(specs.map(({ name }) => name))}), not "features".`,
      );
    }
    if (isImageOf(features, spec, model)) return [{ spec, value: features, readExactly: () => features }];
    const ordered = (given: unknown): unknown => translated(orderFeatures(given, model), spec, model);
    const readExactly = (): unknown => ordered((parseExactJsonDocument(body) as JsonObject)['features']);
    return [{ spec, value: ordered(features), readExactly }];
  }
  if (!isObject(inputs)) {
    throw new MillraceError(
      'invalid-request',
      `The request's "inputs" are ${described(inputs)}, expected an object of arrays by input name.`,
    );
  }
  return Object.entries(inputs).map(([name, value]) => {
    const spec = slots.claim(name);
    return {
      spec,
      value: translated(value, spec, model),
      readExactly: () =>
        translated((parseExactJsonDocument(body) as { readonly inputs: JsonObject }).inputs[name], spec, model),
    };
  });
}

function isImageOf(value: unknown, { name }: TensorSpec, model: ModelFacts): boolean {
  return model.recipe !== undefined && imageRecipeOf(model, name) !== undefined && isImageValue(value);
}

/** Words, ranges and stand-ins of the recipe's table; unchanged where there are none. */
function translated(value: unknown, spec: TensorSpec, model: ModelFacts): unknown {
  const table = model.recipe?.table;
  if (table === undefined || !table.isChecked) return value;
  const columns = columnsOf(table, model.signature.inputs.indexOf(spec));
  return columns.length === 0 ? value : checkedCells(value, columns);
}

/** Features of a table that several inputs share: each gets its own of every row. */
function spreadFeatures(document: JsonObject, body: Buffer, model: ModelFacts, table: ResolvedTable): NestedInput[] {
  const read = (given: unknown, spec: TensorSpec): unknown => {
    const columns = columnsOf(table, model.signature.inputs.indexOf(spec));
    const own = (row: unknown, where: string): unknown => {
      if (!isObject(row)) {
        throw new MillraceError(
          'invalid-request',
          `The "features"${where} are ${described(row)}; model ${quoted(model.name)} has several inputs and takes objects by feature name.`,
        );
      }
      const values = orderRow(
        row,
        table.columns.map(({ name }) => name),
        model,
        where,
      );
      const mine = columns.map((column) => values[table.columns.indexOf(column)]);
      return spec.shape.length < 2 && columns.length === 1 ? mine[0] : mine;
    };
    const value = Array.isArray(given) ? given.map((row, index) => own(row, ` in row ${index}`)) : own(given, '');
    return translated(value, spec, model);
  };
  return model.signature.inputs
    .filter((_, input) => columnsOf(table, input).length > 0)
    .map((spec) => ({
      spec,
      value: read(document['features'], spec),
      readExactly: () => read((parseExactJsonDocument(body) as JsonObject)['features'], spec),
    }));
}

/** Objects by feature name as arrays in the model's order; anything else unchanged. */
function orderFeatures(features: unknown, model: ModelFacts): unknown {
  if (isObject(features)) return orderRow(features, model.featureNames, model, '');
  if (!Array.isArray(features) || !isObject(features.at(0))) return features;
  return features.map((row: unknown, index) => {
    if (isObject(row)) return orderRow(row, model.featureNames, model, ` in row ${index}`);
    throw new MillraceError(
      'invalid-request',
      `Row ${index} of "features" is ${described(row)}, but row 0 is an object; send all rows in one form.`,
    );
  });
}

function orderRow(row: JsonObject, names: readonly string[] | undefined, model: ModelFacts, where: string): unknown[] {
  if (names === undefined) {
    throw new MillraceError(
      'invalid-request',
      `Model ${quoted(model.name)} has no feature names; send "features" as an array of values.`,
    );
  }
  const standIns = model.recipe === undefined ? undefined : standInsOf(model.recipe.table);
  const values = names.map((name) => {
    if (Object.hasOwn(row, name)) return row[name];
    if (standIns?.has(name) === true) return undefined;
    const sent = nearMatch(
      name,
      Object.keys(row).filter((key) => !names.includes(key)),
    );
    const instead = sent === undefined ? '' : ` (${quoted(sent)} was sent; did you mean ${quoted(name)}?)`;
    throw new MillraceError(
      'invalid-request',
      `Feature ${quoted(name)} is missing${where}${instead}; model ${quoted(model.name)} takes ${listed(names)}.`,
    );
  });
  for (const key in row) {
    if (names.includes(key)) continue;
    const near = nearMatch(key, names);
    const instead = near === undefined ? '' : ` (did you mean ${quoted(near)}?)`;
    throw new MillraceError(
      'invalid-request',
      `Feature ${quoted(key)}${where} is unknown${instead}; model ${quoted(model.name)} takes ${listed(names)}.`,
    );
  }
  return values;
}

/** The tensor of a nested array. `rowOnly` where the batch dimension was left out, or the model has none. */
function readNested(input: NestedInput, model: ModelFacts): { readonly tensor: Tensor; readonly rowOnly: boolean } {
  const { spec, value, readExactly } = input;
  const { name, datatype } = spec;
  if (isImageOf(value, spec, model)) {
    const tensor = encodedImages(imageRecipeOf(model, name)!, readImageValue(value, name));
    return { tensor, rowOnly: !Array.isArray(value) || model.maxBatchSize === 0 };
  }
  const sent = inferShape(value, name);
  const leading = spec.shape[0];
  const unbatched = sent.length === spec.shape.length - 1 && (leading === -1 || leading === 1);
  const shape = unbatched ? [1, ...sent] : sent;
  checkShape(spec, shape);
  const names = shape.at(-1) === model.featureNames?.length ? model.featureNames : undefined;
  const source = {
    name,
    datatype,
    data: asList(value),
    readExactly: () => asList(readExactly()),
    ...(names === undefined ? {} : { elementNames: names }),
  };
  const data = readJsonElements(source, countElements(shape, name));
  return { tensor: { name, datatype, shape, data }, rowOnly: unbatched || model.maxBatchSize === 0 };
}

function asList(nested: unknown): readonly unknown[] {
  return Array.isArray(nested) ? nested : [nested];
}

/** The shape of a nested array, `[]` for a lone value; throws `invalid-tensor` where its parts differ in length or depth. */
function inferShape(value: unknown, name: string): number[] {
  const shape: number[] = [];
  for (let part = value; Array.isArray(part); part = part.at(0)) shape.push(part.length);
  const path = findUneven(value, shape, 0);
  if (path === undefined) return shape;
  const part = path.reduce((outer, index) => (outer as unknown[])[index], value);
  const wanted = shape[path.length] === undefined ? 'one value' : `an array of ${shape[path.length]}`;
  throw new MillraceError(
    'invalid-tensor',
    `Input ${quoted(name)} is uneven: [${path.join('][')}] is ${Array.isArray(part) ? `an array of ${part.length}` : described(part)}, but ${wanted} is expected as in the parts before it.`,
  );
}

/** The indices that lead to the first part whose length or depth is not the shape's; undefined where there is none. */
function findUneven(part: unknown, shape: readonly number[], depth: number): number[] | undefined {
  if (!Array.isArray(part)) return depth === shape.length ? undefined : [];
  if (part.length !== shape[depth]) return [];
  for (let index = 0; index < part.length; index += 1) {
    const inner = findUneven(part[index], shape, depth + 1);
    if (inner !== undefined) return [index, ...inner];
  }
  return undefined;
}

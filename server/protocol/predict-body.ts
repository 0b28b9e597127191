/** The body of `/predict` in whichever form it comes: JSON, a picture, a table as CSV, a form of a web page. */
import { MillraceError } from '../base/errors.ts';
import { readCsvRows } from './csv-table.ts';
import { encodedImages, imageRecipeOf, onlyImageRecipe } from './encoded-images.ts';
import { isImage } from './image-head.ts';
import { InputSlots } from './input-slots.ts';
import { readMultipart } from './multipart.ts';
import type { FormPart } from './multipart.ts';
import { nearMatch } from './near-match.ts';
import type { PredictForm } from './predict-form.ts';
import { parsePredictRequest, wholeRequest } from './predict-request.ts';
import type { PredictRequest } from './predict-request.ts';
import { tableOf, tableTensors, textValue } from './table-cells.ts';
import type { ModelFacts, Tensor } from './tensors.ts';
import { listed, quoted } from './wording.ts';

/** Fields of a form without files; a wide table has as many columns. */
const maxFields = 10_000;
/** A larger one holds a table or a picture and is sent as such. */
const maxFieldBytes = 1024 * 1024;

/**
 * The request in a whole HTTP body (decompressed). Throws what parsePredictRequest does, and `unsupported-media-type` or
 * `payload-too-large`.
 */
export function parsePredictBody(body: Buffer, form: PredictForm, model: ModelFacts): PredictRequest {
  switch (form) {
    case 'json':
      return parsePredictRequest(body, model);
    case 'image': {
      const images = encodedImages(onlyImageRecipe(model), [body]);
      return assembled(model, [images], true);
    }
    case 'csv':
      return assembled(model, csvTensors(body, model), false);
    case 'fields':
      return assembled(model, fieldTensors(readFields(body), model), true);
    case 'multipart':
      return readParts(readMultipart(body), model);
  }
}

function assembled(model: ModelFacts, tensors: readonly Tensor[], single: boolean): PredictRequest {
  const slots = new InputSlots(model);
  for (const tensor of tensors) slots.fill(slots.claim(tensor.name), tensor);
  return { id: undefined, parameters: {}, single: single || model.maxBatchSize === 0, ...wholeRequest(model, slots) };
}

function csvTensors(body: Buffer, model: ModelFacts): Tensor[] {
  const table = tableOf(model);
  return tableTensors(model, table, readCsvRows(body, table, model));
}

type Field = readonly [name: string, value: string];

function readFields(body: Buffer): Field[] {
  if (body.length > maxFieldBytes) {
    throw new MillraceError(
      'payload-too-large',
      `The form has ${body.length} bytes; at most ${maxFieldBytes} are read.`,
      {
        hint: 'Send tables as text/csv and pictures as they are.',
      },
    );
  }
  const text = body.toString();
  // Counted before it is split: a form of nothing but ampersands is a million fields.
  if (text.split('&', maxFields + 2).length > maxFields + 1) {
    throw new MillraceError('payload-too-large', `The form has more than ${maxFields} fields.`);
  }
  return [...new URLSearchParams(text)];
}

/** One row from fields by name. */
function fieldTensors(fields: readonly Field[], model: ModelFacts): Tensor[] {
  const table = tableOf(model);
  const known = table.columns.map(({ name }) => name);
  const values = new Map<string, string>();
  for (const [name, value] of fields) {
    if (!known.includes(name)) {
      const near = nearMatch(name, known);
      throw new MillraceError(
        'invalid-request',
        `Field ${quoted(name)} is unknown${near === undefined ? '' : ` (did you mean ${quoted(near)}?)`}; model ${quoted(model.name)} takes ${listed(known)}.`,
      );
    }
    if (values.has(name)) throw new MillraceError('invalid-request', `Field ${quoted(name)} is there twice.`);
    values.set(name, value);
  }
  const row = table.columns.map((column) => {
    const value = values.get(column.name);
    if (value === undefined && column.standIn === undefined) {
      throw new MillraceError(
        'invalid-request',
        `Field ${quoted(column.name)} is missing; model ${quoted(model.name)} takes ${listed(known)}.`,
      );
    }
    const isText = model.signature.inputs[column.input]!.datatype === 'BYTES';
    return textValue(column, value ?? '', isText, true, '');
  });
  return tableTensors(model, table, [row]);
}

function readParts(parts: readonly FormPart[], model: ModelFacts): PredictRequest {
  const files = new Map<string, Buffer[]>();
  const fields: Field[] = [];
  const tables: Tensor[] = [];
  for (const part of parts) {
    const input = imageInputOf(part, model);
    if (input !== undefined) {
      const before = files.get(input);
      if (before === undefined) files.set(input, [part.content]);
      else before.push(part.content);
    } else if (part.fileName !== undefined || part.type === 'text/csv') {
      if (tables.length > 0) throw new MillraceError('invalid-request', 'The form holds two tables, expected one.');
      tables.push(...csvTensors(part.content, model));
    } else {
      fields.push([part.name, part.content.toString()]);
    }
  }
  const images = [...files].map(([name, contents]) => encodedImages(imageRecipeOf(model, name)!, contents));
  const rows = fields.length === 0 ? [] : fieldTensors(fields, model);
  const single = tables.length === 0 && images.every((each) => each.files.length === 1);
  return assembled(model, [...images, ...tables, ...rows], single);
}

/** The input that a part is a picture for: the one of its name, or the only one where the part cannot be anything else. */
function imageInputOf({ name, type, content }: FormPart, model: ModelFacts): string | undefined {
  if (imageRecipeOf(model, name) !== undefined) return name;
  if (!isImage(content) && !type.startsWith('image/')) return undefined;
  const [only, ...others] = model.recipe?.images ?? [];
  if (only !== undefined && others.length === 0) return only.name;
  if (only === undefined) onlyImageRecipe(model);
  throw new MillraceError(
    'invalid-request',
    `The form's picture ${quoted(name)} is none of the inputs that take one: ${listed(model.recipe!.images.map((image) => image.name))}.`,
  );
}

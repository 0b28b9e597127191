/**
 * Saving answers as test cases: a request as apps send it is run once more, and what goes in and what comes out become a case that gates
 * every further version of the model. Changes of one model happen one after the other.
 */
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import type { TestCaseList, TestCaseQuery, TestCaseView } from '../protocol/admin/test-case-view.ts';
import { isEncoded } from '../protocol/encoded-images.ts';
import { parsePredictBody } from '../protocol/predict-body.ts';
import { predictFormOf } from '../protocol/predict-form.ts';
import { numberAt } from '../protocol/tensor-numbers.ts';
import type { Tensor } from '../protocol/tensors.ts';
import { defaultTolerance } from '../models/samples.ts';
import { caseId, listCases, withCase, withoutCase } from '../models/test-cases.ts';
import type { TestCase } from '../models/test-cases.ts';
import { readCases, writeCases } from '../models/test-case-file.ts';
import type { Catalog } from './catalog.ts';
import type { LibraryModel, ModelLibrary } from './model-library.ts';
import { askVersion } from './sample-gate.ts';
import type { ServedModel } from './served-model.ts';
import { Turns } from './turns.ts';

export interface TestCaseParts {
  readonly library: ModelLibrary;
  readonly catalog: Catalog;
}

/** Rows of one request that become cases. */
const maxRows = 50;
/** Values of one output of a case: a mask of a picture is no answer that a person has checked. */
const maxElements = 100_000;
/** Characters of a value in a list. */
const shownCharacters = 60;

export class TestCases {
  readonly #parts: TestCaseParts;
  readonly #turns = new Turns();

  constructor(parts: TestCaseParts) {
    this.#parts = parts;
  }

  /** Throws `unknown-model`. */
  async list(name: string): Promise<TestCaseList> {
    const { model, served } = await this.#find(name);
    return this.#listOf(model, served);
  }

  /** `body` and `contentType` as `/predict` takes them. The cases that were added. Throws `conflict`, and what `/predict` throws. */
  async add(
    name: string,
    body: Buffer,
    contentType: string | undefined,
    query: TestCaseQuery,
  ): Promise<readonly TestCaseView[]> {
    return this.#turns.take(name, async () => {
      const { model, served } = await this.#find(name);
      requireStored(model);
      const { facts } = served;
      if (facts === undefined) {
        throw new MillraceError('model-not-ready', `The model '${name}' has not been loaded yet.`, { retryable: true });
      }
      const request = parsePredictBody(body, predictFormOf(contentType, body), facts);
      const rows = facts.maxBatchSize === 0 ? 1 : request.rows;
      if (rows < 1 || rows > maxRows) {
        throw new MillraceError(
          'invalid-request',
          `The request has ${rows} rows; 1 to ${maxRows} can be saved at once.`,
        );
      }
      const outputs = await askVersion(served, request.inputs);
      const compared = comparedOutputs(outputs, query.check);
      const added = Array.from({ length: rows }, (_, row) => ({
        inputs: Object.fromEntries(request.inputs.map((tensor) => [tensor.name, inputRow(tensor, row, rows)])),
        expected: Object.fromEntries(compared.map((tensor) => [tensor.name, rowValue(tensor, row, rows)])),
        about: {
          ...(query.name !== undefined && { name: rows === 1 ? query.name : `${query.name} ${row + 1}` }),
          savedAt: new Date().toISOString(),
          version: served.version,
        },
        tolerance: query.tolerance ?? defaultTolerance,
      }));
      let cases = await casesOf(model, served);
      for (const each of added) cases = withCase(cases, each);
      await writeCases(folderOf(model), cases);
      return added.map(viewOf);
    });
  }

  /** Throws `not-found`. */
  async remove(name: string, id: string): Promise<TestCaseList> {
    return this.#turns.take(name, async () => {
      const { model, served } = await this.#find(name);
      requireStored(model);
      await writeCases(folderOf(model), withoutCase(await casesOf(model, served), id));
      return this.#listOf(model, served);
    });
  }

  async #find(name: string): Promise<{ readonly model: LibraryModel; readonly served: ServedModel }> {
    const { served } = this.#parts.catalog.deployment(name);
    const model = await this.#parts.library.read(name);
    if (model === undefined) throw new MillraceError('unknown-model', `The files of ${name} are not there any more.`);
    return { model, served };
  }

  async #listOf(model: LibraryModel, served: ServedModel): Promise<TestCaseList> {
    const cases = await casesOf(model, served);
    return { areOwn: cases.some(({ about }) => about.savedAt !== undefined), cases: cases.map(viewOf) };
  }
}

async function casesOf(model: LibraryModel, served: ServedModel): Promise<readonly TestCase[]> {
  const only = served.facts?.signature.inputs[0]?.name ?? '';
  return listCases(await readCases(folderOf(model), served.version), only);
}

function folderOf({ folder, name }: LibraryModel): string {
  return join(folder, name);
}

function requireStored({ isStored, name }: LibraryModel): void {
  if (isStored) return;
  throw new MillraceError('conflict', `${name} is served from a folder that Millrace does not write to.`, {
    hint: 'Import the model, or write samples.json beside it yourself.',
  });
}

/** Whole numbers are classes and must be equal; where there are none, or numbers are asked for, all outputs count. */
function comparedOutputs(outputs: readonly Tensor[], check: TestCaseQuery['check']): readonly Tensor[] {
  const small = outputs.filter(({ data }) => data.length <= maxElements);
  const classes = small.filter(({ datatype }) => /INT|BOOL|BYTES/.test(datatype));
  if (check === 'class' && classes.length === 0) {
    throw new MillraceError('invalid-request', 'The model has no output of whole numbers that could be its class.', {
      hint: 'Compare the numbers within a tolerance instead.',
    });
  }
  const compared = check === 'numbers' || classes.length === 0 ? small : classes;
  if (compared.length > 0) return compared;
  throw new MillraceError(
    'invalid-request',
    `Every output has more than ${maxElements} values, which are not compared.`,
  );
}

/** Pictures as their files: a test case tests the recipe with the model, and is as small as the file. */
function inputRow(tensor: Tensor, row: number, rows: number): unknown {
  if (isEncoded(tensor)) return { b64: tensor.files[tensor.files.length === rows ? row : 0]!.bytes.toString('base64') };
  return rowValue(tensor, row, rows);
}

/** The values of one row, nested as its shape says; all of a tensor that is not one of rows. */
function rowValue(tensor: Tensor, row: number, rows: number): unknown {
  const { shape, data } = tensor;
  const isPerRow = shape[0] === rows && shape.length > 0;
  const inner = isPerRow ? shape.slice(1) : shape;
  const count = inner.reduce((product, size) => product * size, 1);
  const start = isPerRow ? row * count : 0;
  const elements = Array.from({ length: count }, (_, at) => plainElement(tensor, start + at));
  return data.length === 0 ? [] : nest(elements, inner);
}

function plainElement(tensor: Tensor, index: number): unknown {
  const element = tensor.data[index]!;
  if (typeof element === 'string') return element;
  // Beyond 2^53 a number of JSON loses digits; a text keeps them, and is compared as one.
  if (typeof element === 'bigint') return Number.isSafeInteger(Number(element)) ? Number(element) : String(element);
  return numberAt(tensor, index);
}

function nest(elements: readonly unknown[], shape: readonly number[]): unknown {
  const [length, ...inner] = shape;
  if (length === undefined) return elements[0];
  if (inner.length === 0) return elements;
  const size = inner.reduce((product, side) => product * side, 1);
  return Array.from({ length }, (_, index) => nest(elements.slice(index * size, (index + 1) * size), inner));
}

function viewOf(testCase: TestCase): TestCaseView {
  const { name, savedAt, version } = testCase.about;
  const texts = (values: TestCase['inputs']): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, shown(value)]));
  return {
    id: caseId(testCase),
    ...(name !== undefined && { name }),
    ...(savedAt !== undefined && { savedAt }),
    ...(version !== undefined && { version }),
    tolerance: testCase.tolerance,
    inputs: texts(testCase.inputs),
    expected: texts(testCase.expected),
  };
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'b64' in value) {
    return `picture, ${Math.ceil((String(value.b64).length * 3) / 4000)} kB`;
  }
  const text = JSON.stringify(value) ?? '';
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}

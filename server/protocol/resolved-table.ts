/** The columns of a model that takes a table, over all its inputs: what each is called, which values it takes, and where they go. Pure. */
import { recipeFault } from './recipe-fault.ts';
import type { ColumnRecipe, InputRecipe, TableRecipe } from './recipe.ts';
import type { ModelFacts, Signature, TensorSpec } from './tensors.ts';
import { quoted, shapeText } from './wording.ts';

export interface TableColumn {
  readonly name: string;
  /** In the signature. */
  readonly input: number;
  /** In a row of that input. */
  readonly at: number;
  readonly unit: string | undefined;
  readonly description: string | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Words with what they become: a number, or for an input of texts the word itself. */
  readonly words: ReadonlyMap<string, number | string> | undefined;
  readonly standIn: number | string | undefined;
}

export interface ResolvedTable {
  readonly columns: readonly TableColumn[];
  /** The columns have names of their own, so that a table without a head is not the only way. */
  readonly isNamed: boolean;
  /** Some value is not sent as it is taken: words, ranges or stand-ins. */
  readonly isChecked: boolean;
}

/** Undefined where no input has a table. Throws `invalid-manifest` where one does not fit. */
export function resolveTable(
  inputs: Readonly<Record<string, InputRecipe>>,
  signature: Signature,
): ResolvedTable | undefined {
  const columns = signature.inputs.flatMap((spec, input) => {
    const table = inputs[spec.name]?.table;
    return table === undefined ? [] : resolveColumns(table, spec, input);
  });
  if (columns.length === 0) return undefined;
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name)) {
      throw recipeFault(
        `has the column ${quoted(name)} in two tables`,
        'Columns of all inputs are one table: name each once.',
      );
    }
    seen.add(name);
  }
  const isChecked = columns.some(({ min, max, words, standIn }) =>
    [min, max, words, standIn].some((each) => each !== undefined),
  );
  return { columns, isNamed: true, isChecked };
}

/** The table of a model without one in its recipe: its only input, where that takes rows of numbers or texts. */
export function plainTable({ signature, featureNames }: ModelFacts): ResolvedTable | undefined {
  const [spec, ...others] = signature.inputs;
  if (spec === undefined || others.length > 0 || spec.shape.length > 2) return undefined;
  const width = widthOf(spec);
  if (width === -1 || width === 0) return undefined;
  const names = featureNames?.length === width ? featureNames : undefined;
  const columns = Array.from({ length: width }, (_, at) => ({
    name: names?.[at] ?? `${spec.name}[${at}]`,
    input: 0,
    at,
    unit: undefined,
    description: undefined,
    min: undefined,
    max: undefined,
    words: undefined,
    standIn: undefined,
  }));
  return { columns, isNamed: names !== undefined, isChecked: false };
}

/** Values of one row of an input: of [N, F] F, of [N] one, of [F] without rows F. */
export function widthOf({ shape }: TensorSpec): number {
  if (shape.length === 2) return shape[1]!;
  return shape.length === 0 || shape[0] === -1 || shape[0] === 1 ? 1 : shape[0]!;
}

/** Whether the input's first dimension is the rows. */
export function hasRows({ shape }: TensorSpec): boolean {
  return shape.length === 2 || (shape.length === 1 && (shape[0] === -1 || shape[0] === 1));
}

function resolveColumns({ columns }: TableRecipe, spec: TensorSpec, input: number): TableColumn[] {
  const { name, shape, datatype } = spec;
  if (shape.length > 2 || datatype === 'BOOL') {
    throw recipeFault(
      `makes rows of a table for the input ${quoted(name)}, which takes ${datatype} ${shapeText(shape)}`,
      'A table fills inputs of the shape [rows, columns] or [rows].',
    );
  }
  const width = widthOf(spec);
  if (width !== -1 && width !== columns.length) {
    throw recipeFault(
      `has ${columns.length} columns for the input ${quoted(name)}, which takes ${width} values in a row`,
      'Name one column for each value, in the order of the model.',
    );
  }
  return columns.map((column, at) => resolveColumn(column, spec, input, at));
}

function resolveColumn(
  column: ColumnRecipe,
  { name: owner, datatype }: TensorSpec,
  input: number,
  at: number,
): TableColumn {
  const { name, unit, description, min, max, categories, default: standIn } = column;
  const isText = datatype === 'BYTES';
  const fault = (what: string, hint: string): never => {
    throw recipeFault(`${what} in the column ${quoted(name)} of the input ${quoted(owner)}`, hint);
  };
  if (isText && (min !== undefined || max !== undefined))
    fault('has a range', 'The input takes texts, which have none.');
  if (isText && categories !== undefined && !Array.isArray(categories))
    fault('has numbers for words', 'The input takes texts: list the words.');
  if (isText && typeof standIn === 'number') fault('has a number as default', 'The input takes texts.');
  const words = wordsOf(categories, isText);
  if (!isText && typeof standIn === 'string' && words?.has(standIn) !== true)
    fault('has a word as default', 'The input takes numbers.');
  if (/INT/.test(datatype)) {
    const numbers = [standIn, ...(words?.values() ?? [])].filter((each) => typeof each === 'number');
    if (!numbers.every(Number.isInteger)) fault('has decimals', 'The input takes whole numbers.');
  }
  return { name, input, at, unit, description, min, max, words, standIn: words?.get(String(standIn)) ?? standIn };
}

function wordsOf(
  categories: ColumnRecipe['categories'],
  isText: boolean,
): ReadonlyMap<string, number | string> | undefined {
  if (categories === undefined) return undefined;
  return Array.isArray(categories)
    ? new Map(categories.map((word: string, index) => [word, isText ? word : index]))
    : new Map(Object.entries(categories as Readonly<Record<string, number>>));
}

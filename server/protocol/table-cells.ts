/**
 * Values of a table as people write them: words become the numbers that the recipe gives them, what is missing its stand-in, and what is
 * out of range is refused with the column's name, unit and range. Pure.
 */
import { MillraceError } from '../base/errors.ts';
import { checkShape } from './input-slots.ts';
import { readJsonElements } from './json-tensor.ts';
import { nearMatch } from './near-match.ts';
import { hasRows, plainTable, widthOf } from './resolved-table.ts';
import type { ResolvedTable, TableColumn } from './resolved-table.ts';
import type { ModelFacts, Tensor } from './tensors.ts';
import { described, listed, quoted } from './wording.ts';

/** What a value of JSON stands for in its column; `where` says which row, or is empty. Throws `invalid-tensor`. */
export function cellValue(column: TableColumn, value: unknown, where: string): unknown {
  if (value === undefined || value === null) {
    if (column.standIn !== undefined) return column.standIn;
    if (value === null) throw cellFault(column, `is null${where}`);
    return value;
  }
  const { words } = column;
  if (words !== undefined) {
    const meaning = typeof value === 'string' ? words.get(value) : undefined;
    if (meaning !== undefined) return meaning;
    // The number itself instead of its word.
    if (typeof value !== 'string' && [...words.values()].includes(Number(value))) return value;
    const near = typeof value === 'string' ? nearMatch(value, [...words.keys()]) : undefined;
    const instead = near === undefined ? '' : ` (did you mean ${quoted(near)}?)`;
    throw cellFault(column, `is ${described(value)}${where}${instead}`, `it takes ${listed([...words.keys()])}`);
  }
  checkRange(column, value, where);
  return value;
}

/** The same of the text in a cell of a CSV or a field of a form. */
export function textValue(
  column: TableColumn,
  text: string,
  isText: boolean,
  hasDecimalComma: boolean,
  where: string,
): unknown {
  const plain = text.trim();
  if (plain === '' && !(isText && column.standIn === undefined)) {
    if (column.standIn !== undefined) return column.standIn;
    throw cellFault(column, `is empty${where}`);
  }
  if (isText) return cellValue(column, text, where);
  const word = column.words?.get(plain);
  if (word !== undefined) return word;
  const number = parseNumber(plain, hasDecimalComma);
  if (number === undefined && column.words === undefined)
    throw cellFault(column, `is ${quoted(plain)}${where}`, 'it takes a number');
  return cellValue(column, number ?? plain, where);
}

/** A number as programs and people write it; a decimal comma only where commas do not separate. Undefined where it is none. */
export function parseNumber(text: string, hasDecimalComma: boolean): number | bigint | undefined {
  const plain = hasDecimalComma ? text.replace(/^([+-]?\d*),(\d+)$/, '$1.$2') : text;
  if (/^[+-]?\d{16,20}$/.test(plain)) return BigInt(plain.replace('+', ''));
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(plain)) return Number(plain);
  const named = /^([+-]?)(nan|inf|infinity)$/i.exec(plain);
  if (named === null) return undefined;
  if (named[2]!.toLowerCase() === 'nan') return Number.NaN;
  return named[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** The table of a model, from its recipe or its signature. Throws `invalid-request` where it does not take one. */
export function tableOf(model: ModelFacts): ResolvedTable {
  const table = model.recipe?.table ?? plainTable(model);
  if (table !== undefined) return table;
  throw new MillraceError(
    'invalid-request',
    `Model ${quoted(model.name)} takes no table: its inputs are no rows of values, or no recipe names their columns.`,
    { hint: 'Send JSON, or add a recipe: docs/recipes.md.' },
  );
}

/** `rows`: values in the order of the table's columns, as `cellValue` gives them. Tensors of the inputs that the table fills. */
export function tableTensors(model: ModelFacts, table: ResolvedTable, rows: readonly (readonly unknown[])[]): Tensor[] {
  const { inputs } = model.signature;
  return inputs.flatMap((spec, input) => {
    const places = table.columns.flatMap((column, place) => (column.input === input ? [place] : []));
    if (places.length === 0) return [];
    const { name, datatype } = spec;
    if (!hasRows(spec) && rows.length !== 1) {
      throw new MillraceError('invalid-tensor', `Input ${quoted(name)} takes one row, and ${rows.length} were sent.`);
    }
    const data = rows.flatMap((row) => places.map((place) => row[place]));
    const width = widthOf(spec) === -1 ? places.length : widthOf(spec);
    const shape = !hasRows(spec) ? [width] : spec.shape.length === 2 ? [rows.length, width] : [rows.length];
    checkShape(spec, shape);
    const elementNames = places.map((place) => table.columns[place]!.name);
    const source = { name, datatype, data, readExactly: () => data, elementNames };
    return [{ name, datatype, shape, data: readJsonElements(source, data.length) }];
  });
}

function checkRange(column: TableColumn, value: unknown, where: string): void {
  const { min, max } = column;
  if ((min === undefined && max === undefined) || (typeof value !== 'number' && typeof value !== 'bigint')) return;
  // Written so that NaN, which is in no range, is refused.
  const isInside = (min === undefined || value >= min) && (max === undefined || value <= max);
  if (!isInside) throw cellFault(column, `is ${described(value)}${where}`, `it takes ${rangeText(column)}`);
}

/** `0.1 to 10 cm`, `at least 0`. */
export function rangeText({ min, max, unit }: Pick<TableColumn, 'min' | 'max' | 'unit'>): string {
  const range = min === undefined ? `at most ${max}` : max === undefined ? `at least ${min}` : `${min} to ${max}`;
  return unit === undefined ? range : `${range} ${unit}`;
}

function cellFault({ name }: TableColumn, what: string, expected?: string): MillraceError {
  return new MillraceError(
    'invalid-tensor',
    `Feature ${quoted(name)} ${what}${expected === undefined ? ', and the recipe gives it no default' : `; ${expected}`}.`,
  );
}

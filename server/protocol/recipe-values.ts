/** Values in the JSON of `/predict` that a recipe gives a meaning: pictures as Base64, words of a table, what may be left out. Pure. */
import { MillraceError } from '../base/errors.ts';
import { fromBase64, refuseAddress } from './encoded-images.ts';
import type { ResolvedTable, TableColumn } from './resolved-table.ts';
import { cellValue } from './table-cells.ts';
import { described, quoted } from './wording.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const addressKey = /^(?:url|uri|href|src|image_url)$/i;

/** True for a text, `{"b64": …}`, an address, or a list of those; an object of anything else may be features by name. */
export function isImageValue(value: unknown): boolean {
  const first: unknown = Array.isArray(value) ? value.at(0) : value;
  if (typeof first !== 'object' || first === null) return typeof first === 'string';
  return Object.keys(first).some((key) => key === 'b64' || addressKey.test(key));
}

/** The files in `"…"`, `{"b64": "…"}`, or a list of them. Throws `invalid-tensor`, for addresses too: nothing is fetched. */
export function readImageValue(value: unknown, name: string): Buffer[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((each) => {
    if (typeof each === 'string') return fromBase64(each, name);
    const { b64, ...others } = typeof each === 'object' && each !== null ? (each as JsonObject) : {};
    if (typeof b64 === 'string' && Object.keys(others).length === 0) return fromBase64(b64, name);
    if (Object.keys(others).some((key) => addressKey.test(key))) throw refuseAddress(name);
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(name)} is ${described(each)}; a picture in JSON is {"b64": "…"}, its bytes as Base64.`,
    );
  });
}

/** The columns of one input. */
export function columnsOf(table: ResolvedTable, input: number): readonly TableColumn[] {
  return table.columns.filter((column) => column.input === input);
}

/** A nested array of rows, or one row, with each value checked and translated by its column. What does not fit is left to the reader of shapes. */
export function checkedCells(value: unknown, columns: readonly TableColumn[]): unknown {
  const rowOf = (row: readonly unknown[], where: string): unknown[] =>
    row.map((cell, at) => {
      // One column: the list is its rows.
      const column = columns.length === 1 ? columns[0] : columns[at];
      return column === undefined || Array.isArray(cell) ? cell : cellValue(column, cell, where);
    });
  if (!Array.isArray(value)) return columns.length === 1 ? cellValue(columns[0]!, value, '') : value;
  if (!Array.isArray(value.at(0))) return rowOf(value, '');
  return value.map((row: unknown, index) => (Array.isArray(row) ? rowOf(row, ` in row ${index}`) : row));
}

/** Columns whose value may be left out. */
export function standInsOf(table: ResolvedTable | undefined): ReadonlySet<string> {
  return new Set(table?.columns.filter(({ standIn }) => standIn !== undefined).map(({ name }) => name));
}

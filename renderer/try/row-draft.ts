/** What a person typed into the fields of a row, and the numbers in it. Pure. */
import type { ColumnView } from '../../server/protocol/admin/recipe-view.ts';
import { parseNumber } from './csv.ts';
import type { RowField } from './form-model.ts';

export type CellFault =
  | { readonly kind: 'empty' }
  | { readonly kind: 'text' | 'decimals' | 'word'; readonly text: string }
  | { readonly kind: 'range'; readonly text: string; readonly column: ColumnView };

/** The model's example, else zeros: a form that can be run as it stands. */
export function startingCells({ features, columns, example }: RowField): string[] {
  return features.map((_, index) => {
    const column = columns?.[index];
    const value = example?.[index];
    // The number of a word is not what a person would write.
    if (column !== undefined && (value === undefined || column.words !== undefined))
      return String(startingValue(column));
    return value === undefined ? '0' : String(Number(value.toPrecision(6)));
  });
}

/** A value that the column takes: its stand-in, its first word, or the number in its range that is nearest to 0. */
export function startingValue({ words, standIn, min, max }: ColumnView): number | string {
  if (standIn !== undefined) return standIn;
  if (words !== undefined) return words[0]!;
  return Math.min(Math.max(0, min ?? 0), max ?? Number.POSITIVE_INFINITY);
}

/** A cell of a column with a recipe: a word of its words, a number in its range, or nothing where that has a stand-in. */
export function readColumnCell(cell: string, column: ColumnView, isInteger: boolean): number | string | CellFault {
  const { words, standIn, min, max } = column;
  const plain = cell.trim();
  if (plain === '' && standIn !== undefined) return standIn;
  if (words !== undefined)
    return words.includes(plain) ? plain : { kind: plain === '' ? 'empty' : 'word', text: plain };
  const value = readCell(cell, isInteger);
  if (isCellFault(value)) return value;
  const isInside = (min === undefined || value >= min) && (max === undefined || value <= max);
  return isInside ? value : { kind: 'range', text: plain, column };
}

export function readCell(cell: string, isInteger: boolean): number | CellFault {
  if (cell.trim() === '') return { kind: 'empty' };
  const value = parseNumber(cell);
  if (value === undefined) return { kind: 'text', text: cell.trim() };
  return isInteger && !Number.isInteger(value) ? { kind: 'decimals', text: cell.trim() } : value;
}

export function isCellFault(value: number | string | CellFault): value is CellFault {
  return typeof value === 'object';
}

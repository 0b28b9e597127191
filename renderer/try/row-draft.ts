/** What a person typed into the fields of a row, and the numbers in it. Pure. */
import { parseNumber } from './csv.ts';
import type { RowField } from './form-model.ts';

export type CellFault = { readonly kind: 'empty' } | { readonly kind: 'text' | 'decimals'; readonly text: string };

/** The model's example, else zeros: a form that can be run as it stands. */
export function startingCells({ features, example }: RowField): string[] {
  return features.map((_, index) => {
    const value = example?.[index];
    return value === undefined ? '0' : String(Number(value.toPrecision(6)));
  });
}

export function readCell(cell: string, isInteger: boolean): number | CellFault {
  if (cell.trim() === '') return { kind: 'empty' };
  const value = parseNumber(cell);
  if (value === undefined) return { kind: 'text', text: cell.trim() };
  return isInteger && !Number.isInteger(value) ? { kind: 'decimals', text: cell.trim() } : value;
}

export function isCellFault(value: number | CellFault): value is CellFault {
  return typeof value !== 'number';
}

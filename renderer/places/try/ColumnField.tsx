/** One column of a table with a recipe: a choice of its words, or a number with its unit and range. */
import type { ColumnView } from '../../../server/protocol/admin/recipe-view.ts';
import { Choice, TextField } from '../../components/Field.tsx';
import { answerNumber } from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import { isCellFault, readColumnCell } from '../../try/row-draft.ts';
import type { CellFault } from '../../try/row-draft.ts';

interface ColumnFieldProps {
  readonly column: ColumnView;
  readonly cell: string;
  readonly isInteger: boolean;
  readonly showFaults: boolean;
  onChange(cell: string): void;
}

export function ColumnField({ column, cell, isInteger, showFaults, onChange }: ColumnFieldProps) {
  const { name, description, words } = column;
  if (words !== undefined) {
    return (
      <Choice
        label={name}
        isName
        help={description}
        value={cell}
        areNames
        options={words.map((word) => ({ value: word, text: word }))}
        onChange={onChange}
      />
    );
  }
  const value = readColumnCell(cell, column, isInteger);
  const range = columnRange(column);
  const help = [range, description].filter((part) => part !== undefined && part !== '').join('. ');
  return (
    <TextField
      label={columnLabel(column)}
      isName
      inputMode="decimal"
      autoComplete="off"
      value={cell}
      help={help === '' ? undefined : help}
      error={isCellFault(value) && (showFaults || value.kind !== 'empty') ? cellFaultText(value) : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** With its unit, unless the name says it already: `sepal length (cm)`. */
export function columnLabel({ name, unit }: Pick<ColumnView, 'name' | 'unit'>): string {
  return unit === undefined || name.endsWith(`(${unit})`) || name.endsWith(` ${unit}`)
    ? name
    : t('field.withUnit', { name, unit });
}

/** `0 to 30 cm`; empty where any number is taken. */
export function columnRange({ min, max, unit }: ColumnView): string {
  const places = { min: answerNumber(min ?? 0), max: answerNumber(max ?? 0) };
  const range =
    min !== undefined && max !== undefined
      ? t('field.range', places)
      : min !== undefined
        ? t('field.atLeast', { min: places.min })
        : max !== undefined
          ? t('field.atMost', { max: places.max })
          : '';
  return range === '' || unit === undefined ? range : `${range} ${unit}`;
}

export function cellFaultText(fault: CellFault): string {
  switch (fault.kind) {
    case 'empty':
      return t('field.empty');
    case 'text':
      return t('field.notNumber', { text: fault.text });
    case 'decimals':
      return t('field.integer', { text: fault.text });
    case 'word':
      return t('field.notWord', { text: fault.text });
    case 'range':
      return t('field.outside', { text: fault.text, range: columnRange(fault.column) });
  }
}

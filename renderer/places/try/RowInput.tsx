/** Numbers by name, or many rows pasted as a table. */
import { ClipboardPaste, RotateCcw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { TextArea, TextField } from '../../components/Field.tsx';
import { t } from '../../texts/t.ts';
import { csvRows, parseNumber } from '../../try/csv.ts';
import type { CsvFault, ReadCell } from '../../try/csv.ts';
import type { RowField } from '../../try/form-model.ts';
import type { FieldValue } from '../../try/request.ts';
import { isCellFault, readCell, readColumnCell, startingCells } from '../../try/row-draft.ts';
import { ColumnField, cellFaultText } from './ColumnField.tsx';
import styles from './RowInput.module.css';

type CsvRow = readonly (number | string)[];

interface RowInputProps {
  readonly field: RowField;
  readonly showFaults: boolean;
  onChange(value: FieldValue | undefined): void;
}

export function RowInput({ field, showFaults, onChange }: RowInputProps) {
  const [cells, setCells] = useState(() => startingCells(field));
  const [table, setTable] = useState<readonly CsvRow[]>();
  const [isPasting, setPasting] = useState(false);
  const isInteger = /INT/.test(field.datatype);
  const values = cells.map((cell, index) => {
    const column = field.columns?.[index];
    return column === undefined ? readCell(cell, isInteger) : readColumnCell(cell, column, isInteger);
  });
  useEffect(() => {
    if (table !== undefined) {
      onChange({ shape: [table.length, field.features.length], elements: table.flat() });
    } else if (values.some(isCellFault)) {
      onChange(undefined);
    } else {
      onChange({ shape: [1, field.features.length], elements: values as (number | string)[] });
    }
    // `values` follow from `cells`, and `onChange` is new each time.
  }, [cells, table]); // oxlint-disable-line react-hooks/exhaustive-deps
  if (table !== undefined) {
    return <PastedRows field={field} rows={table} onBack={() => setTable(undefined)} />;
  }
  if (isPasting) {
    return (
      <PasteForm
        field={field}
        onUse={(rows) => {
          setTable(rows);
          setPasting(false);
        }}
        onBack={() => setPasting(false)}
      />
    );
  }
  return (
    <>
      <div className={styles.cells}>
        {field.features.map((feature, index) => {
          const column = field.columns?.[index];
          const setCell = (cell: string): void => setCells(cells.map((each, at) => (at === index ? cell : each)));
          if (column !== undefined) {
            return (
              <ColumnField
                key={feature}
                column={column}
                cell={cells[index]!}
                isInteger={isInteger}
                showFaults={showFaults}
                onChange={setCell}
              />
            );
          }
          const value = values[index]!;
          return (
            <TextField
              key={feature}
              label={feature}
              isName
              inputMode="decimal"
              autoComplete="off"
              value={cells[index]}
              error={isCellFault(value) && (showFaults || value.kind !== 'empty') ? cellFaultText(value) : undefined}
              onChange={(event) => setCell(event.target.value)}
            />
          );
        })}
      </div>
      <div className={styles.tools}>
        {field.isBatched && (
          <Button icon={<ClipboardPaste aria-hidden="true" />} onClick={() => setPasting(true)}>
            {t('field.paste')}
          </Button>
        )}
        {field.example !== undefined && (
          <Button look="quiet" icon={<RotateCcw aria-hidden="true" />} onClick={() => setCells(startingCells(field))}>
            {t('try.reset')}
          </Button>
        )}
      </div>
    </>
  );
}

interface PasteFormProps {
  readonly field: RowField;
  onUse(rows: readonly CsvRow[]): void;
  onBack(): void;
}

function PasteForm({ field, onUse, onBack }: PasteFormProps) {
  const [text, setText] = useState('');
  const { rows, faults } = csvRows(text, field.features, readerOf(field));
  const isTyped = text.trim() !== '';
  return (
    <div className={styles.paste}>
      <TextArea
        label={t('field.paste')}
        help={t('field.pasteHint')}
        error={
          isTyped && faults.length > 0
            ? faults
                .slice(0, 3)
                .map((fault) => csvFaultText(fault, field.columns))
                .join(' ')
            : undefined
        }
        placeholder={`${field.features.slice(0, 4).join(',')}${field.features.length > 4 ? ',…' : ''}`}
        rows={8}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className={styles.tools}>
        <Button look="primary" disabled={rows.length === 0} onClick={() => onUse(rows)}>
          {rows.length === 0 ? t('field.csvNone') : t('field.pasteUse', { count: rows.length })}
        </Button>
        <Button onClick={onBack}>{t('field.backToOne')}</Button>
      </div>
    </div>
  );
}

/** The column takes words, or the number is outside of its range: that it is no number is not what is wrong. */
function isNumber({ column, text }: CsvFault & { readonly kind: 'cell' }, columns: RowField['columns']): boolean {
  const recipe = columns?.find(({ name }) => name === column);
  return recipe?.words !== undefined || parseNumber(text) !== undefined;
}

function csvFaultText(fault: CsvFault, columns: RowField['columns']): string {
  switch (fault.kind) {
    case 'cell':
      return t(isNumber(fault, columns) ? 'field.csvValue' : 'field.csvCell', {
        line: fault.line,
        column: fault.column,
        text: fault.text,
      });
    case 'width':
      return t('field.csvWidth', { line: fault.line, found: fault.found, wanted: fault.wanted });
    case 'missing-column':
      return t('field.csvMissing', { column: fault.column });
  }
}

/** Cells by the columns of the recipe, numbers where there is none. */
function readerOf({ columns, datatype }: RowField): ReadCell | undefined {
  if (columns === undefined) return undefined;
  return (cell, place, separator) => {
    const plain = separator === ',' ? cell : cell.replace(/^(-?\d*),(\d+)$/, '$1.$2');
    const value = readColumnCell(plain, columns[place]!, /INT/.test(datatype));
    return isCellFault(value) ? undefined : value;
  };
}

/** Enough to see that the right table was pasted. */
const shownRows = 8;

interface PastedRowsProps {
  readonly field: RowField;
  readonly rows: readonly CsvRow[];
  onBack(): void;
}

function PastedRows({ field, rows, onBack }: PastedRowsProps) {
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling frame must be reachable by keyboard */}
      <div className={styles.frame} tabIndex={0} role="region" aria-label={t('field.rows', { count: rows.length })}>
        <table className={styles.table} translate="no">
          <thead>
            <tr>
              {field.features.map((feature) => (
                <th key={feature} scope="col">
                  {feature}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shownRows).map((row, index) => (
              // oxlint-disable-next-line react/no-array-index-key -- rows have no name but their place
              <tr key={index}>
                {row.map((value, column) => (
                  <td key={field.features[column]}>{value}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > shownRows && <p>{t('field.moreRows', { count: rows.length - shownRows })}</p>}
      <div className={styles.tools}>
        <Button onClick={onBack}>{t('field.backToOne')}</Button>
      </div>
    </>
  );
}

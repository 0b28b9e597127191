import { expect, it } from 'vitest';
import { columnTypes } from '../../server/cli/feature-file.ts';
import { csvCell } from '../../server/cli/features.ts';

const typeOf = (...values: readonly string[]): string =>
  columnTypes(
    { idColumn: 'id', types: {} },
    values.map((c) => ({ row: { id: '1', c } })),
  )['c']!;

it.each([
  [['1', '-2.5', '3e4', '0'], 'number'],
  [['1', '', '2'], 'number'],
  [['007'], 'text'],
  [['9007199254740993'], 'text'],
  [['1e999'], 'text'],
  [['1', 'x'], 'text'],
  [['true', 'False'], 'boolean'],
  [['true', '1'], 'text'],
  [['', ''], 'text'],
  [[' '], 'text'],
])('a column of %j is %s', (values, type) => {
  expect(typeOf(...values)).toBe(type);
});

it('a column that the set knows keeps its type', () => {
  expect(columnTypes({ idColumn: 'id', types: { c: 'text' } }, [{ row: { id: '1', c: '5' } }])).toEqual({ c: 'text' });
});

it.each([
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['say "x"', '"say ""x"""'],
  ['two\nlines', '"two\nlines"'],
  [' edge', '" edge"'],
  [1.5, '1.5'],
  [false, 'false'],
])('%j is the cell %j', (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});

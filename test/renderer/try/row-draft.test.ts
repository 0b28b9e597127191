import { describe, expect, it } from 'vitest';
import { fieldOf } from '../../../renderer/try/form-model.ts';
import type { RowField } from '../../../renderer/try/form-model.ts';
import {
  isCellFault,
  readCell,
  readColumnCell,
  startingCells,
  startingValue,
} from '../../../renderer/try/row-draft.ts';

describe('the fields of a row', () => {
  it('start with the example, rounded to what a person reads', () => {
    const field = fieldOf({ name: 'x', datatype: 'FP32', shape: [-1, 2] }, ['a', 'b'], [0.123_456_789, 5]) as RowField;
    expect(startingCells(field)).toEqual(['0.123457', '5']);
    expect(startingCells({ ...field, example: undefined })).toEqual(['0', '0']);
  });

  it.each([
    ['1,5', false, 1.5],
    ['', false, { kind: 'empty' }],
    ['abc', false, { kind: 'text', text: 'abc' }],
    ['1.5', true, { kind: 'decimals', text: '1.5' }],
    ['2', true, 2],
  ])('read %j', (cell, isInteger, value) => {
    expect(readCell(cell, isInteger)).toEqual(value);
  });
});

describe('a cell of a column with a recipe', () => {
  const column = { name: 'a', input: 'x' };

  it.each([
    ['5', { ...column, min: 0, max: 10 }, 5],
    ['5,5', { ...column, min: 0 }, 5.5],
    ['', { ...column, standIn: 7 }, 7],
    ['day', { ...column, words: ['day', 'night'] }, 'day'],
  ])('%j is taken', (cell, given, expected) => {
    expect(readColumnCell(cell, given, false)).toBe(expected);
  });

  it.each([
    ['11', { ...column, min: 0, max: 10 }, 'range'],
    ['-1', { ...column, min: 0 }, 'range'],
    ['', column, 'empty'],
    ['', { ...column, words: ['day'] }, 'empty'],
    ['dawn', { ...column, words: ['day'] }, 'word'],
    ['x', column, 'text'],
    ['1.5', column, 'decimals'],
  ])('%j is not: %j, %s', (cell, given, kind) => {
    expect(readColumnCell(cell, given, true)).toMatchObject({ kind });
  });

  it('is taken at the ends of its range and not beyond', () => {
    const range = { ...column, min: 0, max: 10 };
    for (const cell of ['0', '10']) expect(readColumnCell(cell, range, false)).toBe(Number(cell));
    for (const cell of ['-0.1', '10.1']) expect(readColumnCell(cell, range, false)).toMatchObject({ kind: 'range' });
  });

  it('starts with something that is taken', () => {
    for (const given of [
      { ...column, min: 5 },
      { ...column, max: -5 },
      { ...column, words: ['day'] },
      { ...column, standIn: 3 },
      column,
    ]) {
      expect(isCellFault(readColumnCell(String(startingValue(given)), given, false))).toBe(false);
    }
  });
});

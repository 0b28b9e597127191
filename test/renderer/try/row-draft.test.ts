import { describe, expect, it } from 'vitest';
import { fieldOf } from '../../../renderer/try/form-model.ts';
import type { RowField } from '../../../renderer/try/form-model.ts';
import { readCell, startingCells } from '../../../renderer/try/row-draft.ts';

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

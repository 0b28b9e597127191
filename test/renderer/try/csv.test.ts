import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRows, parseCsv, parseNumber, writeCsv } from '../../../renderer/try/csv.ts';

describe('a pasted table', () => {
  it.each([
    ['1,2\n3,4', ','],
    ['1;2\n3;4', ';'],
    ['1\t2\n3\t4', 'tab'],
    ['1, 2\r\n3, 4\r\n\r\n', 'comma and Windows lines'],
  ])('%j is two rows', (text) => {
    expect(csvRows(text, ['a', 'b'])).toEqual({
      rows: [
        [1, 2],
        [3, 4],
      ],
      faults: [],
    });
  });

  it('takes decimal commas where the comma does not separate', () => {
    expect(csvRows('1,5;2,25', ['a', 'b']).rows).toEqual([[1.5, 2.25]]);
  });

  it('puts columns in the order of the features by the names of its head', () => {
    expect(csvRows('B,extra,a\n2,9,1', ['a', 'b']).rows).toEqual([[1, 2]]);
  });

  it('takes a head of other names by place where the number fits', () => {
    expect(csvRows('länge,breite\n1,2', ['a', 'b']).rows).toEqual([[1, 2]]);
  });

  it('says which column a head lacks', () => {
    expect(csvRows('a,x\n1,2', ['a', 'b']).faults).toEqual([{ kind: 'missing-column', column: 'b' }]);
  });

  it('says where a cell is no number and where a row is short', () => {
    expect(csvRows('a,b\n1,two', ['a', 'b']).faults).toEqual([{ kind: 'cell', line: 2, column: 'b', text: 'two' }]);
    expect(csvRows('1,2\n3', ['a', 'b']).faults).toEqual([{ kind: 'width', line: 2, found: 1, wanted: 2 }]);
  });

  it('tells at most ten faults', () => {
    expect(csvRows(`a\n${'x\n'.repeat(40)}`, ['a']).faults).toHaveLength(10);
  });

  it('reads quoted cells with separators, quotes and line breaks in them', () => {
    expect(parseCsv('"a, b","c ""d"""\n"1\n2",3').head).toEqual(['a, b', 'c "d"']);
    expect(parseCsv('"a, b","c ""d"""\n"1\n2",3').rows).toEqual([['1\n2', '3']]);
  });

  it('has no rows where nothing was typed', () => {
    expect(csvRows(' \n', ['a'])).toEqual({ rows: [], faults: [] });
  });
});

describe('a number', () => {
  it.each(['', ' ', '1.2.3', '0x10', 'NaN', 'Infinity', '1e', '--1', 'one'])('is not in %j', (text) => {
    expect(parseNumber(text)).toBeUndefined();
  });

  it.each([
    ['1', 1],
    ['+.5', 0.5],
    ['-1.5E-3', -0.0015],
    [' 7 ', 7],
    ['3,25', 3.25],
  ])('is in %j', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });
});

describe('a written table', () => {
  it('reads back as it was', () => {
    const cell = fc
      .string()
      .filter((text) => text.trim() === text && text !== '' && parseNumber(text) === undefined && !text.includes('\r'));
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
        const read = parseCsv(writeCsv(['first', 'second'], rows));
        // A quoted separator in the head cannot mislead: the head is ours.
        expect(read.head).toEqual(['first', 'second']);
        expect(read.rows).toEqual(rows);
      }),
    );
  });

  it('leaves a gap empty', () => {
    expect(writeCsv(['a'], [[Number.NaN], [1]])).toBe('a\r\n\r\n1\r\n');
  });
});

describe('a pasted table of words and numbers', () => {
  const read = (cell: string, place: number): string | number | undefined =>
    place === 0 ? ['day', 'night'].find((word) => word === cell) : parseNumber(cell);

  it('has a head only where a line is no row', () => {
    expect(csvRows('day,1\nnight,2', ['shift', 'b'], read).rows).toEqual([
      ['day', 1],
      ['night', 2],
    ]);
    expect(csvRows('shift,b\nday,1', ['shift', 'b'], read).rows).toEqual([['day', 1]]);
    expect(csvRows('b,shift\n1,day', ['shift', 'b'], read).rows).toEqual([['day', 1]]);
  });

  it('says which word is none', () => {
    expect(csvRows('day,1\nnigth,2', ['shift', 'b'], read).faults).toEqual([
      { kind: 'cell', line: 2, column: 'shift', text: 'nigth' },
    ]);
  });
});

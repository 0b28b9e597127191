/** Cells and tables as people write them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsvRows } from '../../server/protocol/csv-table.ts';
import { parsePredictBody } from '../../server/protocol/predict-body.ts';
import { resolveRecipe } from '../../server/protocol/resolved-recipe.ts';
import type { ColumnRecipe } from '../../server/protocol/recipe.ts';
import { parseNumber, tableOf } from '../../server/protocol/table-cells.ts';
import type { ModelFacts } from '../../server/protocol/tensors.ts';
import { facts, spec } from './facts.ts';

function modelOf(columns: readonly ColumnRecipe[], datatype: 'FP32' | 'FP64' | 'INT64' | 'BYTES' = 'FP64'): ModelFacts {
  const model = facts([spec('x', datatype, [-1, columns.length])]);
  return { ...model, recipe: resolveRecipe({ inputs: { x: { table: { columns } } }, outputs: {} }, model.signature) };
}

const csv = (text: string, model: ModelFacts): unknown[][] => readCsvRows(Buffer.from(text), tableOf(model), model);
const plain = modelOf([{ name: 'a' }, { name: 'b' }]);

describe('a number', () => {
  it.each([
    ['1', false, 1],
    ['-1.5e3', false, -1500],
    ['.5', false, 0.5],
    ['0,5', true, 0.5],
    ['-,5', true, -0.5],
    ['0,5', false, undefined],
    ['1.000,5', true, undefined],
    ['9007199254740993', false, 9_007_199_254_740_993n],
    ['-inf', false, Number.NEGATIVE_INFINITY],
    ['NaN', false, Number.NaN],
    ['0x10', false, undefined],
    ['1e', false, undefined],
    ['', false, undefined],
    ['five', false, undefined],
  ] as const)('%j with decimal comma %s is %s', (text, hasComma, expected) => {
    expect(parseNumber(text, hasComma)).toEqual(expected);
  });
});

describe('a table as CSV', () => {
  it('gives back every number, whatever separates and whatever the order of columns', () => {
    const values = fc.array(fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(
        values,
        fc.constantFrom(',', ';', '\t'),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom('\n', '\r\n'),
        (rows, separator, hasHead, isSwapped, end) => {
          const isByName = hasHead && isSwapped;
          const lines = rows.map(([a, b]) => (isByName ? [b, a] : [a, b]).map(String).join(separator));
          const head = isByName ? [`B`, `A`] : ['a', 'b'];
          const text = [...(hasHead ? [head.join(separator)] : []), ...lines].join(end);
          expect(csv(text, plain).map((row) => row.map(Number))).toEqual(
            rows.map((row) => row.map((value) => value + 0)),
          );
        },
      ),
    );
  });

  it('finds names in quotes, passes over other columns, and knows a head by its names only where words are taken', () => {
    const model = modelOf([{ name: 'a' }, { name: 'kind', categories: ['x', 'y'] }]);
    expect(csv('"note","Kind","a"\n"1;2","y","3"', model)).toEqual([[3, 1]]);
    expect(csv('3,y\n4,x', model)).toEqual([
      [3, 1],
      [4, 0],
    ]);
  });

  it('has decimal commas where commas do not separate', () => {
    expect(csv('a;b\n0,5;-2,25', plain)).toEqual([[0.5, -2.25]]);
    expect(csv('0,5', plain)).toEqual([[0, 5]]);
  });

  it.each([
    ['', 'The table has no rows.'],
    ['a,b\n', 'a head and no rows'],
    ['a,bb\n1,2', 'has no column "b"'],
    ['1,2\n3', 'Row 2 of the table has 1 values; model "iris" takes 2'],
    ['a,b\n1,', 'Feature "b" is empty in row 1, and the recipe gives it no default'],
    ['a,b\n1,2\n1,x', 'Feature "b" is "x" in row 2; it takes a number'],
    ['"1,2', 'cannot be read'],
  ])('%j is refused', (text, sentence) => {
    expect(() => csv(text, plain)).toThrow(sentence);
  });

  it('is refused where it is no UTF-8, too long or too large', () => {
    expect(() => readCsvRows(Buffer.from([0x61, 0xff, 0x0a]), tableOf(plain), plain)).toThrow('UTF-8');
    expect(() => csv('1,2\n'.repeat(100_001), plain)).toThrow(expect.objectContaining({ code: 'payload-too-large' }));
    expect(csv('1,2\n'.repeat(100_000), plain)).toHaveLength(100_000);
    expect(() => readCsvRows(Buffer.alloc(16 * 1024 * 1024 + 1, 0x31), tableOf(plain), plain)).toThrow(
      'at most 16777216',
    );
  });
});

describe('a cell', () => {
  const read = (columns: readonly ColumnRecipe[], features: unknown, datatype: 'FP64' | 'INT64' | 'BYTES' = 'FP64') => {
    const model = { ...modelOf(columns, datatype), featureNames: columns.map(({ name }) => name) };
    const body = Buffer.from(JSON.stringify({ features }));
    return [...(parsePredictBody(body, 'json', model).inputs[0]!.data as Float64Array)];
  };

  it('is in its range, both ends included', () => {
    const columns = [{ name: 'a', min: 0, max: 1, unit: 'm' }];
    for (const value of [0, 0.5, 1]) expect(read(columns, { a: value })).toEqual([value]);
    for (const value of [-0.001, 1.001]) expect(() => read(columns, { a: value })).toThrow('it takes 0 to 1 m');
    expect(() => read([{ name: 'a', min: 2 }], { a: 1 })).toThrow('at least 2');
    expect(() => read([{ name: 'a', max: 2 }], { a: 3 })).toThrow('at most 2');
  });

  it('is a word, its number, or its stand-in', () => {
    const columns = [{ name: 'a', categories: { low: 10, high: 20 }, default: 'high' }];
    expect(read(columns, [{ a: 'low' }, { a: 10 }, { a: 20 }, {}, { a: null }])).toEqual([10, 10, 20, 20, 20]);
    for (const value of ['Low', 15, true]) expect(() => read(columns, { a: value })).toThrow('it takes "low", "high"');
    expect(() => read([{ name: 'a', categories: ['x'] }], { a: null })).toThrow('is null');
  });

  it('keeps the digits of long integers, in JSON and in CSV', () => {
    const model = { ...modelOf([{ name: 'a', min: 0 }], 'INT64'), featureNames: ['a'] };
    const long = '9007199254740993';
    const json = parsePredictBody(Buffer.from(`{"features":[[${long}]]}`), 'json', model);
    expect(json.inputs[0]!.data).toEqual(BigInt64Array.of(BigInt(long)));
    expect(parsePredictBody(Buffer.from(`a\n${long}`), 'csv', model).inputs[0]!.data).toEqual(
      BigInt64Array.of(BigInt(long)),
    );
    expect(() => parsePredictBody(Buffer.from('a\n-1'), 'csv', model)).toThrow('at least 0');
  });

  it('is one of the texts of an input of texts', () => {
    expect(read([{ name: 'a', categories: ['x', 'y'], default: 'y' }], [{ a: 'x' }, {}], 'BYTES')).toEqual(['x', 'y']);
    expect(() => read([{ name: 'a', categories: ['x'] }], { a: 'z' }, 'BYTES')).toThrow('it takes "x"');
  });
});

describe('a form', () => {
  const form = (text: string): unknown => parsePredictBody(Buffer.from(text), 'fields', plain).inputs[0]!.data;

  it('is one row', () => {
    expect(form('b=2&a=1,5')).toEqual(Float64Array.of(1.5, 2));
  });

  it.each([
    ['a=1', 'Field "b" is missing'],
    ['a=1&b=2&c=3', 'Field "c" is unknown'],
    ['a=1&a=1&b=2', 'Field "a" is there twice'],
    ['&'.repeat(10_001), 'more than 10000 fields'],
    ['a='.padEnd(1024 * 1024 + 1, '1'), 'at most 1048576'],
  ])('%.20s is refused', (text, sentence) => {
    expect(() => form(text)).toThrow(sentence);
  });
});

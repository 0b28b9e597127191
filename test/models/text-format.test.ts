import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import { parseTextFormat } from '../../server/models/text-format.ts';
import type { TextField } from '../../server/models/text-format.ts';

/** `name=value` with messages in braces: short enough to compare. */
function shown(fields: readonly TextField[]): string {
  const text = ({ name, value }: TextField): string => {
    if (value.kind === 'message') return `${name}{${shown(value.fields)}}`;
    return `${name}=${value.kind === 'text' ? JSON.stringify(value.text) : value.kind === 'word' ? value.word : value.number}`;
  };
  return fields.map(text).join(' ');
}

describe('parseTextFormat', () => {
  it.each([
    ['', ''],
    ['a: 1', 'a=1'],
    ['a: 1 # comment\n# another\nb: 2', 'a=1 b=2'],
    ['a: 1; b: 2, c: 3', 'a=1 b=2 c=3'],
    ['a { b: TYPE_FP32 }', 'a{b=TYPE_FP32}'],
    ['a: { b: true } a < c: -inf >', 'a{b=true} a{c=-inf}'],
    ['dims: [ 1, -1, 0x10 ]', 'dims=1 dims=-1 dims=16'],
    ['a: []', ''],
    ['input [ { name: "x" }, { name: "y" } ]', 'input{name="x"} input{name="y"}'],
    ['a: 1.5e-3 b: .5 c: 2f d: 010', 'a=0.0015 b=0.5 c=2 d=8'],
    [`a: "one" 'two'`, 'a="onetwo"'],
    [String.raw`a: "tab\tquote\"\x41\101\u00e9é"`, String.raw`a="tab\tquote\"AAéé"`],
    ['[some.ext/Name] { x: 1 }', '[some.ext/Name]{x=1}'],
  ])('reads %j', (text, expected) => {
    expect(shown(parseTextFormat(text, 'config.pbtxt'))).toBe(expected);
  });

  it.each([
    ['a: 1\nb 2', /line 2: .*expects ":" or "\{", not "2"/],
    ['a {', /expects the name of a field, not the end of the file/],
    ['a: "open', /line 1: .*does not understand/],
    ['a: [1, 2', /expects "," or "\]"/],
    ['a: }', /expects a value/],
    ['}', /expects the name of a field/],
    ['a: -"x"', /expects a value/],
    ['a: 1 $', /does not understand "\$"/],
    [`${'a {'.repeat(40)}`, /nested more than 32 deep/],
  ])('refuses %j with the line', (text, words) => {
    expect(() => parseTextFormat(text, 'config.pbtxt')).toThrow(words);
  });

  it('counts lines', () => {
    expect(parseTextFormat('a: 1\n\n# x\nb {\n c: 2\n}', 'x').map(({ line }) => line)).toEqual([1, 4]);
  });

  it('throws nothing but its own error, whatever the text', () => {
    const pieces = fc.array(
      fc.constantFrom(
        'a',
        ':',
        '{',
        '}',
        '[',
        ']',
        '<',
        '>',
        '"x"',
        "'",
        '"',
        '\\',
        '-',
        '1',
        '0x',
        '#',
        '\n',
        ',',
        ';',
        ' ',
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 100 }),
          pieces.map((list) => list.join('')),
        ),
        (text) => {
          try {
            parseTextFormat(text, 'config.pbtxt');
          } catch (error) {
            if (!(error instanceof MillraceError)) throw error;
            expect(error.code).toBe('invalid-manifest');
          }
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('reads a megabyte of it in little time', () => {
    const startedMs = performance.now();
    expect(parseTextFormat('dims: [1, 2, 3]\n'.repeat(30_000), 'x')).toHaveLength(90_000);
    expect(() => parseTextFormat('a: 1\n'.repeat(100_001), 'x')).toThrow(/more than 100000 fields/);
    expect(performance.now() - startedMs).toBeLessThan(3000);
  });
});

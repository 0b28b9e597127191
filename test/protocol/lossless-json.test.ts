import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLosslessJson } from '../../server/protocol/lossless-json.ts';
import { refusal } from './facts.ts';

const read = (text: string): unknown => parseLosslessJson(text, 64);

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

describe('parseLosslessJson', () => {
  it.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
    ['18446744073709551615', 18446744073709551615n],
    ['1e18', 1e18],
    ['9007199254740993.0', 9007199254740992],
    ['-0', -0],
    ['0.1', 0.1],
    ['NaN', Number.NaN],
    ['[NaN,Infinity , -Infinity]', [Number.NaN, Infinity, -Infinity]],
    [' {"a" : [true,false,null]}\r\n\t', { a: [true, false, null] }],
    ['"\\u00e9\\n\\ud83c\\udfed🏭"', 'é\n🏭🏭'],
    ['"\\ud800"', '\ud800'],
    ['[]', []],
    ['{}', {}],
    ['{"constructor":1,"toString":2}', { constructor: 1, toString: 2 }],
  ])('reads %s', (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    ['', 0, 'it ends where a value'],
    ['[1,]', 3, '"]" where a value'],
    ['{"a":1,}', 7, '"}" where a key in double quotes'],
    ['[1 2]', 3, '"2" where "," or "]"'],
    ['{"a" 1}', 5, '"1" where ":"'],
    ['{"a":1 "b"}', 7, 'where "," or "}"'],
    ['01', 1, '"1" where the end'],
    ['1.', 1, '"." where the end'],
    ['+1', 0, '"+" where a value'],
    ['-', 0, '"-" where a value'],
    ['-NaN', 0, '"-" where a value'],
    ['nan', 0, '"n" where a value'],
    ['"a', 2, 'it ends where the rest of a string'],
    ['"a\nb"', 2, 'control characters must be escaped'],
    ['"\\x"', 1, 'where a valid escape sequence'],
    ['"\\u12g4"', 1, 'where a valid escape sequence'],
    ['"é🏭" x', 9, '"x" where the end'],
    ['\ufeff{}', 0, 'where a value'],
    ['{"é":1,"é":2}', 8, 'the key "é" twice'],
    ['[{"a":{"b":1,"b":2}}]', 13, 'the key "b" twice'],
    ['{"a":1,"\\u0061":2}', 7, 'the key "a" twice'],
    ['{"__proto__":{}}', 1, '"__proto__", which is not allowed'],
    ['{"\\u005f_proto__":{}}', 1, '"__proto__", which is not allowed'],
    ['[1e999]', 1, '"1e999", which is out of range'],
    ['-1e999', 0, 'out of range'],
    [`[${'9'.repeat(400)}]`, 1, 'out of range'],
  ])('refuses %j at byte %i', (text, byteOffset, message) => {
    const error = refusal(() => read(text));
    expect(error.code).toBe('invalid-json');
    expect(error.message).toContain(message);
    expect(error.message).toContain(`(at byte ${byteOffset})`);
    expect(error.details).toEqual({ byteOffset });
    expect(error.message.length).toBeLessThan(250);
  });

  it('allows 64 levels and refuses the next, and 100,000 without a stack overflow', () => {
    expect(() => read(nested(64))).not.toThrow();
    expect(() => read(`{"a":${nested(63)}}`)).not.toThrow();
    expect(refusal(() => read(nested(65))).message).toContain('more than 64 levels deep (at byte 64)');
    expect(refusal(() => read(`{"a":${nested(64)}}`)).message).toContain('more than 64 levels');
    expect(refusal(() => read('['.repeat(100_000))).code).toBe('invalid-json');
  });

  it('equals JSON.parse for any JSON value whose integers a double holds', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        fc.pre(!text.includes('__proto__'));
        const parsed: unknown = JSON.parse(text);
        expect(normalised(read(text))).toEqual(parsed);
      }),
    );
  });

  it('takes whitespace wherever JSON.parse does, and fails wherever it fails', () => {
    const tokens = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      ' ',
      '\n',
      '"a"',
      '"',
      '\\',
      '1',
      '-',
      '.',
      'e',
      'true',
      'null',
    );
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const strict = attempt(() => JSON.parse(text) as unknown);
        const ours = attempt(() => normalised(read(text)));
        if (ours === undefined && strict !== undefined) expect(refusal(() => read(text)).message).toMatch(/twice/);
        else expect(ours).toEqual(strict);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Bigints as the doubles that JSON.parse makes of them. */
function normalised(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, normalised(member)]));
}

function attempt(run: () => unknown): { readonly value: unknown } | undefined {
  try {
    return { value: run() };
  } catch {
    return undefined;
  }
}

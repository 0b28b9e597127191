import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJsonDocument, parseJsonDocument } from '../../server/protocol/json-document.ts';
import { body, refusal } from './facts.ts';

describe('parseJsonDocument', () => {
  it('equals JSON.parse for any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(undefined, 2, '\t'), (value, space) => {
        const text = JSON.stringify(value, undefined, space);
        fc.pre(!text.includes('__proto__'));
        expect(parseJsonDocument(body(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('equals JSON.parse for objects and strings full of quotes, backslashes, colons and brackets', () => {
    const tricky = fc.string({ unit: fc.constantFrom('"', '\\', ':', '[', '{', ',', ' ', 'a', '\n', '🏭') });
    fc.assert(
      fc.property(fc.array(fc.dictionary(tricky, tricky)), (value) => {
        const text = JSON.stringify(value);
        expect(parseJsonDocument(body(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('reads a Uint8Array that is no Buffer', () => {
    expect(parseJsonDocument(new TextEncoder().encode('{"a":1}'))).toEqual({ a: 1 });
  });

  it('reads bare NaN and Infinity, alone among what JSON.parse refuses', () => {
    expect(parseJsonDocument(body('{"data":[NaN,-Infinity,1,Infinity]}'))).toEqual({
      data: [Number.NaN, -Infinity, 1, Infinity],
    });
    expect(refusal(() => parseJsonDocument(body('{"data":[NaN,}'))).message).toContain('(at byte 13)');
  });

  it('keeps big integers as doubles on the fast path and in full on the exact one', () => {
    const document = body('{"data":[9007199254740993]}');
    expect(parseJsonDocument(document)).toEqual({ data: [9007199254740992] });
    expect(parseExactJsonDocument(document)).toEqual({ data: [9007199254740993n] });
  });

  it.each([
    ['duplicate keys', '{"a":1,"a":2}', 'the key "a" twice'],
    ['equal duplicate keys', '{"a":1,"a":1}', 'the key "a" twice'],
    ['duplicate keys in escapes', '{"a":1,"\\u0061":2}', 'the key "a" twice'],
    ['duplicate keys deep inside', '{"x":[1,[2,{"y":[{"b" :1,\n"b"\t:2}]}]]}', 'the key "b" twice'],
    ['duplicate keys after numbers', '[1.5,2.5,{"b":1,"b":2}]', 'the key "b" twice'],
    ['duplicate keys inside what a duplicate hides', '{"a":{"b":1},"a":2}', 'the key "a" twice'],
    ['as many keys hidden as invented', '{"a":1,"a":":"}', 'the key "a" twice'],
    ['__proto__', '{"__proto__":{"polluted":true}}', '"__proto__", which is not allowed'],
    ['__proto__ deep inside', '{"a":[0,{"b":{"__proto__":1}}]}', '"__proto__", which is not allowed'],
    ['__proto__ in escapes', '{"__pr\\u006fto__":1}', '"__proto__", which is not allowed'],
    ['1e999', '1e999', '"1e999", which is out of range'],
    ['-1e999 in a member', '{"a":-1e999}', '"-1e999", which is out of range'],
    ['1e999 among numbers', '{"data":[1.5,2,1e999]}', '"1e999", which is out of range'],
    ['1e999 among objects', '{"data":[{},1e999]}', '"1e999", which is out of range'],
    ['1e999 beside NaN', '{"data":[NaN,1e999]}', '"1e999", which is out of range'],
    ['nothing', '', 'it ends where a value'],
    ['two documents', '{}{}', 'where the end'],
    ['65 levels', '['.repeat(65) + ']'.repeat(65), 'more than 64 levels deep (at byte 64)'],
    ['65 levels of objects', '{"a":'.repeat(65) + '1' + '}'.repeat(65), 'more than 64 levels deep'],
    ['65 levels after many rows', `[${'[1],'.repeat(100)}${'['.repeat(64)}`, 'more than 64 levels deep'],
    ['100,000 levels', '['.repeat(100_000) + ']'.repeat(100_000), 'more than 64 levels deep'],
    ['100,000 levels, open', '['.repeat(100_000), 'more than 64 levels deep'],
    ['100,000 levels of both', '[{"a":'.repeat(50_000), 'more than 64 levels deep'],
  ])('refuses %s', (_, text, message) => {
    const error = refusal(() => parseJsonDocument(body(text)));
    expect(error.code).toBe('invalid-json');
    expect(error.message).toContain(message);
    expect({}).not.toHaveProperty('polluted');
  });

  it('takes 64 levels, and any number of brackets side by side or inside strings', () => {
    for (const text of [
      '['.repeat(64) + ']'.repeat(64),
      `[${'[1],'.repeat(500)}[]]`,
      JSON.stringify({ a: '[{'.repeat(500) }),
    ]) {
      expect(parseJsonDocument(body(text))).toEqual(JSON.parse(text));
    }
  });

  it('refuses bytes that are not UTF-8', () => {
    const error = refusal(() => parseJsonDocument(Buffer.from([0x22, 0xff, 0x22])));
    expect([error.code, error.message]).toEqual(['invalid-json', expect.stringContaining('not valid UTF-8')]);
  });

  it('refuses whatever document has one key renamed into another of its object', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2 }), fc.nat(), fc.jsonValue(), (keys, pick, value) => {
        fc.pre(!keys.includes('__proto__') && !JSON.stringify(value).includes('__proto__'));
        const members = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
        members.push(members[pick % members.length]!);
        const error = refusal(() => parseJsonDocument(body(`[{${members.join(',')}}]`)));
        expect(error.message).toContain('twice in one object');
      }),
    );
  });

  it('ends in a value or a refusal of its own for any bytes, as text or not', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.string().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          try {
            parseJsonDocument(bytes);
          } catch (error) {
            expect(error).toMatchObject({ name: 'MillraceError', code: 'invalid-json' });
          }
        },
      ),
    );
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sliceMember } from '../../server/protocol/json-member.ts';

describe('sliceMember', () => {
  it('finds the text of any top-level member of any object', () => {
    const tricky = fc.string({ unit: fc.constantFrom('"', '\\', ':', '[', ']', '{', '}', ',', 'a', '🏭') });
    const value = fc.oneof(fc.jsonValue(), tricky);
    fc.assert(
      fc.property(fc.dictionary(tricky, value), value, fc.constantFrom(undefined, 2), (others, wanted, space) => {
        const json = Buffer.from(JSON.stringify({ ...others, wanted, after: 1 }, undefined, space));
        expect(JSON.parse(String(sliceMember(json, 'wanted')))).toEqual(JSON.parse(JSON.stringify(wanted)));
      }),
    );
  });

  it.each([
    '',
    '[]',
    '{}',
    '{"a":{"wanted":1}}',
    '{"a":"wanted"}',
    '{"a":["wanted",1]}',
    '{"a":1 "wanted":2}',
    '{"a":[[[',
    '{"a',
    '{"a\\',
    '{"wanted"',
    'wanted',
  ])('finds nothing in %s', (text) => {
    expect(sliceMember(Buffer.from(text), 'wanted')).toBeUndefined();
  });

  it('returns for any bytes', () => {
    const parts = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '"wanted"', '1', ' ');
    fc.assert(
      fc.property(fc.array(parts), (text) => {
        sliceMember(Buffer.from(`{${text.join('')}`), 'wanted');
      }),
    );
  });
});

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { yamlText } from '../../server/export/yaml.ts';

const texts = [
  'on',
  'off',
  'yes',
  'No',
  'y',
  'n',
  'true',
  '~',
  'null',
  '1:20',
  '0777',
  '1e3',
  '0x1f',
  '2026-11-24',

  '',
];

it.each(texts)('%j is the same text to those who read YAML 1.1 and to those who read 1.2', (text) => {
  const value = { text, [text]: [text] };
  for (const version of ['1.1', '1.2'] as const) expect(parse(yamlText(value), { version })).toEqual(value);
});

it('whatever is written is read as it was', () => {
  const value = fc.jsonValue({ stringUnit: 'grapheme' }).map((json) => JSON.parse(JSON.stringify(json)) as unknown);
  fc.assert(
    fc.property(value, (written) => {
      expect(parse(yamlText({ written }), { version: '1.1' })).toEqual({ written });
    }),
  );
});

it('repeats an object instead of naming it, and says what a document is', () => {
  const same = { a: 1 };
  expect(yamlText({ one: same, two: same }, 'Values.')).toBe('# Values.\none:\n  a: 1\ntwo:\n  a: 1\n');
});

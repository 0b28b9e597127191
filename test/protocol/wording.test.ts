import { describe, expect, it } from 'vitest';
import { described, listed, quoted, shapeText } from '../../server/protocol/wording.ts';

describe('what clients sent, in sentences', () => {
  it.each([
    ['"a\\"b\\n"', 'a"b\n'],
    ['1.5', 1.5],
    ['-0', -0],
    ['NaN', Number.NaN],
    ['18446744073709551616', 2n ** 64n],
    ['true', true],
    ['null', null],
    ['nothing', undefined],
    ['an array', [1]],
    ['an object', {}],
  ])('read %s', (text, value) => {
    expect(described(value)).toBe(text);
  });

  it('is cut to a bounded length', () => {
    expect(quoted('x'.repeat(1e6))).toHaveLength(83);
    expect(described(10n ** 5000n)).toHaveLength(81);
    expect(listed(Array.from({ length: 1000 }, (_, index) => `f${index}`))).toMatch(/"f39" and 960 more$/);
    expect(listed(['a', 'b'])).toBe('"a", "b"');
    expect(shapeText(Array.from({ length: 1000 }, () => 1))).toBe(`[${'1,'.repeat(16)}…]`);
    expect(shapeText([-1, 4])).toBe('[-1,4]');
  });
});

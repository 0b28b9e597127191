import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesAny, matchesGlob } from '../../server/sources/model-globs.ts';

describe('a pattern for model names', () => {
  it.each([
    ['*', 'anything', true],
    ['iris', 'iris', true],
    ['iris', 'iris2', false],
    ['iris', 'xiris', false],
    ['iris*', 'iris-v2', true],
    ['*-v2', 'iris-v2', true],
    ['i?is', 'iris', true],
    ['i?is', 'iis', false],
    ['a*b*c', 'aXbXbc', true],
    ['a*b*c', 'aXbXb', false],
    ['**', '', true],
    ['?', '', false],
    ['iris.*', 'irisXv', false],
    ['[a-z]*', 'iris', false],
  ])('%s against %s is %s', (pattern, name, matches) => {
    expect(matchesGlob(pattern, name)).toBe(matches);
  });

  it('agrees with a regular expression', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?') });
    fc.assert(
      fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b', '.') }), (pattern, name) => {
        const escaped = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        return matchesGlob(pattern, name) === new RegExp(`^${escaped}$`).test(name);
      }),
    );
  });

  it('that is meant to hang the process does not', () => {
    const startedMs = performance.now();
    expect(matchesGlob('*a'.repeat(30), 'a'.repeat(64).replace(/.$/, 'b'))).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });

  it('is one of several', () => {
    expect(matchesAny(['digits', 'ir*'], 'iris')).toBe(true);
    expect(matchesAny([], 'iris')).toBe(false);
  });
});

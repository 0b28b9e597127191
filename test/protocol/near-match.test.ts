import { describe, expect, it } from 'vitest';
import { nearMatch } from '../../server/protocol/near-match.ts';

describe('nearMatch', () => {
  const names = ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)'];

  it.each([
    ['Sepal Length (cm)', 'sepal length (cm)'],
    ['sepal lenght (cm)', 'sepal length (cm)'],
    ['petal length', 'petal length (cm)'],
    ['colour', undefined],
    ['', undefined],
    ['x'.repeat(100), undefined],
  ])('for %j is %j', (name, near) => {
    expect(nearMatch(name, names)).toBe(near);
  });

  it('prefers the fewest edits, and the first of equals', () => {
    expect(nearMatch('abcdef', ['abcdxx', 'abcdex', 'xbcdxf'])).toBe('abcdex');
    expect(nearMatch('abcdef', ['abcdex', 'abcdey'])).toBe('abcdex');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseVersion, EvenDraws } from '../../server/host/traffic-choice.ts';

const split = (...weights: number[]) => weights.map((weight, index) => ({ version: String(index + 1), weight }));
const keys = Array.from({ length: 4000 }, (_, index) => `session ${index}`);

function shares(
  choices: ReturnType<typeof split>,
  pick: (index: number) => string | undefined,
  count: number,
): number[] {
  const counts = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const version = pick(index)!;
    counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  return choices.map(({ version }) => (counts.get(version) ?? 0) / count);
}

describe('chooseVersion', () => {
  it('splits by weight, evenly after a hundred requests already', () => {
    const choices = split(90, 10);
    const draws = new EvenDraws();
    const [large, small] = shares(choices, () => chooseVersion(choices, undefined, draws.next())?.version, 100);
    expect(large).toBeCloseTo(0.9, 1.5);
    expect(small).toBeCloseTo(0.1, 1.5);
  });

  it('keeps a session at its version, and the sessions in proportion', () => {
    const choices = split(70, 20, 10);
    const at = (key: string): string => chooseVersion(choices, key, 0)!.version;
    for (const key of keys.slice(0, 50)) expect(chooseVersion(choices, key, 0.999)!.version).toBe(at(key));
    const found = shares(choices, (index) => at(keys[index]!), keys.length);
    for (const [index, wanted] of [0.7, 0.2, 0.1].entries()) expect(found[index]).toBeCloseTo(wanted, 1);
  });

  it('moves only sessions that have to move when a weight grows', () => {
    const [before, after] = [split(90, 10), split(50, 50)];
    for (const key of keys) {
      const was = chooseVersion(before, key, 0)!.version;
      if (was === '2') expect(chooseVersion(after, key, 0)!.version).toBe('2');
    }
  });

  it('takes the only choice, and none of none', () => {
    expect(chooseVersion(split(1), 'key', 0.5)?.version).toBe('1');
    expect(chooseVersion([], undefined, 0.5)).toBeUndefined();
  });

  it('chooses for every draw below 1', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 8 }),
        (draw, weights) => {
          expect(chooseVersion(split(...weights), undefined, draw)).toBeDefined();
        },
      ),
    );
  });

  it('treats an empty key as none', () => {
    const choices = split(1, 1);
    expect(chooseVersion(choices, '', 0.1)?.version).toBe('1');
    expect(chooseVersion(choices, '', 0.9)?.version).toBe('2');
  });
});

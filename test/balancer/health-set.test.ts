import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPanic, mayEjectOneMore, panicWeight, type SetMember } from '../../server/balancer/health-set.ts';
import vectors from '../fixtures/balancing-vectors.json' with { type: 'json' };

test.each(vectors.ejection_cap['n1..8'].map((cap, i) => [i + 1, cap]))(
  'of %i alive at most %i are ejected',
  (alive, cap) => {
    let ejected = 0;
    while (mayEjectOneMore(alive, ejected)) ejected += 1;
    expect(ejected).toBe(cap);
  },
);

const healthy: SetMember = { alive: true, available: true };
const ejected: SetMember = { alive: true, available: false };
const dead: SetMember = { alive: false, available: false };

describe('a panic', () => {
  test.each<[string, SetMember[], boolean]>([
    ['all healthy', [healthy, healthy], false],
    ['exactly half healthy', [healthy, ejected], false],
    ['fewer than half healthy', [healthy, ejected, ejected], true],
    ['none healthy', [ejected, ejected], true],
    ['a lone ejected one', [ejected], true],
    ['one healthy among the dead, who do not count', [healthy, dead, dead, dead], false],
    ['one ejected beside the dead', [ejected, dead], true],
    ['nobody', [], false],
    ['nobody alive', [dead, dead], false],
  ])('%s: %s', (_name, members, expected) => {
    expect(isPanic(members)).toBe(expected);
  });

  test('does not depend on the order of the set', () => {
    const member = fc.record({ alive: fc.boolean(), available: fc.boolean() });
    fc.assert(
      fc.property(fc.array(member, { maxLength: 10 }), (members) => {
        expect(isPanic(members.toReversed())).toBe(isPanic(members));
      }),
    );
  });

  test('cannot begin while ejections respect the cap and everyone lives', () => {
    for (let alive = 1; alive <= 20; alive++) {
      let out = 0;
      while (mayEjectOneMore(alive, out)) out += 1;
      expect(isPanic(Array.from({ length: alive }, (_, i) => (i < out ? ejected : healthy)))).toBe(false);
    }
  });

  test.each([
    [100, 50],
    [3, 2],
    [1, 1],
    [0, 0],
  ])('leaves of weight %i the weight %i', (weight, half) => {
    expect(panicWeight(weight)).toBe(half);
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideRotation, isHostEvent, mayEjectOneMore, type SetMember } from '../../server/balancer/health-set.ts';
import vectors from '../fixtures/balancing-vectors.json' with { type: 'json' };

test.each(vectors.ejection_cap['n1..8'].map((cap, i) => [i + 1, cap]))(
  'of %i alive at most %i are ejected',
  (alive, cap) => {
    let ejected = 0;
    while (mayEjectOneMore(alive, ejected)) ejected += 1;
    expect(ejected).toBe(cap);
  },
);

const healthy: SetMember = { weight: 100, alive: true, healthy: true, answersWrong: false };
const ejected: SetMember = { ...healthy, healthy: false };
const wrong: SetMember = { ...healthy, answersWrong: true };
const dead: SetMember = { ...healthy, alive: false, healthy: false };

describe('the rotation', () => {
  test.each<[string, SetMember[], boolean, number[]]>([
    ['all healthy', [healthy, healthy], false, [100, 100]],
    ['exactly half healthy is no panic', [healthy, ejected], false, [100, 0]],
    ['fewer than half healthy', [healthy, ejected, ejected], true, [100, 50, 50]],
    ['none healthy', [ejected, ejected], true, [50, 50]],
    ['a lone ejected one', [ejected], true, [50]],
    ['the dead do not count', [healthy, dead, dead, dead], false, [100, 0, 0, 0]],
    ['nor do they come back in a panic', [ejected, dead], true, [50, 0]],
    ['wrong answers stay out in a panic', [wrong, ejected, ejected], true, [0, 50, 50]],
    ['wrong answers alone serve nobody', [wrong, wrong], true, [0, 0]],
    [
      'half of weight 1 is 1, of 0 is 0',
      [
        { ...ejected, weight: 1 },
        { ...ejected, weight: 0 },
      ],
      true,
      [1, 0],
    ],
    ['nobody', [], false, []],
    ['nobody alive', [dead, dead], false, [0, 0]],
  ])('%s', (_name, members, panicking, weights) => {
    expect(decideRotation(members)).toEqual({ panicking, weights });
  });

  test('gives each member the same weight whatever their order', () => {
    const member = fc.record({
      weight: fc.integer({ min: 0, max: 1000 }),
      alive: fc.boolean(),
      healthy: fc.boolean(),
      answersWrong: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(member, { maxLength: 10 }), (members) => {
        const there = decideRotation(members);
        const back = decideRotation(members.toReversed());
        expect(back).toEqual({ panicking: there.panicking, weights: there.weights.toReversed() });
        members.forEach(({ alive, answersWrong }, i) => {
          if (!alive || answersWrong) expect(there.weights[i]).toBe(0);
        });
      }),
    );
  });

  test('cannot panic while ejections respect the cap and everyone lives', () => {
    for (let alive = 1; alive <= 20; alive++) {
      let out = 0;
      while (mayEjectOneMore(alive, out)) out += 1;
      const members = Array.from({ length: alive }, (_, i) => (i < out ? ejected : healthy));
      expect(decideRotation(members).panicking).toBe(false);
    }
  });
});

test.each([
  [0, 4, false],
  [2, 4, false],
  [3, 4, true],
  [1, 2, false],
  [2, 3, true],
  [1, 1, true],
  [0, 0, false],
])('%i of %i missing the same round is a host event: %s', (missed, checked, expected) => {
  expect(isHostEvent(missed, checked)).toBe(expected);
});

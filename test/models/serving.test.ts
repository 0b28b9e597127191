import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noWishes, parseWishes, promoted, rolledBack, without, wishesText } from '../../server/models/serving.ts';
import type { ServingWishes } from '../../server/models/serving.ts';

const version = fc.integer({ min: 1, max: 9 }).map(String);
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const anyWishes: fc.Arbitrary<ServingWishes> = fc.record({
  served: optional(version),
  seen: optional(version),
  isPinned: fc.boolean(),
  previous: fc.uniqueArray(version, { maxLength: 5 }),
  traffic: optional(fc.dictionary(version, fc.integer({ min: 1, max: 100 }), { minKeys: 1, maxKeys: 4 })),
  shadow: optional(version),
  policy: optional(fc.constantFrom('all' as const, { latest: 2 }, { specific: ['1', '3'] })),
});

describe('serving.json', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyWishes, (wishes) => {
        expect(parseWishes(wishesText(wishes))).toEqual({ wishes, faults: [] });
      }),
    );
  });

  it('is as if nothing had been said where it is missing', () => {
    expect(parseWishes(undefined)).toEqual({ wishes: noWishes, faults: [] });
  });

  it('names what it does not understand and keeps the rest', () => {
    const text = JSON.stringify({
      served: '2',
      seen: 3,
      pinned: 'yes',
      traffic: { '1': -1 },
      shadow: '../x',
      policy: 'some',
    });
    const { wishes, faults } = parseWishes(text);
    expect(wishes).toEqual({ ...noWishes, served: '2' });
    expect(faults.map((fault) => /"(\w+)"/.exec(fault)?.[1])).toEqual([
      'seen',
      'pinned',
      'traffic',
      'shadow',
      'policy',
    ]);
  });

  it.each(['', '{', '[]', 'null', '"2"'])('survives %j', (text) => {
    expect(parseWishes(text)).toMatchObject({ wishes: noWishes, faults: [expect.any(String)] });
  });

  it('refuses weights that add up to nothing', () => {
    expect(parseWishes('{"traffic":{"1":0}}').wishes.traffic).toBeUndefined();
    expect(parseWishes('{"traffic":{"1":-1,"2":5}}').wishes.traffic).toBeUndefined();
    expect(parseWishes('{"traffic":{"1":1,"2":5}}').wishes.traffic).toEqual({ '1': 1, '2': 5 });
  });
});

describe('a promotion', () => {
  it('remembers where a rollback leads, and ends split and shadow', () => {
    const wishes = promoted(
      { ...noWishes, previous: ['1'], traffic: { '2': 1 }, shadow: '3', isPinned: true },
      '2',
      '3',
      '4',
    );
    expect(wishes).toEqual({ ...noWishes, served: '3', seen: '4', isPinned: true, previous: ['2', '1'] });
  });

  it('keeps no version twice, nor the served one, nor more than ten', () => {
    let wishes = noWishes;
    for (let number = 1; number <= 15; number++) {
      wishes = promoted(wishes, wishes.served, String(number), '15');
    }
    expect(wishes.previous).toEqual(['14', '13', '12', '11', '10', '9', '8', '7', '6', '5']);
    expect(promoted(wishes, '15', '14', '15').previous.slice(0, 3)).toEqual(['15', '13', '12']);
  });
});

describe('a rollback', () => {
  it('leads one further back each time, and not to what was taken back', () => {
    const first = rolledBack({ ...noWishes, served: '3', previous: ['2', '1'] }, '3', '2', '3');
    expect(first).toMatchObject({ served: '2', seen: '3', previous: ['1'] });
    const again = rolledBack({ ...noWishes, served: '3', previous: ['2', '3', '1'] }, '3', '2', '3');
    expect(again.previous).toEqual(['1']);
    expect(rolledBack(first, '2', '1', '3')).toMatchObject({ served: '1', previous: [] });
  });
});

describe('a removal', () => {
  it('leaves nothing that leads to the version', () => {
    fc.assert(
      fc.property(anyWishes, version, (wishes, gone) => {
        const left = without(wishes, gone);
        expect(left.previous).not.toContain(gone);
        expect(Object.keys(left.traffic ?? {})).not.toContain(gone);
        expect(left.shadow).not.toBe(gone);
      }),
    );
  });

  it('ends a split that was to this version alone', () => {
    expect(without({ ...noWishes, traffic: { '2': 5 } }, '2').traffic).toBeUndefined();
  });
});

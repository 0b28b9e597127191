import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planServing } from '../../server/models/serving-plan.ts';
import type { PresentVersion, ServingPlan } from '../../server/models/serving-plan.ts';
import { noWishes } from '../../server/models/serving.ts';
import type { ServingWishes } from '../../server/models/serving.ts';

const present = (...versions: string[]): PresentVersion[] =>
  versions.map((version) => ({ version, isBreaking: false }));

function plan(wishes: Partial<ServingWishes>, there: readonly PresentVersion[], current: string[] = []): ServingPlan {
  return planServing({ ...noWishes, ...wishes }, undefined, there, current);
}

describe('planServing', () => {
  it('serves the newest by number where nothing is said', () => {
    expect(plan({}, present('9', '10', '2'))).toMatchObject({
      served: '10',
      running: ['10'],
      start: ['10'],
      drain: [],
    });
  });

  it('serves what was promoted, also where higher versions were there already', () => {
    expect(plan({ served: '1', seen: '3' }, present('1', '2', '3'), ['3'])).toMatchObject({
      served: '1',
      start: ['1'],
      drain: ['3'],
    });
  });

  it('lets a version that is news take over', () => {
    expect(plan({ served: '1', seen: '3' }, present('1', '3', '4')).served).toBe('4');
  });

  it('lets none take over while pinned', () => {
    expect(plan({ served: '1', seen: '3', isPinned: true }, present('1', '3', '4')).served).toBe('1');
  });

  it('lets none take over with which apps may fail, and says so', () => {
    const { served, notes } = plan({ served: '1', seen: '1' }, [...present('1'), { version: '2', isBreaking: true }]);
    expect(served).toBe('1');
    expect(notes).toEqual([expect.stringContaining('Version 2 changes')]);
  });

  it('does not go back to a lower version that was imported later', () => {
    expect(plan({ served: '5', seen: '5' }, present('4', '5')).served).toBe('5');
  });

  it('falls back to what was served before where the served version is gone', () => {
    const { served, notes } = plan({ served: '3', seen: '4', previous: ['9', '2', '1'] }, present('1', '2', '4'));
    expect(served).toBe('2');
    expect(notes).toEqual(['Version 3 is not there; version 2 answers.']);
    expect(plan({ served: '3' }, present('1', '4')).served).toBe('4');
  });

  it('gives each version of a split its weight, and leaves out what is gone', () => {
    const { weights, running, notes } = plan(
      { served: '1', seen: '2', traffic: { '1': 90, '2': 10, '7': 5, '8': 0 } },
      present('1', '2'),
    );
    expect(weights).toEqual(
      new Map([
        ['1', 90],
        ['2', 10],
      ]),
    );
    expect(running).toEqual(['1', '2']);
    expect(notes).toEqual([expect.stringContaining('Version 7')]);
  });

  it('starts nothing for a weight of 0', () => {
    const { weights, running } = plan({ served: '1', seen: '2', traffic: { '1': 1, '2': 0 } }, present('1', '2'));
    expect([...weights.keys()]).toEqual(['1']);
    expect(running).toEqual(['1']);
  });

  it('starts a shadow that shares no traffic', () => {
    expect(plan({ served: '1', seen: '2', shadow: '2' }, present('1', '2'), ['1'])).toMatchObject({
      shadow: '2',
      start: ['2'],
    });
    expect(plan({ served: '1', seen: '2', shadow: '1' }, present('1', '2')).shadow).toBeUndefined();
    expect(
      plan({ served: '1', seen: '2', shadow: '2', traffic: { '1': 1, '2': 1 } }, present('1', '2')).shadow,
    ).toBeUndefined();
  });

  it.each([
    ['all', ['1', '2', '3'], '3'],
    [{ latest: 2 }, ['2', '3'], '3'],
    [{ latest: 1 }, ['3'], '3'],
    [{ specific: ['1', '2'] }, ['1', '2'], '2'],
    [{ specific: ['7'] }, ['3'], '3'],
  ] as const)('gives routes as the policy %j says', (policy, running, served) => {
    expect(planServing(noWishes, policy, present('1', '2', '3'), [])).toMatchObject({ running, served });
  });

  it('has a version that answers whenever one is there, and only runs what is there', () => {
    const version = fc.integer({ min: 1, max: 6 }).map(String);
    fc.assert(
      fc.property(
        fc.record({
          served: fc.option(version, { nil: undefined }),
          seen: fc.option(version, { nil: undefined }),
          isPinned: fc.boolean(),
          previous: fc.array(version),
          traffic: fc.option(fc.dictionary(version, fc.nat(9)), { nil: undefined }),
          shadow: fc.option(version, { nil: undefined }),
          policy: fc.constantFrom(undefined, 'all' as const, { latest: 2 }, { specific: ['2', '9'] }),
        }),
        fc.uniqueArray(version, { minLength: 1 }),
        fc.uniqueArray(version),
        (wishes, there, current) => {
          const result = planServing(wishes, undefined, present(...there), current);
          expect(there).toContain(result.served);
          expect(result.running).toContain(result.served);
          for (const each of [...result.running, ...result.weights.keys()]) expect(there).toContain(each);
          for (const each of result.weights.keys()) expect(result.running).toContain(each);
          expect(result.weights.size).toBeGreaterThan(0);
          const after = [...current.filter((each) => !result.drain.includes(each)), ...result.start];
          expect(after.toSorted()).toEqual([...result.running].toSorted());
        },
      ),
    );
  });

  it('has nothing to serve where nothing is there', () => {
    expect(plan({ served: '1' }, [], ['1'])).toMatchObject({ served: undefined, running: [], drain: ['1'] });
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decideRestart,
  newSet,
  newSlot,
  type ReplicaExit,
  type RestartDecision,
  type RestartVerdict,
  type SetHistory,
  type SlotHistory,
} from '../../server/cluster/restart-policy.ts';

const noJitter = () => 0.5;

/** One replica set of one slot (or several), as its caller would keep it. */
class Supervised {
  readonly slots = new Map<number, SlotHistory>();
  set: SetHistory = newSet;

  exit(facts: Partial<ReplicaExit> & { nowMs: number }, slot = 0, random = noJitter): RestartVerdict {
    const { answered = 0 } = facts;
    const exit = { readyAtMs: facts.nowMs, answered, answeredBySet: answered, requested: false, ...facts };
    const decision: RestartDecision = decideRestart(this.slots.get(slot) ?? newSlot, this.set, exit, random);
    this.slots.set(slot, decision.slot);
    this.set = decision.set;
    return decision.verdict;
  }
}

test('lives of 0.1 s without an answer end at 0.1, 0.7, 1.8, 3.9 and 8.0 s, and the fifth is a crash loop', () => {
  const supervised = new Supervised();
  const exitsMs: number[] = [];
  let verdict: RestartVerdict = { action: 'restart', delayMs: 0 };
  for (let nowMs = 0; verdict.action === 'restart';) {
    nowMs += verdict.delayMs + 100;
    exitsMs.push(nowMs);
    verdict = supervised.exit({ nowMs, readyAtMs: nowMs - 50 });
  }
  expect(exitsMs).toEqual([100, 700, 1_800, 3_900, 8_000]);
  expect(verdict).toEqual({ action: 'crash-loop', reason: 'too-many' });
});

test('delays double from 0.5 s to at most 30 s when the exits are too far apart for a crash loop', () => {
  const supervised = new Supervised();
  const delays = Array.from({ length: 8 }, (_, i) => supervised.exit({ nowMs: i * 61_000 }));
  expect(delays.map((verdict) => verdict.action === 'restart' && verdict.delayMs)).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
});

test('a delay varies by a fifth either way', () => {
  expect(new Supervised().exit({ nowMs: 0 }, 0, () => 0)).toEqual({ action: 'restart', delayMs: 400 });
  expect(new Supervised().exit({ nowMs: 0 }, 0, () => 1 - 2 ** -30)).toMatchObject({ delayMs: expect.closeTo(600, 3) });
});

test.each([
  [61_000, 500],
  [60_000, 500],
  [59_999, 4_000],
])('an exit %i ms after ready is restarted after %i ms, three exits having gone before', (healthyMs, delayMs) => {
  const supervised = new Supervised();
  for (const nowMs of [0, 1, 2]) supervised.exit({ nowMs });
  const nowMs = 100_000;
  expect(supervised.exit({ nowMs, readyAtMs: nowMs - healthyMs })).toEqual({ action: 'restart', delayMs });
});

describe('progress', () => {
  test('restarts a replica that has answered at once, however often it dies', () => {
    const supervised = new Supervised();
    for (let i = 0; i < 50; i++) {
      expect(supervised.exit({ nowMs: i * 10, answered: 1 })).toEqual({ action: 'restart', delayMs: 0 });
    }
  });

  test('resets the delay of the slot', () => {
    const supervised = new Supervised();
    for (const nowMs of [0, 1, 2]) supervised.exit({ nowMs });
    supervised.exit({ nowMs: 3, answered: 1 });
    expect(supervised.exit({ nowMs: 4 })).toEqual({ action: 'restart', delayMs: 500 });
  });

  test('of another replica of the set resets its count of exits, but not the delay of the slot', () => {
    const supervised = new Supervised();
    for (const nowMs of [0, 1, 2, 3]) supervised.exit({ nowMs });
    expect(supervised.exit({ nowMs: 4, answeredBySet: 1 })).toEqual({ action: 'restart', delayMs: 8_000 });
    expect(supervised.set.exitsMs).toEqual([4]);
  });
});

describe('giving up', () => {
  test('counts the exits of all slots of the set together', () => {
    const supervised = new Supervised();
    const verdicts = [0, 1, 2, 3, 4].map((slot) => supervised.exit({ nowMs: slot }, slot));
    expect(verdicts.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => ({ action: 'restart', delayMs: 500 })));
    expect(verdicts[4]).toEqual({ action: 'crash-loop', reason: 'too-many' });
  });

  test.each([
    [60_000, 'crash-loop'],
    [60_001, 'restart'],
  ])('five exits of which the first was %i ms ago: %s', (nowMs, action) => {
    const supervised = new Supervised();
    for (const atMs of [0, 1, 2, 3]) supervised.exit({ nowMs: atMs });
    expect(supervised.exit({ nowMs }).action).toBe(action);
  });

  test('three exits in a row before ready are the model, at any pace', () => {
    const supervised = new Supervised();
    const verdicts = [0, 1, 2].map((hour) => supervised.exit({ nowMs: hour * 3_600_000, readyAtMs: undefined }));
    expect(verdicts.map(({ action }) => action)).toEqual(['restart', 'restart', 'crash-loop']);
    expect(verdicts[2]).toMatchObject({ reason: 'never-ready' });
  });

  test('two exits before ready, one after it and two before it are not three in a row', () => {
    const supervised = new Supervised();
    const readyAt = [undefined, undefined, 5, undefined, undefined];
    const actions = readyAt.map((readyAtMs, i) => supervised.exit({ nowMs: i * 61_000, readyAtMs }).action);
    expect(actions).not.toContain('crash-loop');
  });

  test('an exit that was asked for counts for nothing', () => {
    const supervised = new Supervised();
    for (let i = 0; i < 10; i++) {
      expect(supervised.exit({ nowMs: i, readyAtMs: undefined, requested: true })).toEqual({ action: 'none' });
    }
    expect(supervised.set).toEqual(newSet);
    expect(supervised.exit({ nowMs: 11 })).toEqual({ action: 'restart', delayMs: 500 });
  });

  test('two exits in five seconds do not', () => {
    const supervised = new Supervised();
    expect([0, 5_000].map((nowMs) => supervised.exit({ nowMs }).action)).toEqual(['restart', 'restart']);
  });
});

test('gives up exactly when the last 60 s hold five exits, or the last three never became ready, since the last answer', () => {
  const step = fc.record({
    stepMs: fc.nat(40_000),
    slot: fc.nat(3),
    wasReady: fc.boolean(),
    answered: fc.constantFrom(0, 0, 0, 0, 5),
    answeredByOthers: fc.constantFrom(0, 0, 0, 0, 5),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const supervised = new Supervised();
      let since: { atMs: number; wasReady: boolean }[] = [];
      let nowMs = 0;
      for (const { stepMs, slot, wasReady, answered, answeredByOthers } of steps) {
        nowMs += stepMs;
        const own = wasReady ? answered : 0;
        const verdict = supervised.exit(
          { nowMs, readyAtMs: wasReady ? nowMs : undefined, answered: own, answeredBySet: own + answeredByOthers },
          slot,
        );
        if (own + answeredByOthers > 0) since = [];
        if (own === 0) since.push({ atMs: nowMs, wasReady });
        const many = since.filter(({ atMs }) => nowMs - atMs <= 60_000).length >= 5;
        const neverReady = since.length >= 3 && since.slice(-3).every((exit) => !exit.wasReady);
        expect(verdict.action).toBe(own === 0 && (many || neverReady) ? 'crash-loop' : 'restart');
        expect(supervised.set.exitsMs.length).toBeLessThanOrEqual(5);
      }
    }),
  );
});

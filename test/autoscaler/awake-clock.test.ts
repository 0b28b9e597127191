import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { advance, startClock } from '../../server/autoscaler/awake-clock.ts';

const tickMs = 1000;

/** Awake time after the clock showed these times in turn. */
const awakeAfter = (...times: number[]): number =>
  times.reduce((clock, nowMs) => advance(clock, nowMs, tickMs), startClock(0)).awakeMs;

test('what elapses while awake counts, early and late ticks included', () => {
  expect(awakeAfter(1000, 1100, 4000, 14_000)).toBe(14_000);
});

test('a sleep, and a clock that is set back or forth by an hour, count as one tick', () => {
  expect(awakeAfter(1000, 601_000, 602_000)).toBe(3000);
  expect(awakeAfter(1000, 1000 - 3_600_000, 2000 - 3_600_000)).toBe(3000);
  expect(awakeAfter(10_001)).toBe(1000);
});

test('time never steps back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1e9, max: 1e9 })), (times) => {
      let clock = startClock(0);
      for (const nowMs of times) {
        const next = advance(clock, nowMs, tickMs);
        expect(next.awakeMs).toBeGreaterThanOrEqual(clock.awakeMs);
        clock = next;
      }
    }),
  );
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coveragePermille, record, runUntilNow, sumMilli } from '../../server/autoscaler/windows.ts';
import type { SampleWindow } from '../../server/autoscaler/windows.ts';

const tickMs = 1000;

/** Values at whole seconds from 0; undefined for one that is missing. */
function windowOf(values: readonly (number | undefined)[], keepMs = 60_000): SampleWindow {
  return values.reduce<SampleWindow>(
    (window, milli, second) => record(window, { atMs: second * tickMs, milli }, keepMs, tickMs),
    [],
  );
}

const above50 = (milli: number): boolean => milli > 50;
const ever = { spanMs: 60_000, afterMs: Number.NEGATIVE_INFINITY };

describe('a run', () => {
  test('is the unbroken sequence of values that pass, up to now, with its extremes', () => {
    const window = windowOf([60, 10, 70, 90, 80]);
    expect(runUntilNow(window, above50, { nowMs: 4000, ...ever })).toEqual({
      sinceMs: 2000,
      lowMilli: 70,
      highMilli: 90,
    });
  });

  test('is neither broken nor lengthened by a sample without a value', () => {
    const window = windowOf([undefined, 70, undefined, 80, undefined]);
    expect(runUntilNow(window, above50, { nowMs: 4000, ...ever })?.sinceMs).toBe(1000);
  });

  test('takes its extremes from the span only, a value exactly that old included', () => {
    const window = windowOf([99, 60, 90, 80]);
    expect(runUntilNow(window, above50, { nowMs: 3000, spanMs: 2000, afterMs: -1 })).toEqual({
      sinceMs: 0,
      lowMilli: 60,
      highMilli: 90,
    });
    expect(runUntilNow(window, above50, { nowMs: 3000, spanMs: 1999, afterMs: -1 })?.lowMilli).toBe(80);
  });

  test('starts over after a time, and is none where the newest value fails', () => {
    const window = windowOf([70, 80, 90]);
    expect(runUntilNow(window, above50, { nowMs: 2000, spanMs: 9000, afterMs: 1000 })?.sinceMs).toBe(2000);
    expect(runUntilNow(windowOf([70, 10]), above50, { nowMs: 1000, ...ever })).toBeUndefined();
    expect(runUntilNow([], above50, { nowMs: 0, ...ever })).toBeUndefined();
  });
});

describe('coverage', () => {
  test('is the time that has values, of the span as far as there are samples', () => {
    const window = windowOf([1, 1, undefined, 1, 1]);
    expect(coveragePermille(window, 4000, 4000)).toBe(750);
    expect(coveragePermille(window, 4000, 60_000)).toBe(750);
    expect(coveragePermille(window, 4000, 2000)).toBe(1000);
    expect(coveragePermille([], 0, 1000)).toBe(0);
  });

  test('weighs a late sample by what it stands for', () => {
    const late = record(windowOf([1, 1]), { atMs: 5000, milli: undefined }, 60_000, tickMs);
    expect(coveragePermille(late, 5000, 60_000)).toBe(200);
  });

  test('of no time at all is that of the newest sample', () => {
    expect(coveragePermille(windowOf([undefined, 1]), 1000, 0)).toBe(1000);
    expect(coveragePermille(windowOf([1, undefined]), 1000, 0)).toBe(0);
  });
});

test('a sum leaves out what is exactly as old as its span', () => {
  expect(sumMilli(windowOf([1, 10, undefined, 100]), 3000, 3000)).toBe(110);
});

test('a window holds at most ten samples per tick, reaches back its whole time, and never shares an old array', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3000), { maxLength: 300 }), (steps) => {
      let window: SampleWindow = [];
      let nowMs = 0;
      for (const stepMs of steps) {
        nowMs += stepMs;
        const before = window;
        const frozen = JSON.stringify(before);
        window = record(before, { atMs: nowMs, milli: 1 }, 5000, tickMs);
        expect(JSON.stringify(before)).toBe(frozen);
        expect(window.length).toBeLessThanOrEqual(52);
        expect(window.at(-1)!.atMs).toBe(nowMs);
        expect(nowMs - window[0]!.atMs >= 5000 || window.length <= 51).toBe(true);
      }
      expect(window.slice(1).every(({ atMs, spanMs }, index) => atMs - spanMs === window[index]!.atMs)).toBe(true);
    }),
  );
});

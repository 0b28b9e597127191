import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backOffMs } from '../../server/sources/back-off.ts';

describe('the wait before the next try', () => {
  it('spans 0.5 s, 1 s, 2 s and at most 30 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => backOffMs(failures, 0.999_999_999))).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
    ]);
  });

  it('is nothing without a failure', () => {
    expect(backOffMs(0, 0.9)).toBe(0);
  });

  it('lies anywhere in its span, as chance will have it', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), chance, (failures, value) => {
        const waitMs = backOffMs(failures, value, { baseMs: 100, maxMs: 10_000 });
        return waitMs >= 0 && waitMs <= Math.min(10_000, 100 * 2 ** (failures - 1));
      }),
    );
    expect(backOffMs(3, 0)).toBe(0);
    expect(backOffMs(3, 0.5)).toBe(1000);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextSyncAtMs } from '../../server/sources/sync-schedule.ts';

const nowMs = 1_000_000_000;

describe('the next sync of a source', () => {
  it('is due at once before the first', () => {
    expect(nextSyncAtMs(300, { lastEndMs: undefined, failures: 0 }, nowMs, 0.5)).toBe(nowMs);
  });

  it('never comes by itself where there is no schedule', () => {
    expect(nextSyncAtMs(0, { lastEndMs: undefined, failures: 0 }, nowMs, 0.5)).toBeUndefined();
    expect(nextSyncAtMs(0, { lastEndMs: nowMs, failures: 3 }, nowMs, 0.5)).toBeUndefined();
  });

  it('comes a period after the end of the last, up to a tenth earlier', () => {
    expect(nextSyncAtMs(300, { lastEndMs: nowMs, failures: 0 }, nowMs, 0)).toBe(nowMs + 300_000);
    expect(nextSyncAtMs(300, { lastEndMs: nowMs, failures: 0 }, nowMs, 0.5)).toBe(nowMs + 285_000);
  });

  it('waits longer the more often the source failed, an hour at most', () => {
    const at = (failures: number): number =>
      nextSyncAtMs(300, { lastEndMs: nowMs, failures }, nowMs, 0.999_999)! - nowMs;
    expect(Math.round(at(1))).toBe(300_000);
    expect(Math.round(at(2) / 1000)).toBe(600);
    expect(Math.round(at(3) / 1000)).toBe(1200);
    expect(Math.round(at(50) / 1000)).toBe(3600);
  });

  it('is never sooner than nine tenths of a period, nor later than the longer of period and hour', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 86_400 }),
        fc.integer({ min: 0, max: 90 }),
        chance,
        (every, failures, value) => {
          const waitMs = nextSyncAtMs(every, { lastEndMs: nowMs, failures }, nowMs, value)! - nowMs;
          return waitMs >= every * 900 - 1e-3 && waitMs <= Math.max(every * 1000, 3_600_000);
        },
      ),
    );
  });
});

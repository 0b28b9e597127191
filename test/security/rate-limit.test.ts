import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../server/security/rate-limit.ts';

describe('the rate of a key', () => {
  it('lets a second’s worth come at once, then one after the other', () => {
    const limit = new RateLimit(4);
    expect(Array.from({ length: 5 }, () => limit.take(0))).toEqual([0, 0, 0, 0, 250]);
    expect(limit.take(248)).toBeLessThanOrEqual(3);
    expect(limit.take(251)).toBe(0);
  });

  it('lets one come however low it is', () => {
    const limit = new RateLimit(0.01);
    expect(limit.take(0)).toBe(0);
    expect(limit.take(0)).toBe(100_000);
  });

  it('never lets more through than the rate and one second’s worth, whenever requests come', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 50, noNaN: true }),
        fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 300 }),
        (perSecond, gaps) => {
          const limit = new RateLimit(perSecond);
          let nowMs = 0;
          let passed = 0;
          for (const gap of gaps) {
            nowMs += gap;
            const waitMs = limit.take(nowMs);
            if (waitMs === 0) passed++;
            else expect(waitMs).toBeGreaterThan(0);
          }
          expect(passed).toBeLessThanOrEqual(Math.max(1, perSecond) + (nowMs / 1000) * perSecond + 1e-6);
        },
      ),
    );
  });

  it('keeps its promise of when to come again', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 50, noNaN: true }), fc.nat(200), (perSecond, count) => {
        const limit = new RateLimit(perSecond);
        let waitMs = 0;
        for (let at = 0; at <= count; at++) waitMs = limit.take(0);
        if (waitMs > 0) expect(limit.take(waitMs)).toBe(0);
      }),
    );
  });

  it('gives nothing for a clock that goes back', () => {
    const limit = new RateLimit(1);
    limit.take(10_000);
    expect(limit.take(0)).toBe(1000);
    expect(limit.take(10)).toBe(990);
  });
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RollingCount } from '../../server/balancer/rolling-count.ts';

test('forgets what is older than its window, one bucket at a time', () => {
  const count = new RollingCount(3, 1_000);
  count.add(0);
  count.add(1_500);
  count.add(2_999);
  expect(count.total(2_999)).toBe(3);
  expect(count.total(3_000)).toBe(2);
  expect(count.total(4_000)).toBe(1);
  expect(count.total(5_000)).toBe(0);
});

test('forgets everything after a long silence', () => {
  const count = new RollingCount(3, 1_000);
  count.add(0);
  expect(count.total(1e9)).toBe(0);
});

test('counts neither more than the window holds nor less than the window without its oldest bucket', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 }),
      fc.integer({ min: 0, max: 3_000 }),
      (steps, wait) => {
        const count = new RollingCount(5, 100);
        let nowMs = 0;
        const times = steps.map((step) => {
          nowMs += step;
          count.add(nowMs);
          return nowMs;
        });
        nowMs += wait;
        const total = count.total(nowMs);
        expect(total).toBeLessThanOrEqual(times.filter((time) => nowMs - time < 500).length);
        expect(total).toBeGreaterThanOrEqual(times.filter((time) => nowMs - time < 400).length);
      },
    ),
  );
});

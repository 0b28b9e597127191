import { describe, expect, it } from 'vitest';
import { QueueWatch } from '../../server/host/queue-watch.ts';

const look = (nowMs: number, outstanding: number, more: { capacity?: number; canGrow?: boolean } = {}) => ({
  nowMs,
  outstanding,
  capacity: 4,
  canGrow: true,
  ...more,
});

describe('a queue', () => {
  it('is urgent at the third look in a row above twice the capacity', () => {
    const watch = new QueueWatch();
    expect([0, 25, 50].map((at) => watch.isUrgent(look(at, 9)))).toEqual([false, false, true]);
  });

  it('is not urgent at twice the capacity, and a look below begins the count anew', () => {
    const watch = new QueueWatch();
    const outstanding = [9, 9, 8, 9, 9, 9];
    expect(outstanding.map((count, index) => watch.isUrgent(look(index * 25, count)))).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it('is not urgent while nothing can grow', () => {
    const watch = new QueueWatch();
    expect([0, 25, 50, 75].map((at) => watch.isUrgent(look(at, 99, { canGrow: false })))).not.toContain(true);
  });

  it('is decided on ten times a second at most', () => {
    const watch = new QueueWatch();
    const urgentAt: number[] = [];
    for (let at = 0; at < 1000; at += 25) {
      if (!watch.isUrgent(look(at, 99))) continue;
      urgentAt.push(at);
      watch.decided(at);
    }
    expect(urgentAt.length).toBeGreaterThan(5);
    expect(urgentAt.length).toBeLessThanOrEqual(10);
  });

  it('counts a capacity of none as one request', () => {
    const watch = new QueueWatch();
    expect([0, 25, 50].map((at) => watch.isUrgent(look(at, 2, { capacity: 0 })))).toEqual([false, false, false]);
    expect([75, 100, 125].map((at) => watch.isUrgent(look(at, 3, { capacity: 0 })))).toEqual([false, false, true]);
  });
});

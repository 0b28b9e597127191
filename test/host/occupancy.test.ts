import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OccupancyMeter } from '../../server/host/occupancy.ts';

describe('the occupancy of a model', () => {
  it('weighs each count by the time for which it stood', () => {
    const meter = new OccupancyMeter(0);
    meter.sample(500, { outstanding: 10, queued: 4 });
    meter.sample(750, { outstanding: 2, queued: 0 });
    // 500 ms of 0, 250 ms of 10, 250 ms of 2.
    expect(meter.mean(1000, 1000)).toEqual({ outstanding: 3, queued: 1 });
    expect(meter.mean(1000, 250)).toEqual({ outstanding: 2, queued: 0 });
    expect(meter.mean(1000, 500)).toEqual({ outstanding: 6, queued: 2 });
  });

  it('knows a count that stands although nobody samples', () => {
    const meter = new OccupancyMeter(0);
    meter.sample(10, { outstanding: 7, queued: 7 });
    expect(meter.mean(60_000, 1000)).toEqual({ outstanding: 7, queued: 7 });
  });

  it('takes a window longer than its life as its life', () => {
    const meter = new OccupancyMeter(0);
    expect(meter.mean(0, 1000)).toEqual({ outstanding: 0, queued: 0 });
    meter.sample(0, { outstanding: 4, queued: 0 });
    expect(meter.mean(100, 1000)).toEqual({ outstanding: 4, queued: 0 });
  });

  it('takes a clock that steps back for one that stands', () => {
    const meter = new OccupancyMeter(1000);
    meter.sample(2000, { outstanding: 1, queued: 0 });
    meter.sample(1500, { outstanding: 3, queued: 0 });
    expect(meter.mean(1500, 1000).outstanding).toBe(0);
    expect(meter.mean(3000, 1000).outstanding).toBe(3);
  });

  it('gives what adding up millisecond by millisecond gives, within its bound of marks', () => {
    const step = fc.record({ afterMs: fc.integer({ min: 0, max: 400 }), outstanding: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 1000 }), (steps, windowMs) => {
        const meter = new OccupancyMeter(0);
        let nowMs = 0;
        let count = 0;
        const stood: number[] = [];
        for (const { afterMs, outstanding } of [...steps, { afterMs: 1200, outstanding: 0 }]) {
          for (let index = 0; index < afterMs; index++) stood.push(count);
          nowMs += afterMs;
          count = outstanding;
          meter.sample(nowMs, { outstanding, queued: 0 });
        }
        const window = stood.slice(-windowMs);
        const expected = window.reduce((sum, value) => sum + value, 0) / window.length;
        expect(meter.mean(nowMs, windowMs).outstanding).toBeCloseTo(expected, 6);
      }),
    );
  });
});

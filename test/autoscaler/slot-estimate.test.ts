import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchSpeedUp, estimateSlots } from '../../server/autoscaler/slot-estimate.ts';
import type { SlotFacts } from '../../server/autoscaler/slot-estimate.ts';

const busy = { perRun: 64, dispatchSlots: 128, rowsPerRequest: 1, batches: [], held: 0, busyShare: 1 };
const slots = (facts: Partial<SlotFacts>) => estimateSlots({ ...busy, ...facts });

/** Batches whose runs take `alone` for one row and grow by `more` for each further one. */
const measured = (alone: number, more: number, sizes = [1, 8, 32]) =>
  sizes.map((rows) => ({ rows, runs: 10, totalMs: 10 * (alone + more * (rows - 1)) }));

describe('the slots of a replica', () => {
  it('are what the balancer gives it where it does not batch', () => {
    expect(slots({ perRun: 1, dispatchSlots: 1 })).toBe(1);
    expect(slots({ perRun: 1, dispatchSlots: 2 })).toBe(2);
  });

  it('are the rows that batching does at once, not those that fit into a batch', () => {
    // 14 ms alone, 156 ms for 32: a batch of 32 does the work of 2.9.
    expect(slots({ dispatchSlots: 64, batches: measured(14, 4.6) })).toBe(3);
    // 32 rows in the time of one.
    expect(slots({ dispatchSlots: 64, batches: measured(10, 0) })).toBe(32);
  });

  it('count requests, not rows', () => {
    expect(slots({ dispatchSlots: 64, batches: measured(10, 0), rowsPerRequest: 8 })).toBe(4);
  });

  it('are one, and one ahead where runs are short, while nothing is known of batches', () => {
    expect(slots({ dispatchSlots: 64 })).toBe(1);
    expect(slots({ dispatchSlots: 128 })).toBe(2);
    expect(slots({ batches: [{ rows: 64, runs: 4, totalMs: 1 }] })).toBe(2);
  });

  it('leave room in a replica that is not busy, whatever it holds', () => {
    // 32 requests are on their way at each moment, and the replica works a third of the time: it could take 96.
    expect(slots({ held: 32, busyShare: 1 / 3 })).toBe(96);
    expect(slots({ held: 32, busyShare: 0 })).toBe(128);
    expect(slots({ held: 32, busyShare: 0.95 })).toBe(2);
    expect(slots({ held: 32, busyShare: undefined })).toBe(2);
  });

  it('are whole, at least one, and never more than the balancer gives', () => {
    fc.assert(
      fc.property(
        fc.record({
          perRun: fc.integer({ min: 1, max: 64 }),
          isAhead: fc.boolean(),
          rowsPerRequest: fc.double({ min: 0.1, max: 100, noNaN: true }),
          held: fc.double({ min: 0, max: 1e4, noNaN: true }),
          busyShare: fc.option(fc.double({ min: 0, max: 2, noNaN: true }), { nil: undefined }),
          batches: fc.array(
            fc.record({ rows: fc.integer({ min: 1, max: 64 }), runs: fc.nat(1000), totalMs: fc.nat(1e6) }),
          ),
        }),
        ({ perRun, isAhead, ...rest }) => {
          const dispatchSlots = isAhead ? 2 * perRun : perRun;
          const found = estimateSlots({ perRun, dispatchSlots, ...rest });
          expect(Number.isInteger(found)).toBe(true);
          expect(found).toBeGreaterThanOrEqual(1);
          expect(found).toBeLessThanOrEqual(dispatchSlots);
        },
      ),
    );
  });
});

describe('the speed-up by batches', () => {
  it('is that of the best size, also where larger ones are worse', () => {
    const batches = [
      { rows: 1, runs: 10, totalMs: 100 },
      { rows: 8, runs: 10, totalMs: 200 },
      { rows: 64, runs: 10, totalMs: 6400 },
    ];
    expect(batchSpeedUp(batches)).toBe(4);
    expect(batchSpeedUp(batches.toReversed())).toBe(4);
  });

  it('is none where batches are slower than single rows', () => {
    expect(batchSpeedUp(measured(10, 20))).toBe(1);
  });
});

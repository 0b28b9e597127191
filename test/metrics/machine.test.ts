import { availableParallelism, totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { busyPercent, countPhysicalCores, MachineMeter } from '../../server/metrics/machine.ts';

describe('the machine', () => {
  it('has at least one core, and no more than this process may use', async () => {
    const cores = await countPhysicalCores();
    expect(Number.isInteger(cores)).toBe(true);
    expect(cores).toBeGreaterThanOrEqual(1);
    expect(cores).toBeLessThanOrEqual(availableParallelism());
  });

  it('has memory, of which some can be had, and is busy from 0 to 100 percent', () => {
    const meter = new MachineMeter(4);
    const { physicalCores, totalBytes, availableBytes } = meter.read(0);
    expect(physicalCores).toBe(4);
    expect(totalBytes).toBeLessThanOrEqual(totalmem());
    expect(availableBytes).toBeGreaterThan(0);
    expect(availableBytes).toBeLessThanOrEqual(totalmem());
    const { busyPercent: busy } = meter.read(1000);
    expect(busy).toBeGreaterThanOrEqual(0);
    expect(busy).toBeLessThanOrEqual(100);
  });

  it('gives the same answer to all who ask within half a second', () => {
    const meter = new MachineMeter(4);
    const first = meter.read(1000);
    expect(meter.read(1499)).toBe(first);
    expect(meter.read(1500)).not.toBe(first);
  });

  it('is busy by the share of the time of its cores, and not at all where none has passed', () => {
    expect(busyPercent({ busyMs: 100, totalMs: 1000 }, { busyMs: 150, totalMs: 1200 })).toBe(25);
    expect(busyPercent({ busyMs: 100, totalMs: 1000 }, { busyMs: 100, totalMs: 1000 })).toBe(0);
    // Counters of a core that was taken away.
    expect(busyPercent({ busyMs: 100, totalMs: 1000 }, { busyMs: 90, totalMs: 1100 })).toBe(0);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { observationOf } from '../../server/host/scaling-observation.ts';
import type { ScalingMeasurements } from '../../server/host/scaling-observation.ts';

const quiet: ScalingMeasurements = {
  nowMs: 5000,
  counts: { ready: 2, starting: 1, queued: 0, outstanding: 0, perRun: 1, dispatchSlots: 1 },
  occupancy: { outstanding: 0, queued: 0 },
  traffic: {
    traffic: { requests: 0, overloadFailures: 0 },
    requestRate: 0,
    queueWaitP99Ms: undefined,
    serviceP99Ms: undefined,
    latencyP99Ms: undefined,
    serviceMs: undefined,
    runMs: undefined,
    busyMsPerSecond: 0,
  },
  batches: [],
  rowsPerRequest: 1,
  replicaCpu: [
    { isReady: true, cpuPercent: 40 },
    { isReady: true, cpuPercent: undefined },
  ],
  machine: { physicalCores: 4, totalBytes: 8e9, availableBytes: 2e9, busyPercent: 10 },
  threads: 1,
  peakRssBytes: undefined,
  ownRssBytes: 0,
  control: { mode: 'auto' },
  share: undefined,
  settingsKey: 'm',
};
const observe = (more: Partial<ScalingMeasurements>) => observationOf({ ...quiet, ...more });
const busyOf = (runMs: number, busyMsPerSecond: number) => ({ ...quiet.traffic, runMs, busyMsPerSecond });

describe('an observation', () => {
  it('leaves out what was not measured, and dates what was', () => {
    const { signals, replicaCpu } = observe({});
    expect(Object.keys(signals).toSorted()).toEqual(['memoryPercent', 'outstanding', 'queued', 'requestRate']);
    expect(signals.memoryPercent).toEqual({ value: 75, atMs: 5000 });
    expect(replicaCpu).toEqual([...quiet.replicaCpu, { isReady: false }]);
  });

  it('counts what a copy holds beyond what it does at once as waiting', () => {
    const counts = { ...quiet.counts, perRun: 64, dispatchSlots: 64, outstanding: 40 };
    const seen = observe({ counts, occupancy: { outstanding: 40, queued: 0 }, traffic: busyOf(200, 2000) });
    expect([seen.slotsPerReplica, seen.queuedNow, seen.signals.queued!.value]).toEqual([1, 38, 38]);
  });

  it('gives a copy that is not busy room for what it holds, but only where runs are short', () => {
    const counts = { ...quiet.counts, perRun: 64, dispatchSlots: 128, outstanding: 64 };
    const occupancy = { outstanding: 64, queued: 0 };
    expect(observe({ counts, occupancy, traffic: busyOf(1, 800) }).slotsPerReplica).toBe(80);
    expect(observe({ counts, occupancy, traffic: busyOf(300, 800) }).slotsPerReplica).toBe(2);
  });

  it('never has fewer waiting than wait in the host, nor more than there are', () => {
    const count = fc.nat(500);
    fc.assert(
      fc.property(count, count, fc.integer({ min: 0, max: 8 }), (queued, inFlight, ready) => {
        const outstanding = queued + inFlight;
        const seen = observe({
          counts: { ...quiet.counts, ready, queued, outstanding },
          occupancy: { outstanding, queued },
        });
        expect(seen.queuedNow).toBeGreaterThanOrEqual(queued);
        expect(seen.queuedNow).toBeLessThanOrEqual(outstanding);
        expect(seen.outstandingNow).toBe(outstanding);
      }),
    );
  });
});

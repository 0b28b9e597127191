import { describe, expect, test } from 'vitest';
import { lowestCeiling, machineCeilings } from '../../server/autoscaler/ceilings.ts';
import { parsePolicy } from '../../server/autoscaler/policy.ts';

const { ceilings: settings } = parsePolicy({}, 'test');
const gigabyte = 1e9;

/** A machine of which 60 % of the memory is available while no replica runs. */
const machine = (physicalCores: number, gigabytes: number) => ({
  physicalCores,
  totalBytes: gigabytes * gigabyte,
  availableBytes: 0.6 * gigabytes * gigabyte,
});

test.each([
  [4, 8, 0.6, 1, 3, 'cpu'],
  [4, 8, 0.6, 2, 1, 'cpu'],
  [8, 16, 0.6, 1, 7, 'cpu'],
  [8, 16, 0.6, 2, 3, 'cpu'],
  [16, 64, 0.6, 1, 15, 'cpu'],
  [16, 64, 0.6, 2, 7, 'cpu'],
  [8, 16, 3, 1, 2, 'memory'],
  [8, 16, 3, 2, 2, 'memory'],
])(
  '%i cores and %i GB bear, with replicas of %f GB and %i threads, %i of them, for want of %s',
  (cores, memory, replica, threads, replicas, name) => {
    const footprint = { threads, peakRssBytes: replica * gigabyte };
    expect(lowestCeiling(machineCeilings(machine(cores, memory), footprint, settings))).toMatchObject({
      name,
      replicas,
    });
  },
);

describe('the ceiling', () => {
  test('of CPU and memory is never below 1: whether a first replica fits is asked elsewhere', () => {
    const tiny = { physicalCores: 1, totalBytes: gigabyte, availableBytes: 0 };
    const ceilings = machineCeilings(tiny, { threads: 4, peakRssBytes: gigabyte }, settings);
    expect(ceilings.map(({ name, replicas }) => [name, replicas])).toEqual([
      ['cpu', 1],
      ['memory', 1],
    ]);
  });

  test('of memory counts what the replicas have already: starting one does not lower it', () => {
    const before = machineCeilings(machine(64, 16), { threads: 1, peakRssBytes: gigabyte }, settings);
    const running = { ...machine(64, 16), availableBytes: machine(64, 16).availableBytes - 3 * gigabyte };
    const after = machineCeilings(running, { threads: 1, peakRssBytes: gigabyte, ownRssBytes: 3 * gigabyte }, settings);
    expect(lowestCeiling(after)!.replicas).toBe(lowestCeiling(before)!.replicas);
  });

  test('keeps the larger of 2 GB and 15 % free', () => {
    const usable = (gigabytes: number) => {
      const footprint = { threads: 1, peakRssBytes: gigabyte };
      return machineCeilings(
        { totalBytes: gigabytes * gigabyte, availableBytes: gigabytes * gigabyte },
        footprint,
        settings,
      );
    };
    expect(usable(10)).toMatchObject([{ usableBytes: 8 * gigabyte }]);
    expect(usable(100)).toMatchObject([{ usableBytes: 85 * gigabyte }]);
  });

  test('is none where a number is not known or the policy wants none', () => {
    expect(machineCeilings(undefined, { threads: 1 }, settings)).toEqual([]);
    expect(machineCeilings(machine(4, 8), undefined, settings)).toEqual([]);
    expect(machineCeilings({}, { threads: 1, peakRssBytes: 1 }, settings)).toEqual([]);
    const off = { ...settings, cpu: false, memory: false };
    expect(machineCeilings(machine(4, 8), { threads: 1, peakRssBytes: gigabyte }, off)).toEqual([]);
  });
});

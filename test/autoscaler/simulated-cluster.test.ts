import { describe, expect, test } from 'vitest';
import { countsAt, scaleTo, startCluster, workOf } from '../../server/autoscaler/simulated-cluster.ts';

describe('a simulated cluster', () => {
  test('has its first replicas ready, and ordered ones after the time to start', () => {
    const cluster = scaleTo(startCluster(2), 5, 1000, 500);
    expect(countsAt(cluster, 1499)).toEqual({ ready: 2, starting: 3 });
    expect(countsAt(cluster, 1500)).toEqual({ ready: 5, starting: 0 });
  });

  test('ends those first that would be ready last', () => {
    const cluster = scaleTo(scaleTo(startCluster(2), 4, 0, 5000), 6, 1000, 5000);
    expect(countsAt(scaleTo(cluster, 4, 2000, 5000), 5000)).toEqual({ ready: 4, starting: 0 });
    expect(countsAt(scaleTo(cluster, 1, 2000, 5000), 2000)).toEqual({ ready: 1, starting: 0 });
  });
});

describe('work', () => {
  test('beyond the slots waits', () => {
    expect(workOf({ load: 5, ready: 2, slotsPerReplica: 2, serviceMs: 500 })).toEqual({
      queued: 1,
      cpuPercent: 100,
      arrivalsPerSecond: 10,
      answersPerSecond: 8,
      serviceP95Ms: 500,
      busyPercent: undefined,
    });
  });

  test('beyond what the machine can do waits too, and slows the rest down', () => {
    expect(workOf({ load: 6, ready: 6, slotsPerReplica: 1, serviceMs: 1000, saturatesAt: 2 })).toMatchObject({
      queued: 4,
      answersPerSecond: 2,
      serviceP95Ms: 3000,
      busyPercent: 100,
    });
  });

  test('without a replica all waits', () => {
    expect(workOf({ load: 3, ready: 0, slotsPerReplica: 1, serviceMs: 1000 })).toMatchObject({
      queued: 3,
      cpuPercent: 0,
    });
  });
});

import { describe, expect, test } from 'vitest';
import type { PolicyInput } from '../../server/autoscaler/policy.ts';
import { Driven } from './observations.ts';

const seconds = (count: number): null[] => Array.from({ length: count }, () => null);
const concurrency: PolicyInput = { metrics: { outstandingPerSlot: { target: 0.7 } } };
const load = (outstanding: number) => ({ outstanding, outstandingNow: outstanding, queuedNow: 0 });

describe('a model that may sleep', () => {
  const policy: PolicyInput = { ...concurrency, min: 0, idleToZeroMs: 60_000, down: { windowMs: 0 } };

  test('wakes at once when a request waits, and not before', () => {
    const driven = new Driven(policy, 0);
    expect(driven.tick()).toMatchObject({ desired: 0, cause: 'asleep' });
    expect(driven.tick({ queuedNow: 1, outstandingNow: 1 })).toMatchObject({ desired: 1, cause: 'wake' });
  });

  test('goes to sleep after the idle time, counted from the last request', () => {
    const driven = new Driven(policy, 1);
    for (const _ of seconds(30)) expect(driven.tick().desired).toBe(1);
    driven.tick({ traffic: { requests: 1, overloadFailures: 0 } });
    for (const _ of seconds(60)) expect(driven.tick().desired).toBe(1);
    expect(driven.tick()).toMatchObject({ desired: 0, cause: 'idle' });
  });

  test('goes from many to one by its metrics, and only the last one to sleep', () => {
    const driven = new Driven(policy, 5);
    const path = seconds(70).map(() => driven.tick(load(0)).desired);
    expect([...new Set(path)]).toEqual([1, 0]);
    expect(path.indexOf(0)).toBe(60);
  });

  test('does not send several to sleep, however long they have been idle', () => {
    const driven = new Driven({ ...policy, down: { windowMs: 300_000 } }, 3);
    expect(driven.changes(400, () => load(0))).toEqual([
      [300, 1],
      [301, 0],
    ]);
  });

  test('does not sleep where nobody knows whether requests run', () => {
    const driven = new Driven(policy, 1);
    for (const _ of seconds(90)) expect(driven.tick({ outstandingNow: undefined }).desired).toBe(1);
  });
});

describe('without a replica', () => {
  test('a model that may not sleep gets its minimum', () => {
    expect(new Driven({ ...concurrency, min: 2 }, 0).tick()).toMatchObject({ desired: 2, cause: 'bounds' });
  });
});

describe('orders from outside', () => {
  test('win over bounds and ceilings', () => {
    const machine = { machine: { physicalCores: 2 }, footprint: { threads: 1 } };
    const manual = new Driven(concurrency, 1).tick({ ...machine, control: { mode: 'manual', replicas: 9 } });
    expect(manual).toMatchObject({ desired: 9, cause: 'manual' });
    const paused = new Driven({ ...concurrency, min: 3 }, 1).tick({ ...load(9), control: { mode: 'paused' } });
    expect(paused).toMatchObject({ desired: 1, cause: 'paused' });
  });

  test('a need that was seen during a pause still holds a shrink back after it', () => {
    const driven = new Driven(concurrency, 4);
    for (const _ of seconds(10)) driven.tick({ ...load(2.8), control: { mode: 'paused' } });
    expect(driven.tick(load(0))).toMatchObject({ desired: 4, limitedBy: 'down-window', heldBy: { replicas: 4 } });
  });

  test('what happens while a new version is brought in is not remembered', () => {
    const driven = new Driven(concurrency, 1);
    driven.tick(load(0.7));
    for (const _ of seconds(30)) driven.tick({ ...load(50), control: { mode: 'frozen' } });
    expect(driven.tick(load(0.7))).toMatchObject({ desired: 1, wanted: 1 });
    expect(driven.state.clock.awakeMs).toBe(1000);
  });
});

describe('the first minute after a restart', () => {
  const restarted = (policy: PolicyInput = concurrency, replicas = 4) =>
    new Driven(policy, replicas, { isHistoryLost: true });

  test('neither grows nor shrinks', () => {
    const driven = restarted({ ...concurrency, down: { windowMs: 0 } });
    for (const _ of seconds(30)) expect(driven.tick(load(0))).toMatchObject({ desired: 4, cause: 'restart-hold' });
    for (const _ of seconds(30)) expect(driven.tick(load(90))).toMatchObject({ desired: 4, cause: 'restart-hold' });
    expect(driven.tick(load(90)).desired).toBe(8);
  });

  test('repairs the bounds, and wakes what is called', () => {
    expect(restarted({ ...concurrency, max: 2 }).tick()).toMatchObject({ desired: 2, cause: 'bounds' });
    expect(restarted({ ...concurrency, min: 0 }, 0).tick({ queuedNow: 1 })).toMatchObject({
      desired: 1,
      cause: 'wake',
    });
  });
});

describe('ordered replicas', () => {
  test('count as current: the order is not given again while they start', () => {
    const driven = new Driven(concurrency, 2);
    expect(driven.tick({ ...load(4), queuedNow: 2 }).desired).toBe(6);
    for (const _ of seconds(20))
      expect(driven.tick({ ...load(4), queuedNow: 2, ready: 2, starting: 4 }).desired).toBe(6);
  });

  test('but one are taken back when the queue has emptied before they were ready', () => {
    const driven = new Driven(concurrency, 2);
    driven.tick({ ...load(4), queuedNow: 2 });
    const decision = driven.tick({ ...load(1), ready: 2, starting: 4 });
    expect(decision).toMatchObject({ current: 6, desired: 3, cause: 'cancelled' });
    expect(driven.tick({ ...load(1), ready: 2, starting: 1 })).toMatchObject({ desired: 3, cause: 'metrics' });
  });

  test('are kept while requests wait, while the ready ones are too few, and where the policy says so', () => {
    const after = (policy: PolicyInput, seen: object) => {
      const driven = new Driven(policy, 2);
      driven.tick({ ...load(4), queuedNow: 2 });
      return driven.tick({ ready: 2, starting: 4, ...seen }).desired;
    };
    expect(after(concurrency, { ...load(1), queuedNow: 1 })).toBe(6);
    expect(after(concurrency, load(1.9))).toBe(6);
    expect(after(concurrency, { ...load(1), outstandingNow: undefined })).toBe(6);
    expect(after({ ...concurrency, cancelStarting: false }, load(1))).toBe(6);
    expect(after({ ...concurrency, min: 5 }, load(1))).toBe(5);
  });

  test('are kept while the ready ones are full, also where no ratio says how many are needed', () => {
    const driven = new Driven({ metrics: {} }, 2);
    driven.tick({ control: { mode: 'manual', replicas: 6 } });
    expect(driven.tick({ outstandingNow: 3, ready: 2, starting: 4 }).desired).toBe(6);
    expect(driven.tick({ outstandingNow: 2, ready: 2, starting: 4 }).desired).toBe(3);
  });

  test('that replace crashed ones are not taken back', () => {
    const driven = new Driven(concurrency, 6);
    expect(driven.tick({ ...load(1), ready: 2, starting: 4 }).desired).toBe(6);
  });
});

describe('ceilings', () => {
  const machine = { machine: { physicalCores: 4 }, footprint: { threads: 1 } };

  test('stop growth and say so', () => {
    expect(new Driven(concurrency, 2).tick({ ...load(20), ...machine })).toMatchObject({
      desired: 3,
      wanted: 29,
      limitedBy: 'max',
      saturatedBy: 'cpu',
      limits: { max: 3 },
    });
  });

  test('cut at once what is above them, and the minimum gives way', () => {
    const decision = new Driven({ ...concurrency, min: 5 }, 9).tick({ ...load(20), ...machine });
    expect(decision).toMatchObject({ desired: 3, cause: 'bounds', limits: { min: 3, max: 3 } });
  });

  test('of memory that has become free must last for a minute before growth uses it', () => {
    const memory = (availableBytes: number) => ({
      machine: { totalBytes: 8e9, availableBytes },
      footprint: { threads: 1, peakRssBytes: 1e9 },
    });
    const driven = new Driven({ ...concurrency, up: { policies: [{ type: 'pods', value: 100, periodMs: 1 }] } }, 2);
    expect(driven.tick({ ...load(20), ...memory(4e9) }).desired).toBe(2);
    for (const _ of seconds(59))
      expect(driven.tick({ ...load(20), ...memory(8e9) })).toMatchObject({ desired: 2, saturatedBy: 'recovering' });
    expect(driven.tick({ ...load(20), ...memory(8e9) }).desired).toBe(6);
  });

  test('of memory that has become free cut nothing that runs already', () => {
    const memory = (availableBytes: number) => ({
      machine: { totalBytes: 8e9, availableBytes },
      footprint: { threads: 1, peakRssBytes: 1e9 },
    });
    const driven = new Driven(concurrency, 4);
    driven.tick({ ...load(2.8), ...memory(4e9), control: { mode: 'paused' } });
    expect(driven.tick({ ...load(2.8), ...memory(8e9) })).toMatchObject({ desired: 4, cause: 'metrics' });
  });

  test('of a memory rule refuse growth while it is above, but not the minimum and not a shrink', () => {
    const policy: PolicyInput = {
      metrics: { outstandingPerSlot: { target: 0.7 }, memory: { above: 80 } },
      down: { windowMs: 0 },
    };
    expect(new Driven(policy, 2).tick({ ...load(20), memoryPercent: 81 })).toMatchObject({
      desired: 2,
      saturatedBy: 'memory-rule',
    });
    expect(new Driven(policy, 2).tick({ ...load(20), memoryPercent: 80 }).desired).toBe(6);
    expect(new Driven({ ...policy, min: 2 }, 0).tick({ memoryPercent: 99 }).desired).toBe(2);
    expect(new Driven(policy, 5).tick({ ...load(1), memoryPercent: 99 }).desired).toBe(2);
    expect(new Driven(policy, 5).tick(load(1)).desired).toBe(2);
  });

  test('of a share are taken literally, 0 included', () => {
    expect(new Driven(concurrency, 2).tick({ ...load(20), share: 1 }).desired).toBe(1);
    expect(new Driven(concurrency, 2).tick({ ...load(20), share: 0 }).desired).toBe(0);
  });
});

describe('metrics', () => {
  test('of an idle model are 0 and not missing: no requests, no wait', () => {
    const policy: PolicyInput = { metrics: { queueWaitP99: { above: 100, below: 50 } }, down: { windowMs: 0 } };
    expect(new Driven(policy, 3).tick({ traffic: { requests: 0, overloadFailures: 0 } }).desired).toBe(2);
    expect(new Driven(policy, 3).tick().cause).toBe('no-metrics');
    expect(new Driven(policy, 3).tick({ traffic: { requests: 5, overloadFailures: 0 } }).cause).toBe('no-metrics');
  });

  test('of outstanding requests are shared out over all slots of all copies', () => {
    expect(new Driven(concurrency, 2).tick({ ...load(5.6), slotsPerReplica: 4 }).desired).toBe(2);
    expect(new Driven(concurrency, 2).tick({ ...load(8.4), slotsPerReplica: 4 }).desired).toBe(3);
  });

  test('that are older than three ticks are missing', () => {
    const at = (ageMs: number) =>
      new Driven(concurrency, 1).tick({ nowMs: 9000, signals: { outstanding: { value: 9, atMs: 9000 - ageMs } } });
    expect([at(3000).cause, at(3001).cause]).toEqual(['metrics', 'no-metrics']);
  });

  test('of errors count only overload, from 100 requests in a minute on', () => {
    const policy: PolicyInput = { metrics: { errorRate: { above: 1 } } };
    const after = (requests: number, overloadFailures: number, ticks = 1) => {
      const driven = new Driven(policy, 1);
      for (const _ of seconds(ticks - 1)) driven.tick({ traffic: { requests, overloadFailures } });
      return driven.tick({ traffic: { requests, overloadFailures } }).desired;
    };
    expect([after(99, 99), after(100, 2), after(100, 1), after(20, 1, 5)]).toEqual([1, 2, 1, 2]);
  });

  test('of a wait in the queue add one at a time, 30 s apart', () => {
    const policy: PolicyInput = { metrics: { queueWaitP99: { above: 100, upForMs: 30_000 } } };
    expect(new Driven(policy, 1).changes(100, () => ({ queueWaitP99Ms: 900 }))).toEqual([
      [30, 2],
      [61, 3],
      [92, 4],
    ]);
  });
});

test('a policy may change between two ticks', () => {
  const driven = new Driven(concurrency, 2);
  driven.tick(load(1.4));
  Object.assign(driven, { policy: new Driven({ ...concurrency, max: 1 }, 1).policy });
  expect(driven.tick(load(1.4))).toMatchObject({ desired: 1, cause: 'bounds' });
});

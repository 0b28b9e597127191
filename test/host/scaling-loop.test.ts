import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ScalingLoop } from '../../server/host/scaling-loop.ts';
import type { ScalingOrder } from '../../server/host/scaling-orders.ts';
import { parseScaling } from '../../server/host/scaling-settings.ts';
import type { ScalingSettings } from '../../server/host/scaling-settings.ts';
import type { MachineReading } from '../../server/metrics/machine.ts';
import type { NewHostEvent } from '../../server/protocol/admin/host-event.ts';
import { FakeScalingTarget } from '../fakes/fake-scaling-target.ts';

const GB = 1e9;

const settings = (scaling: Record<string, unknown> = {}, replicas?: number): ScalingSettings =>
  parseScaling({
    defaults: { scaling: { metrics: { outstandingPerSlot: { target: 0.7 } }, down: { windowMs: 5000 } } },
    manifest: { replicas, scaling },
    where: 'm/millrace.json',
  });

describe('the scaling loop', () => {
  let targets: FakeScalingTarget[];
  let written: Map<string, ScalingSettings>;
  let orders: Map<string, ScalingOrder>;
  let machine: MachineReading;
  let events: NewHostEvent[];
  let loop: ScalingLoop;
  const sentences = () => events.map(({ sentence }) => sentence);

  /** Lets time pass in steps in which the targets are looked at, as they are while they have requests. */
  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 25) {
      vi.advanceTimersByTime(25);
      for (const target of targets) if (target.outstanding > 0) target.look(performance.now());
    }
  };

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    targets = [new FakeScalingTarget('m')];
    written = new Map();
    orders = new Map();
    machine = { physicalCores: 8, totalBytes: 16 * GB, availableBytes: 12 * GB, busyPercent: 30 };
    events = [];
    loop = new ScalingLoop({
      targets: () => targets,
      settingsOf: (model) => written.get(model) ?? settings(),
      orderOf: (model) => orders.get(model),
      defaults: settings(),
      machine: () => machine,
      onEvent: (event) => events.push(event),
      nowMs: () => performance.now(),
    });
    loop.start();
  });

  afterEach(() => {
    loop.stop();
    vi.useRealTimers();
  });

  it('grows by the load at its tick, and says why with what it saw', () => {
    const [target] = targets as [FakeScalingTarget];
    target.hold(performance.now(), 1, 1);
    pass(2000);
    expect(target.scalings).toEqual(['3+0']);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      kind: 'scaling',
      severity: 'info',
      model: 'm',
      sentence: 'm: 2 requests per place in a copy, target 0.7: 1 → 3 copies.',
      facts: {
        from: 1,
        to: 3,
        cause: 'metrics',
        wanted: 3,
        inputs: {
          ready: 1,
          starting: 0,
          queuedNow: 1,
          outstandingNow: 2,
          outstanding: 2,
          machine: { physicalCores: 8 },
        },
        votes: [{ metric: 'outstandingPerSlot', verdict: 'grow' }],
      },
    });
  });

  it('does not wait for the tick when a queue grows', () => {
    pass(1100);
    const [target] = targets as [FakeScalingTarget];
    const startedMs = performance.now();
    target.hold(startedMs, 1, 6);
    while (target.scalings.length === 0 && performance.now() - startedMs < 2000) pass(25);
    expect(performance.now() - startedMs).toBeLessThanOrEqual(150);
    expect(target.scalings).toEqual(['5+0']);
  });

  it('waits for the tick when a burst has gone after two looks', () => {
    pass(1100);
    const [target] = targets as [FakeScalingTarget];
    target.hold(performance.now(), 1, 6);
    pass(50);
    target.hold(performance.now(), 0, 0);
    pass(700);
    expect(target.scalings).toEqual([]);
  });

  it('counts ordered replicas as replicas', () => {
    const [target] = targets as [FakeScalingTarget];
    target.hold(performance.now(), 1, 1);
    pass(6000);
    expect(target.ready).toBe(1);
    expect(target.scalings).toEqual(['3+0']);
  });

  it('shrinks when the load has gone for so long, and tells first that it waits', () => {
    const [target] = targets as [FakeScalingTarget];
    target.hold(performance.now(), 1, 1);
    pass(2000);
    target.ready = 3;
    target.hold(performance.now(), 0, 0);
    pass(12_000);
    expect(target.scalings).toEqual(['3+0', '1+0']);
    expect(sentences()).toEqual([
      expect.stringContaining('1 → 3 copies'),
      expect.stringContaining('stays at 3 copies; 0 are wanted, but 3 were right'),
      expect.stringContaining('3 → 1 copy'),
    ]);
  });

  it('tells a limit of the machine once, with what it means and what may help', () => {
    machine = { ...machine, physicalCores: 2 };
    const [target] = targets as [FakeScalingTarget];
    target.hold(performance.now(), 1, 4);
    pass(30_000);
    expect(target.scalings).toEqual([]);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      severity: 'attention',
      sentence: expect.stringMatching(
        /8 are wanted, the limit is 1 because this machine has 2 cores, 1 of them kept free; one more copy will not help: CPU bound\.$/,
      ),
      hint: expect.stringContaining('Larger batches'),
    });
  });

  it('stores nothing about steady ticks', () => {
    const [target] = targets as [FakeScalingTarget];
    target.hold(performance.now(), 0.7, 0);
    pass(60_000);
    expect(events).toEqual([]);
    expect(loop.states()[0]!.samples.after(0).length).toBeGreaterThan(55);
  });

  describe('under orders', () => {
    it('keeps the number that settings fix, whatever the load and the machine', () => {
      written.set('m', settings({}, 3));
      machine = { ...machine, physicalCores: 1 };
      const [target] = targets as [FakeScalingTarget];
      target.hold(performance.now(), 1, 20);
      pass(3000);
      expect(target.scalings).toEqual(['3+0']);
    });

    it('lets an order for automatic scaling overrule a fixed number', () => {
      written.set('m', settings({}, 2));
      orders.set('m', { mode: 'auto' });
      const [target] = targets as [FakeScalingTarget];
      target.hold(performance.now(), 1, 1);
      pass(2000);
      expect(target.desired).toBe(3);
    });

    it('stands still while paused, and goes at once to a number set by hand', () => {
      const [target] = targets as [FakeScalingTarget];
      orders.set('m', { mode: 'paused' });
      target.hold(performance.now(), 1, 20);
      pass(5000);
      expect(target.scalings).toEqual([]);
      orders.set('m', { mode: 'manual', replicas: 5 });
      loop.look('m');
      expect(target.scalings).toEqual(['5+0']);
    });

    it('keeps to bounds that were ordered', () => {
      orders.set('m', { mode: 'settings', min: 2, max: 2 });
      const [target] = targets as [FakeScalingTarget];
      target.hold(performance.now(), 1, 20);
      pass(3000);
      expect(target.scalings).toEqual(['2+0']);
    });

    it('is frozen while a version is swapped', () => {
      const [target] = targets as [FakeScalingTarget];
      target.isSwapping = true;
      target.hold(performance.now(), 1, 20);
      pass(5000);
      expect(target.scalings).toEqual([]);
    });
  });

  describe('with a warm spare', () => {
    it('keeps one beside the copies as long as one more may be needed', () => {
      written.set('m', settings({ warmSpare: true, max: 2 }));
      const [target] = targets as [FakeScalingTarget];
      pass(1100);
      expect(target.scalings).toEqual(['1+1']);
      target.hold(performance.now(), 1, 1);
      pass(1500);
      expect(target.scalings).toEqual(['1+1', '2+0']);
    });

    it('keeps none where there is no memory for it', () => {
      written.set('m', settings({ warmSpare: true }));
      machine = { ...machine, availableBytes: 2.4 * GB };
      pass(1100);
      expect(targets[0]!.scalings).toEqual([]);
    });
  });

  it('touches nothing while a version is swapped, not even a spare', () => {
    written.set('m', settings({ warmSpare: true }));
    targets[0]!.isSwapping = true;
    pass(3000);
    expect(targets[0]!.scalings).toEqual([]);
  });

  it('lets a model with minimum 0 sleep after its idle time', () => {
    written.set('m', settings({ min: 0, idleToZeroMs: 3000 }));
    pass(10_000);
    expect(targets[0]!.scalings).toEqual(['0+0']);
    expect(sentences().at(-1)).toBe('m: no request for 3 s: 1 → 0 copies.');
  });

  it('divides the cores among models, and gives to none what another needs at least', () => {
    targets.push(new FakeScalingTarget('n'));
    machine = { ...machine, physicalCores: 5 };
    pass(50);
    for (const target of targets) target.hold(performance.now(), 1, 20);
    pass(20_000);
    expect(targets.map(({ desired }) => desired)).toEqual([2, 2]);
    expect(sentences().join('\n')).toContain('because other models use this machine too');
  });

  it('forgets a version that is unloaded, and begins anew when it is back', () => {
    const [target] = targets as [FakeScalingTarget];
    pass(1100);
    expect(loop.states()).toHaveLength(1);
    target.isScalable = false;
    pass(2000);
    expect(loop.states()).toEqual([]);
    expect(target.listeners).toBe(0);
    target.isScalable = true;
    pass(3000);
    expect(loop.states()).toHaveLength(1);
  });

  it('names the version where a model has several', () => {
    targets.push(new FakeScalingTarget('m', 1, '2'));
    pass(50);
    targets[1]!.hold(performance.now(), 1, 1);
    pass(2500);
    expect(sentences()[0]).toMatch(/^m\/2: /);
  });

  it('does nothing any more once it has stopped', () => {
    const [target] = targets as [FakeScalingTarget];
    loop.stop();
    target.hold(performance.now(), 1, 20);
    pass(5000);
    expect(target.scalings).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

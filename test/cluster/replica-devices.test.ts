import { describe, expect, it } from 'vitest';
import { GraphicsMemory } from '../../server/cluster/graphics-memory.ts';
import { cpuOnly, ModelDevices } from '../../server/cluster/replica-devices.ts';
import type { DeviceSource } from '../../server/cluster/replica-devices.ts';
import { deviceName, parseDeviceWish } from '../../server/protocol/device.ts';
import type { Device, DeviceTrial } from '../../server/protocol/device.ts';

const cuda = (index: number): Device => ({ provider: 'cuda', index });
const trial = (device: Device, rowsPerSecond: number, isRight = true): DeviceTrial => ({
  device,
  isRight,
  reason: isRight ? '' : 'It gives wrong numbers.',
  rowsPerSecond,
});

interface Set {
  readonly wish?: string | undefined;
  readonly trials?: readonly DeviceTrial[] | Error;
  readonly proven?: readonly Device[];
  readonly wasProbed?: boolean;
  readonly budgets?: ReadonlyMap<number, number>;
}

function modelDevices({ wish, trials = [], proven = [], wasProbed = true, budgets = new Map() }: Set) {
  const said: string[] = [];
  let asked = 0;
  const source: DeviceSource = {
    wasProbed: async () => wasProbed,
    proven: async () => [...proven],
    async trials() {
      asked += 1;
      if (trials instanceof Error) throw trials;
      return trials;
    },
    memory: new GraphicsMemory(budgets),
  };
  const devices = new ModelDevices({
    model: 'net',
    wish: wish === undefined ? undefined : parseDeviceWish(wish),
    modelPath: '/nowhere',
    weightBytes: 0,
    source,
    tell: (severity, sentence) => said.push(`${severity}: ${sentence}`),
  });
  return { devices, said, asked: () => asked };
}

const place = (devices: ModelDevices, slot: string): string => deviceName(devices.assign(slot));

const atStart = (reason: string) => ({ atMs: 0, wasReady: false, reason });

describe('the devices of a model', () => {
  it('are decided once, before the first replica, and said', async () => {
    const { devices, said, asked } = modelDevices({ wish: 'gpu', trials: [trial(cuda(0), 5)], proven: [cuda(0)] });
    await Promise.all([devices.prepare(), devices.prepare()]);
    expect(devices.prepare()).toBeUndefined();
    expect(asked()).toBe(1);
    expect(place(devices, 'a')).toBe('cuda:0');
    expect(said).toEqual(['info: net runs on cuda:0. cuda:0 was asked for and answers rightly.']);
  });

  it('are the CPU, silently and without a trial, where nobody asked and nothing was ever probed', async () => {
    const { devices, said, asked } = modelDevices({ wasProbed: false, trials: [trial(cuda(0), 5)] });
    await devices.prepare();
    expect(place(devices, 'a')).toBe('cpu');
    expect([asked(), said]).toEqual([0, []]);
  });

  it('are found like auto where nobody asked and the machine was probed', async () => {
    const trials = [trial({ provider: 'cpu', index: 0 }, 10), trial(cuda(0), 50)];
    const { devices } = modelDevices({ trials, proven: [cuda(0)] });
    await devices.prepare();
    expect(place(devices, 'a')).toBe('cuda:0');
  });

  it('are the CPU with a visible reason where the wish gives wrong numbers', async () => {
    const { devices, said } = modelDevices({ wish: 'cuda', trials: [trial(cuda(0), 5, false)] });
    await devices.prepare();
    expect(place(devices, 'a')).toBe('cpu');
    expect(said[0]).toMatch(/^attention: net runs on cpu\. On the CPU instead\. cuda:0: It gives wrong numbers\.$/);
  });

  it('are the CPU where looking failed', async () => {
    const { devices, said } = modelDevices({ wish: 'gpu', trials: new Error('The disk is full.') });
    await devices.prepare();
    expect(place(devices, 'a')).toBe('cpu');
    expect(said[0]).toContain('The disk is full.');
  });

  it('are left one by one where replicas do not start, each said once, and never below the CPU', async () => {
    const { devices, said } = modelDevices({ wish: 'gpu', trials: [trial(cuda(0), 5)], proven: [cuda(0), cuda(1)] });
    await devices.prepare();
    expect([place(devices, 'a'), place(devices, 'b')]).toEqual(['cuda:0', 'cuda:1']);
    expect(devices.onDied('a', atStart('out of memory'))).toBe(true);
    expect(place(devices, 'a')).toBe('cuda:1');
    expect(devices.onDied('b', atStart('driver gone'))).toBe(true);
    expect(devices.onDied('a', atStart('driver gone'))).toBe(true);
    expect(place(devices, 'a')).toBe('cpu');
    expect(devices.onDied('a', atStart('bad file'))).toBe(false);
    expect(said.slice(1)).toEqual([
      'attention: net goes from cuda:0 to cuda:1: out of memory',
      'attention: net goes from cuda:1 to cpu: driver gone',
    ]);
  });

  it('are given up where three replicas died within ten minutes that had been ready', async () => {
    const { devices, said } = modelDevices({ wish: 'gpu', trials: [trial(cuda(0), 5)], proven: [cuda(0)] });
    await devices.prepare();
    const later = (minutes: number) => ({ atMs: minutes * 60_000, wasReady: true, reason: 'it ended (SIGSEGV).' });
    place(devices, 'a');
    expect([0, 1, 10.5].map((minutes) => devices.onDied('a', later(minutes)))).toEqual([false, false, false]);
    expect(devices.onDied('a', later(10.8))).toBe(true);
    expect(place(devices, 'a')).toBe('cpu');
    expect(devices.onDied('a', later(10.9))).toBe(false);
    expect(said.slice(1)).toEqual(['attention: net goes from cuda:0 to cpu: it ended (SIGSEGV).']);
  });

  it('are the CPU for what does not fit into graphics memory, said once', async () => {
    const budgets = new Map([[0, 400 * 1024 * 1024]]);
    const { devices, said } = modelDevices({ wish: 'cuda', trials: [trial(cuda(0), 5)], proven: [cuda(0)], budgets });
    await devices.prepare();
    expect(['a', 'b', 'c'].map((slot) => place(devices, slot))).toEqual(['cuda:0', 'cpu', 'cpu']);
    expect(said.filter((line) => line.includes('graphics memory'))).toHaveLength(1);
    devices.release('a');
    expect(place(devices, 'b')).toBe('cuda:0');
  });

  it('of a stopped model are not decided any more', async () => {
    const { devices, said } = modelDevices({ wish: 'gpu', trials: new Error('aborted') });
    const preparation = devices.prepare();
    await devices.stop();
    await preparation;
    expect(said).toEqual([]);
  });

  it('of a model on the CPU are nothing to wait for', () => {
    expect(cpuOnly.prepare()).toBeUndefined();
    expect(cpuOnly.assign('a').provider).toBe('cpu');
    expect(cpuOnly.onDied('a', atStart(''))).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidatesOf, chooseDevice, minGain, siblingsOf, speedOf } from '../../server/cluster/device-choice.ts';
import { parseDeviceWish, providers } from '../../server/protocol/device.ts';
import type { Device, DeviceTrial, DeviceWish, Provider } from '../../server/protocol/device.ts';

const device = (provider: Provider, index = 0): Device => ({ provider, index });
const right = (on: Device, rowsPerSecond: number, batchRowsPerSecond?: number): DeviceTrial => ({
  device: on,
  isRight: true,
  reason: '',
  rowsPerSecond,
  ...(batchRowsPerSecond !== undefined && { batchRowsPerSecond }),
});
const wrong = (on: Device, reason: string): DeviceTrial => ({ device: on, isRight: false, reason });
const wish = (text: string): DeviceWish => parseDeviceWish(text)!;
const proven = [device('cpu'), device('cuda', 0), device('cuda', 1), device('tensorrt', 0), device('webgpu')];

describe('devices worth a trial', () => {
  it.each([
    ['auto', [device('cuda', 0), device('webgpu')]],
    ['gpu', [device('cuda', 0), device('webgpu')]],
    ['gpu:1', [device('cuda', 1)]],
    ['gpu:0', [device('cuda', 0), device('webgpu')]],
    ['cuda', [device('cuda', 0)]],
    ['cuda:1', [device('cuda', 1)]],
    ['tensorrt', [device('tensorrt', 0)]],
    ['dml:2', [device('dml', 2)]],
    ['cpu', []],
  ])('for %s', (text, devices) => expect(candidatesOf(wish(text), proven)).toEqual(devices));

  it('are none where nothing but the CPU was proven', () => {
    expect(candidatesOf(wish('auto'), [device('cpu')])).toEqual([]);
    expect(candidatesOf(wish('gpu'), [])).toEqual([]);
  });
});

describe('replicas', () => {
  it('may go to all processors of the chosen kind, unless one was asked for', () => {
    expect(siblingsOf(device('cuda', 1), wish('gpu'), proven)).toEqual([device('cuda', 1), device('cuda', 0)]);
    expect(siblingsOf(device('cuda', 1), wish('gpu:1'), proven)).toEqual([device('cuda', 1)]);
    expect(siblingsOf(device('cuda', 0), wish('auto'), proven)).toEqual([device('cuda', 0), device('cuda', 1)]);
    expect(siblingsOf(device('webgpu'), wish('auto'), proven)).toEqual([device('webgpu')]);
  });
});

describe('the choice', () => {
  const cpu = right(device('cpu'), 100, 1000);

  it('of auto is the fastest that is right, alone and in batches counting the same', () => {
    const cuda = right(device('cuda'), 50, 9000);
    expect(speedOf(cuda) / speedOf(cpu)).toBeCloseTo(Math.sqrt(4.5), 6);
    expect(chooseDevice(wish('auto'), [cpu, right(device('webgpu'), 60, 3000), cuda])).toMatchObject({
      device: device('cuda'),
      isFallback: false,
      reason: expect.stringContaining('2.12 times') as string,
    });
  });

  it('of auto stays with the CPU unless another brings a tenth', () => {
    expect(chooseDevice(wish('auto'), [cpu, right(device('cuda'), 109, 1090)]).device.provider).toBe('cpu');
    expect(chooseDevice(wish('auto'), [cpu, right(device('cuda'), 110.1, 1101)]).device.provider).toBe('cuda');
  });

  it('of auto is never one that gives wrong numbers, and never one whose rival was not measured', () => {
    expect(chooseDevice(wish('auto'), [cpu, wrong(device('cuda'), 'It gives wrong numbers.')])).toMatchObject({
      device: device('cpu'),
      reason: expect.stringContaining('wrong numbers') as string,
    });
    expect(chooseDevice(wish('auto'), [right(device('cuda'), 1e9)]).device.provider).toBe('cpu');
  });

  it('of what was asked for by name is that, however slow, and the CPU with the reason where it is not right', () => {
    expect(chooseDevice(wish('webgpu'), [right(device('webgpu'), 1)])).toMatchObject({
      device: device('webgpu'),
      isFallback: false,
    });
    expect(chooseDevice(wish('webgpu'), [wrong(device('webgpu'), 'No adapter.')])).toMatchObject({
      device: device('cpu'),
      isFallback: true,
      reason: expect.stringContaining('webgpu: No adapter.') as string,
    });
    expect(chooseDevice(wish('gpu'), [])).toMatchObject({ device: device('cpu'), isFallback: true });
    expect(chooseDevice(wish('cpu'), [])).toMatchObject({ device: device('cpu'), isFallback: false });
  });

  it('is always a device that was right or the CPU, and for auto at least as fast as the CPU', () => {
    const trials = fc.array(
      fc.record({
        device: fc.record({ provider: fc.constantFrom(...providers), index: fc.integer({ min: 0, max: 2 }) }),
        isRight: fc.boolean(),
        reason: fc.constant('x'),
        rowsPerSecond: fc.double({ min: 0.1, max: 1e6, noNaN: true }),
        batchRowsPerSecond: fc.option(fc.double({ min: 0.1, max: 1e6, noNaN: true }), { nil: undefined }),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(trials, fc.constantFrom('auto', 'gpu', 'gpu:1', 'cuda', 'cpu'), (list, text) => {
        const { device: chosen } = chooseDevice(wish(text), list);
        if (chosen.provider === 'cpu') return;
        const trial = list.find(({ device: on, isRight }) => isRight && on === chosen);
        expect(trial).toBeDefined();
        const reference = list.find(({ device: on }) => on.provider === 'cpu');
        if (text === 'auto') expect(speedOf(trial!)).toBeGreaterThanOrEqual(speedOf(reference!) * minGain);
      }),
    );
  });
});

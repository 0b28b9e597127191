import { describe, expect, it } from 'vitest';
import { deviceName, parseDeviceWish } from '../../server/protocol/device.ts';

describe('a wish for a device', () => {
  it.each([
    ['auto', { kind: 'auto' }],
    ['gpu', { kind: 'gpu', index: undefined }],
    ['gpu:1', { kind: 'gpu', index: 1 }],
    ['cuda:15', { kind: 'provider', provider: 'cuda', index: 15 }],
    ['dml', { kind: 'provider', provider: 'dml', index: undefined }],
    ['cpu', { kind: 'provider', provider: 'cpu', index: undefined }],
    ['webgpu', { kind: 'provider', provider: 'webgpu', index: undefined }],
  ])('%s', (text, wish) => expect(parseDeviceWish(text)).toEqual(wish));

  it.each(['', 'GPU', 'gpu:', 'gpu:16', 'gpu:-1', 'cpu:0', 'webgpu:1', 'auto:1', 'rocm', ' cpu'])(
    'is not %j',
    (text) => {
      expect(parseDeviceWish(text === 'gpu:' ? 'gpu: ' : text)).toBeUndefined();
    },
  );
});

it('is named with its number only where there is a choice', () => {
  expect(deviceName({ provider: 'cuda', index: 2 })).toBe('cuda:2');
  expect(deviceName({ provider: 'webgpu', index: 0 })).toBe('webgpu');
});

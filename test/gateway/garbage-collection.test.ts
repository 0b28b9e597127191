import { expect, test } from 'vitest';
import { GarbageCollection } from '../../server/gateway/garbage-collection.ts';

function counted() {
  const heard = { flags: [] as string[], collections: 0 };
  const garbage = new GarbageCollection({
    setFlag: (flag) => heard.flags.push(flag),
    collect: () => heard.collections++,
  });
  return { heard, garbage };
}

test('is switched once, by the first body of 256 KiB', () => {
  const { heard, garbage } = counted();
  garbage.onBody(256 * 1024 - 1);
  expect(heard.flags).toEqual([]);
  garbage.onBody(256 * 1024);
  garbage.onBody(1e6);
  expect(heard.flags).toEqual(['--no-incremental-marking']);
});

test('is asked for each time that 16 MiB of bodies have passed, in whatever sizes', () => {
  const { heard, garbage } = counted();
  garbage.onBytes(16 * 2 ** 20 - 1);
  expect(heard.collections).toBe(0);
  garbage.onBody(1);
  expect(heard.collections).toBe(1);
  garbage.onBytes(64 * 2 ** 20);
  expect(heard.collections).toBe(2);
  for (let sent = 0; sent < 33 * 2 ** 20; sent += 2 ** 16) garbage.onBytes(2 ** 16);
  expect(heard.collections).toBe(4);
});

test('frees buffers that nobody holds', () => {
  const garbage = new GarbageCollection();
  let most = 0;
  for (let i = 0; i < 4000; i++) {
    const buffer = Buffer.allocUnsafeSlow(2 ** 16);
    buffer[0] = i;
    garbage.onBytes(buffer.length);
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  expect(most).toBeLessThan(100e6);
});

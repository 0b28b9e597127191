import { describe, expect, it } from 'vitest';
import { GarbageCollection } from '../../server/gateway/garbage-collection.ts';

describe('garbage collection', () => {
  it('is switched once, by the first body of 256 KiB', () => {
    const flags: string[] = [];
    const garbage = new GarbageCollection((flag) => flags.push(flag));
    garbage.onBody(256 * 1024 - 1);
    expect(flags).toEqual([]);
    garbage.onBody(256 * 1024);
    garbage.onBody(1e6);
    expect(flags).toEqual(['--no-incremental-marking']);
  });
});

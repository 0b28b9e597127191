import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shareCapacity } from '../../server/autoscaler/share-capacity.ts';
import type { Capacity, Claim } from '../../server/autoscaler/share-capacity.ts';

const claim = (name: string, wanted: number, more: Partial<Claim> = {}): Claim => ({
  name,
  wanted,
  min: 1,
  priority: 0,
  threads: 1,
  bytes: 100,
  ...more,
});

const shares = (capacity: Partial<Capacity>, ...claims: Claim[]) =>
  Object.fromEntries(shareCapacity({ cores: undefined, bytes: undefined, ...capacity }, claims));

describe('models that share a machine', () => {
  test('get their minimum first, then by priority, then evenly', () => {
    const claims = [claim('a', 9), claim('b', 9, { priority: 1 }), claim('c', 9, { min: 2 })];
    expect(shares({ cores: 10 }, ...claims)).toEqual({ a: 1, b: 7, c: 2 });
    expect(shares({ cores: 9 }, claim('a', 9), claim('b', 9), claim('c', 9))).toEqual({ a: 3, b: 3, c: 3 });
  });

  test('leave what they do not want to the others, and the rest is spread', () => {
    expect(shares({ cores: 9 }, claim('a', 1), claim('b', 7))).toEqual({ a: 2, b: 7 });
    expect(shares({ cores: 8 }, claim('a', 1), claim('b', 1))).toEqual({ a: 4, b: 4 });
  });

  test('are even in cores, not in replicas', () => {
    expect(shares({ cores: 8 }, claim('a', 9, { threads: 3 }), claim('b', 9))).toEqual({ a: 1, b: 5 });
  });

  test('run out of whatever is short', () => {
    expect(shares({ cores: 8, bytes: 450 }, claim('a', 9), claim('b', 9))).toEqual({ a: 2, b: 2 });
  });

  test('have one each where cores are short, but none where memory is', () => {
    expect(shares({ cores: 1 }, claim('a', 1), claim('b', 1))).toEqual({ a: 1, b: 1 });
    expect(shares({ cores: 2 }, claim('a', 9, { min: 2 }), claim('b', 1, { min: 0 }))).toEqual({ a: 2, b: 1 });
    expect(shares({ bytes: 150 }, claim('a', 1), claim('b', 1))).toEqual({ a: 1, b: 0 });
  });

  test('whatever they claim, fit together, in whatever order they are listed', () => {
    const claims = fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c', 'd'),
        wanted: fc.nat(20),
        min: fc.nat(3),
        priority: fc.integer({ min: -1, max: 1 }),
        threads: fc.integer({ min: 1, max: 4 }),
        bytes: fc.nat(300),
      }),
      { selector: ({ name }) => name, minLength: 1 },
    );
    fc.assert(
      fc.property(claims, fc.nat(32), fc.nat(3000), (list, cores, bytes) => {
        const granted = shareCapacity({ cores, bytes }, list);
        const sum = (of: (one: Claim) => number): number =>
          list.reduce((total, one) => total + granted.get(one.name)! * of(one), 0);
        expect(sum((one) => one.bytes)).toBeLessThanOrEqual(bytes);
        const beyondFirst = list.reduce(
          (total, { name, threads }) => total + Math.max(0, granted.get(name)! - 1) * threads,
          0,
        );
        expect(beyondFirst).toBeLessThanOrEqual(cores);
        expect(Object.fromEntries(shareCapacity({ cores, bytes }, list.toReversed()))).toEqual(
          Object.fromEntries(granted),
        );
      }),
    );
  });
});

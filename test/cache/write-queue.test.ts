import { describe, expect, it } from 'vitest';
import type { NewAnswer } from '../../server/cache/prediction-cache.ts';
import { WriteQueue } from '../../server/cache/write-queue.ts';

function answer(key: string, size = 10, model = 'm'): NewAnswer {
  return { key, model, outputs: Buffer.alloc(size), storedMs: 0, runMs: 1, expiresMs: 1 };
}

describe('answers that wait to be written', () => {
  it('are found, in the order of their coming', () => {
    const queue = new WriteQueue();
    for (const key of ['a', 'b', 'c']) expect(queue.add(answer(key))).toBe(true);
    expect([...queue].map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    expect(queue.find('b')?.key).toBe('b');
    expect(queue.find('d')).toBeUndefined();
  });

  it('are bounded by number', () => {
    const queue = new WriteQueue();
    const taken = Array.from({ length: 5000 }, (_, index) => queue.add(answer(`k${index}`))).filter(Boolean);
    expect(taken).toHaveLength(4096);
    expect(queue.find('k0')).toBeDefined();
  });

  it('are bounded by bytes, and what leaves makes room', () => {
    const queue = new WriteQueue();
    const large = Array.from({ length: 33 }, (_, index) => answer(`k${index}`, 256 * 1024));
    expect(large.filter((each) => queue.add(each))).toHaveLength(32);
    queue.done(large[0]!);
    expect(queue.add(large[32]!)).toBe(true);
    expect(queue.bytes).toBe(8 * 1024 * 1024);
  });

  it('are replaced by newer ones, which being done with the old one does not remove', () => {
    const queue = new WriteQueue();
    const old = answer('a', 10);
    const newer = answer('a', 20);
    queue.add(old);
    queue.add(newer);
    expect([queue.size, queue.bytes]).toEqual([1, 20]);
    queue.done(old);
    expect(queue.find('a')).toBe(newer);
    queue.done(newer);
    expect([queue.size, queue.bytes]).toEqual([0, 0]);
  });

  it('are cleared by model or all', () => {
    const queue = new WriteQueue();
    queue.add(answer('a', 10, 'm'));
    queue.add(answer('b', 10, 'n'));
    expect(queue.clear('m')).toBe(1);
    expect(queue.find('a')).toBeUndefined();
    expect(queue.clear(undefined)).toBe(1);
    expect(queue.bytes).toBe(0);
  });
});

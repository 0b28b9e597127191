import { describe, expect, it } from 'vitest';
import { RingBuffer } from '../../../renderer/live/ring-buffer.ts';

describe('a ring buffer', () => {
  it('gives its rows back oldest first', () => {
    const buffer = new RingBuffer(2, 4);
    buffer.push([1, 10]);
    buffer.push([2, 20]);
    expect(buffer.column(0)).toEqual([1, 2]);
    expect(buffer.column(1)).toEqual([10, 20]);
    expect(buffer.length).toBe(2);
  });

  it('forgets the oldest row once it is full', () => {
    const buffer = new RingBuffer(1, 3);
    for (const value of [1, 2, 3, 4, 5]) buffer.push([value]);
    expect(buffer.column(0)).toEqual([3, 4, 5]);
    expect(buffer.length).toBe(3);
  });

  it('gives the last rows where fewer are wanted, and all where more are', () => {
    const buffer = new RingBuffer(1, 4);
    for (const value of [1, 2, 3, 4, 5, 6]) buffer.push([value]);
    expect(buffer.column(0, 2)).toEqual([5, 6]);
    expect(buffer.column(0, 99)).toEqual([3, 4, 5, 6]);
  });

  it('holds a gap where a row is short', () => {
    const buffer = new RingBuffer(3, 2);
    buffer.push([7]);
    expect(buffer.column(1)).toEqual([Number.NaN]);
  });
});

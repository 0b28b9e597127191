import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphicsMemory, neededBytes } from '../../server/cluster/graphics-memory.ts';
import type { Device } from '../../server/protocol/device.ts';

const cards: Device[] = [
  { provider: 'cuda', index: 0 },
  { provider: 'cuda', index: 1 },
];
const memory = () =>
  new GraphicsMemory(
    new Map([
      [0, 1000],
      [1, 600],
    ]),
  );

describe('graphics memory', () => {
  it('is given where most of it is left, until none has enough', () => {
    const budget = memory();
    const places = ['a', 'b', 'c', 'd', 'e'].map((slot) => budget.reserve(slot, cards, 300)?.index);
    expect(places).toEqual([0, 0, 1, 0, 1]);
    expect(budget.reserve('f', cards, 300)).toBeUndefined();
    expect(budget.reserve('f', cards, 100)?.index).toBe(0);
  });

  it('comes back when a slot is released or takes another place', () => {
    const budget = memory();
    budget.reserve('a', cards, 900);
    budget.reserve('a', cards, 950);
    expect(budget.free(cards[0]!)).toBe(50);
    budget.release('a');
    budget.release('a');
    expect(budget.free(cards[0]!)).toBe(1000);
  });

  it('has no limit where nothing is known, and is still spread', () => {
    const budget = new GraphicsMemory(new Map());
    expect(['a', 'b', 'c'].map((slot) => budget.reserve(slot, cards, 5)?.index)).toEqual([0, 1, 0]);
  });

  it('is never promised twice', () => {
    const steps = fc.array(
      fc.record({
        slot: fc.constantFrom('a', 'b', 'c', 'd'),
        bytes: fc.integer({ min: 1, max: 700 }),
        release: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(steps, (list) => {
        const budget = memory();
        for (const { slot, bytes, release } of list) {
          if (release) budget.release(slot);
          else budget.reserve(slot, cards, bytes);
          for (const card of cards) expect(budget.free(card)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('is reckoned with the context and half as much as the weights', () =>
    expect(neededBytes(1e9)).toBe(300 * 1024 * 1024 + 1.5e9));
});

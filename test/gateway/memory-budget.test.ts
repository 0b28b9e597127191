import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryBudget, MemoryPermit } from '../../server/gateway/memory-budget.ts';

describe('the memory budget', () => {
  it('lets permits grow up to its limit, together', () => {
    const budget = new MemoryBudget(100);
    const [a, b] = [new MemoryPermit(budget), new MemoryPermit(budget)];
    expect(a.grow(60)).toBe(true);
    expect(b.grow(40)).toBe(true);
    expect(b.grow(1)).toBe(false);
    expect(budget.usedBytes).toBe(100);
    a.release();
    expect(b.grow(1)).toBe(true);
    expect(budget.usedBytes).toBe(41);
  });

  it('keeps what a permit held when it may not grow', () => {
    const budget = new MemoryBudget(100);
    const [a, b] = [new MemoryPermit(budget), new MemoryPermit(budget)];
    a.grow(50);
    b.grow(50);
    expect(b.grow(10)).toBe(false);
    b.release();
    expect(budget.usedBytes).toBe(50);
  });

  it('admits one body of any size while nobody else holds anything', () => {
    const budget = new MemoryBudget(100);
    const [lone, other] = [new MemoryPermit(budget), new MemoryPermit(budget)];
    expect(lone.grow(80)).toBe(true);
    expect(lone.grow(500)).toBe(true);
    expect(other.grow(1)).toBe(false);
    lone.release();
    expect(other.grow(1)).toBe(true);
    expect(lone.grow(500)).toBe(false);
  });

  it('tells whether a permit could grow without holding anything for it', () => {
    const budget = new MemoryBudget(100);
    const [a, b] = [new MemoryPermit(budget), new MemoryPermit(budget)];
    expect(a.couldGrow(1000)).toBe(true);
    expect(budget.usedBytes).toBe(0);
    b.grow(90);
    expect(a.couldGrow(10)).toBe(true);
    expect(a.couldGrow(11)).toBe(false);
    expect(budget.usedBytes).toBe(90);
  });

  it('is given back once, however often a permit is released', () => {
    const budget = new MemoryBudget(100);
    const permit = new MemoryPermit(budget);
    permit.grow(30);
    permit.release();
    permit.release();
    expect(budget.usedBytes).toBe(0);
  });

  it('holds the sum of its permits and stays below its limit unless one is alone, whatever happens', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -1, max: 80 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (each) => {
        const budget = new MemoryBudget(100);
        const permits = Array.from({ length: 4 }, () => new MemoryPermit(budget));
        const held = [0, 0, 0, 0];
        for (const [index, bytes] of each) {
          if (bytes < 0) {
            permits[index]!.release();
            held[index] = 0;
          } else if (permits[index]!.grow(bytes)) {
            held[index]! += bytes;
          }
          expect(budget.usedBytes).toBe(held.reduce((sum, value) => sum + value, 0));
          if (held.filter((value) => value > 0).length > 1 && bytes > 0) {
            // A lone body may have passed the limit before the others came; none of them made it worse.
            const largest = Math.max(...held);
            expect(budget.usedBytes <= 100 || largest > 100 - (budget.usedBytes - largest)).toBe(true);
          }
        }
      }),
    );
  });
});

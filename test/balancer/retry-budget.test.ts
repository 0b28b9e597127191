import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RetryBudget, type RetryPermit } from '../../server/balancer/retry-budget.ts';
import vectors from '../fixtures/balancing-vectors.json' with { type: 'json' };

/** Takes permits until there are none. */
function takeAll(budget: RetryBudget, nowMs: number): RetryPermit[] {
  const permits: RetryPermit[] = [];
  for (let permit = budget.acquire(nowMs); permit !== undefined; permit = budget.acquire(nowMs)) permits.push(permit);
  return permits;
}

const { ratio, min_concurrent: minConcurrent, active_to_retries: rows } = vectors.envoy_budget;

test.each(rows)("at Envoy's 20 %% with a floor of 3, %i requests allow %i retries at once", (requests, retries) => {
  const budget = new RetryBudget({ ratio, minConcurrent });
  for (let i = 0; i < requests!; i++) budget.onCompleted(0);
  expect(takeAll(budget, 0)).toHaveLength(retries!);
});

describe('by default', () => {
  test('three run at once however quiet it was, and a released one makes room', () => {
    const budget = new RetryBudget();
    const permits = takeAll(budget, 0);
    expect(permits).toHaveLength(3);
    permits[0]!.release();
    expect(takeAll(budget, 0)).toHaveLength(1);
  });

  test('a tenth of the requests completed in the last 10 s may be retried, running or not', () => {
    const budget = new RetryBudget();
    for (let i = 0; i < 1_000; i++) budget.onCompleted(0);
    for (let i = 0; i < 97; i++) budget.acquire(5_000)?.release();
    expect(takeAll(budget, 5_000)).toHaveLength(3);
    expect(budget.acquire(9_999)).toBeUndefined();
  });

  test('the requests of more than 10 s ago earn nothing', () => {
    const budget = new RetryBudget();
    for (let i = 0; i < 1_000; i++) budget.onCompleted(0);
    expect(takeAll(budget, 10_000)).toHaveLength(3);
  });
});

test('a permit gives its place back once, whether released, disposed of or both', () => {
  const budget = new RetryBudget();
  const permits = takeAll(budget, 0);
  {
    using permit = permits[0]!;
    permit.release();
    permit.release();
  }
  expect(budget.running).toBe(2);
});

test('running never goes below 0, and beyond the floor the retries of a window never exceed its share', () => {
  const step = fc.record({
    stepMs: fc.nat(1_500),
    completed: fc.nat(40),
    action: fc.constantFrom('acquire', 'release', 'release twice'),
    which: fc.nat(99),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const budget = new RetryBudget();
      const held: RetryPermit[] = [];
      const completedMs: number[] = [];
      const begunMs: number[] = [];
      let nowMs = 0;
      for (const { stepMs, completed, action, which } of steps) {
        nowMs += stepMs;
        for (let i = 0; i < completed; i++) {
          budget.onCompleted(nowMs);
          completedMs.push(nowMs);
        }
        if (action === 'acquire') {
          const before = held.length;
          const permit = budget.acquire(nowMs);
          if (before < 3) expect(permit).toBeDefined();
          if (permit !== undefined) {
            // Buckets are whole seconds, so the window holds at least the last 9 s and at most the last 10.
            const begun = begunMs.filter((at) => nowMs - at < 9_000).length;
            const earned = completedMs.filter((at) => nowMs - at < 10_000).length * 0.1;
            expect(before < 3 || begun < earned).toBe(true);
            begunMs.push(nowMs);
            held.push(permit);
          }
        } else if (held.length > 0) {
          const [permit] = held.splice(which % held.length, 1);
          permit!.release();
          if (action === 'release twice') permit!.release();
        }
        expect(budget.running).toBe(held.length);
      }
    }),
  );
});

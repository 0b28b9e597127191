import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { noRecommendations, remember, stabilise } from '../../server/autoscaler/stabiliser.ts';
import type { Recommendation, Recommendations } from '../../server/autoscaler/stabiliser.ts';
import vectors from '../fixtures/scaling-vectors.json' with { type: 'json' };

function remembered(recommendations: readonly Recommendation[], keepMs: number): Recommendations {
  return recommendations.reduce((all, one) => remember(all, one, keepMs), noRecommendations);
}

interface Row {
  readonly cur: number;
  readonly want: number;
  readonly recs: number[][];
  readonly up_w?: number;
  readonly down_w?: number;
  readonly exp: number;
}

test.each(vectors.hpa_stabilise as Row[])(
  '$cur that should be $want stays within what was recommended in the windows: $exp',
  ({ cur, want, recs, up_w: up = 0, down_w: down = 300, exp }) => {
    const nowMs = 10_000_000;
    const history = recs
      .map(([replicas, ageSeconds]) => ({ replicas: replicas!, atMs: nowMs + ageSeconds! * 1000 }))
      .toSorted((a, b) => a.atMs - b.atMs);
    const windows = { upMs: up * 1000, downMs: down * 1000 };
    const kept = remembered(history, Math.max(windows.upMs, windows.downMs));
    expect(stabilise(cur, want, kept, windows, nowMs).replicas).toBe(exp);
  },
);

test('a recommendation exactly as old as the window no longer counts', () => {
  const history = remembered([{ atMs: 0, replicas: 10 }], 300_000);
  const at = (nowMs: number): number => stabilise(10, 3, history, { upMs: 0, downMs: 300_000 }, nowMs).replicas;
  expect([at(299_999), at(300_000)]).toEqual([10, 3]);
});

test('a recommendation is remembered until it is as old as the longer window, and no longer', () => {
  const after = (atMs: number) =>
    remembered(
      [
        { atMs: 0, replicas: 10 },
        { atMs, replicas: 3 },
      ],
      300_000,
    ).highs.length;
  expect([after(299_999), after(300_000)]).toEqual([2, 1]);
});

test('says which recommendation it waits for', () => {
  const history = remembered([{ atMs: 1000, replicas: 8 }], 300_000);
  expect(stabilise(9, 3, history, { upMs: 0, downMs: 300_000 }, 2000)).toEqual({
    replicas: 8,
    heldBy: { atMs: 1000, replicas: 8 },
  });
});

test('decides like a history that forgets nothing, and keeps no more entries than there are counts', () => {
  const step = fc.record({ stepMs: fc.nat(40_000), replicas: fc.nat(12) });
  const windows = fc.record({ upMs: fc.nat(120_000), downMs: fc.nat(120_000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), windows, fc.nat(12), (steps, { upMs, downMs }, current) => {
      let kept = noRecommendations;
      const all: Recommendation[] = [];
      let nowMs = 0;
      for (const { stepMs, replicas } of steps) {
        nowMs += stepMs;
        const young = (windowMs: number): number[] =>
          all.filter(({ atMs }) => nowMs - atMs < windowMs).map((entry) => entry.replicas);
        const least = Math.min(replicas, ...young(upMs));
        const most = Math.max(replicas, ...young(downMs));
        expect(stabilise(current, replicas, kept, { upMs, downMs }, nowMs).replicas).toBe(
          Math.min(most, Math.max(least, current)),
        );
        kept = remember(kept, { atMs: nowMs, replicas }, Math.max(upMs, downMs));
        all.push({ atMs: nowMs, replicas });
        expect(Math.max(kept.highs.length, kept.lows.length)).toBeLessThanOrEqual(13);
      }
    }),
  );
});

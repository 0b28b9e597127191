import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideSearch, maxTrials, searchResolution } from '../../server/loadtest/slo-search.ts';
import type { SearchSettings, TriedRate } from '../../server/loadtest/slo-search.ts';

/** Plays a search against a server; the last step, the trials, and what was found. */
function search(holds: (perSecond: number, trial: number, purpose: string) => boolean, settings: SearchSettings) {
  const tried: TriedRate[] = [];
  for (;;) {
    const step = decideSearch(tried, settings);
    if (step.kind === 'done') return { ...step, tried };
    expect(tried.length).toBeLessThan(maxTrials);
    const { perSecond, purpose } = step;
    tried.push({ perSecond, purpose, holds: holds(perSecond, tried.length, purpose) });
  }
}

const settings = { startPerSecond: 100, minPerSecond: 1, maxPerSecond: 100_000 };

const anySettings = fc
  .record({
    startPerSecond: fc.double({ min: 0.1, max: 50_000, noNaN: true }),
    maxPerSecond: fc.double({ min: 2, max: 200_000, noNaN: true }),
  })
  .map((each) => ({ ...each, minPerSecond: 1 }));

describe('the search for a rate', () => {
  it('finds the border of a server that holds up to a rate, from below and closely', () => {
    fc.assert(
      fc.property(anySettings, fc.double({ min: 1, max: 300_000, noNaN: true }), (given, border) => {
        const { perSecond } = search((rate) => rate <= border, given);
        const reachable = Math.min(border, given.maxPerSecond);
        expect(perSecond).toBeDefined();
        expect(perSecond!).toBeLessThanOrEqual(reachable + 1e-9);
        expect(perSecond!).toBeGreaterThanOrEqual((reachable / searchResolution) * (1 - 1e-9));
      }),
    );
  });

  it('never leaves its bounds', () => {
    fc.assert(
      fc.property(anySettings, fc.infiniteStream(fc.boolean()), (given, answers) => {
        const { tried } = search(() => answers.next().value as boolean, given);
        for (const { perSecond } of tried) {
          expect(perSecond).toBeGreaterThanOrEqual(given.minPerSecond);
          expect(perSecond).toBeLessThanOrEqual(given.maxPerSecond);
        }
      }),
    );
  });

  it('ends whatever the trials say, and what it gives has been confirmed and lies below all that failed', () => {
    fc.assert(
      fc.property(anySettings, fc.infiniteStream(fc.boolean()), (given, answers) => {
        const { perSecond, failsAtPerSecond, tried } = search(() => answers.next().value as boolean, given);
        expect(tried.length).toBeLessThanOrEqual(maxTrials);
        if (perSecond === undefined) return;
        expect(tried).toContainEqual({ perSecond, purpose: 'confirm', holds: true });
        expect(perSecond).toBeLessThan(failsAtPerSecond ?? Infinity);
      }),
    );
  });

  it('gives nothing where nothing holds, after as many trials as halving takes', () => {
    const { perSecond, failsAtPerSecond, tried } = search(() => false, settings);
    expect(perSecond).toBeUndefined();
    expect(failsAtPerSecond).toBe(1);
    expect(tried).toHaveLength(8);
  });

  it('stops at the maximum where everything holds', () => {
    const { perSecond, failsAtPerSecond } = search(() => true, settings);
    expect(perSecond).toBe(100_000);
    expect(failsAtPerSecond).toBeUndefined();
  });

  it('doubles, then halves the interval, then confirms', () => {
    const { tried } = search((rate) => rate <= 300, settings);
    expect(tried.slice(0, 4).map(({ perSecond }) => Math.round(perSecond))).toEqual([100, 200, 400, 283]);
    expect(tried.map(({ purpose }) => purpose).join(' ')).toMatch(/^(bracket ){3}(bisect )+confirm$/);
  });

  it('does not believe a rate that held above one that failed', () => {
    const tried: TriedRate[] = [
      { perSecond: 100, purpose: 'bracket', holds: true },
      { perSecond: 200, purpose: 'bracket', holds: false },
      { perSecond: 300, purpose: 'bracket', holds: true },
    ];
    expect(decideSearch(tried, settings)).toEqual({ kind: 'try', perSecond: Math.sqrt(20_000), purpose: 'bisect' });
  });

  it('goes a little lower where the rate does not hold for longer', () => {
    let confirms = 0;
    const { perSecond, tried } = search(
      (rate, _, purpose) => (purpose === 'confirm' ? ++confirms > 2 : rate <= 300),
      settings,
    );
    const highest = Math.max(
      ...tried
        .filter(({ purpose }) => purpose !== 'confirm')
        .filter(({ holds }) => holds)
        .map(({ perSecond: rate }) => rate),
    );
    expect(perSecond).toBeCloseTo(highest * 0.95 * 0.95, 6);
  });
});

/** What follows a host that ends without having been asked. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deathWindowMs, decideRestart, describeExit, maxDeaths } from '../../server/launch/host-restart.ts';

const crash = { code: 1, signal: null };

describe('a host that died', () => {
  it('is started again, after twice the time on each death', () => {
    const delays = [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]].map((deaths) => decideRestart(crash, deaths, 4));
    expect(delays.map((verdict) => 'delayMs' in verdict && verdict.delayMs)).toEqual([500, 1000, 2000, 4000]);
  });

  it('is given up with the fifth death within two minutes, and what to do is said', () => {
    const verdict = decideRestart(crash, [0, 1, 2, 3, deathWindowMs], deathWindowMs);
    expect(verdict).toMatchObject({ action: 'give-up', sentence: expect.stringContaining('it ended with code 1') });
    expect(decideRestart(crash, [0, 1, 2, 3, deathWindowMs + 1], deathWindowMs + 1).action).toBe('restart');
  });

  it('is given up at once where its settings are wrong: they would be as wrong the next time', () => {
    expect(decideRestart({ code: 2, signal: null }, [0], 0)).toMatchObject({
      action: 'give-up',
      hint: expect.stringContaining('which setting is wrong'),
    });
  });

  it('is left alone where somebody has stopped it in order', () => {
    expect(decideRestart({ code: 0, signal: null }, [0], 0)).toEqual({ action: 'stopped' });
  });

  it.each([
    { code: null, signal: 'SIGKILL' },
    { code: null, signal: 'SIGTRAP' },
    { code: 134, signal: null },
  ] as const)('hears of memory where it ended as if that had run out: %j', (exit) => {
    const verdict = decideRestart(exit, [0, 0, 0, 0, 0], 0);
    expect(verdict).toMatchObject({ action: 'give-up', hint: expect.stringContaining('memory') });
    expect(describeExit(exit)).toContain('memory');
  });

  it('is described by what ended it', () => {
    expect(describeExit({ code: 1, signal: null })).toBe('it ended with code 1');
    expect(describeExit({ code: null, signal: 'SIGSEGV' })).toBe('it was ended by SIGSEGV');
  });

  it('is never started more often than the limit within any two minutes, however it dies', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 40 });
    fc.assert(
      fc.property(gaps, (livedMs) => {
        const deaths: number[] = [];
        let nowMs = 0;
        for (const lived of livedMs) {
          nowMs += lived;
          deaths.push(nowMs);
          const verdict = decideRestart(crash, deaths, nowMs);
          const recent = deaths.filter((deathMs) => nowMs - deathMs <= deathWindowMs);
          expect(verdict.action).toBe(recent.length >= maxDeaths ? 'give-up' : 'restart');
          if (verdict.action !== 'restart') return;
          expect(verdict.delayMs).toBeLessThanOrEqual(30_000);
          nowMs += verdict.delayMs;
        }
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideUpdate,
  firstLookMs,
  lookIntervalMs,
  nextLookMs,
  quietMs,
  windowMinutes,
} from '../../server/updating/update-decision.ts';
import type { UpdateFacts, UpdatePhase } from '../../server/updating/update-decision.ts';
import type { UpdateMode, UpdateSettings } from '../../server/updating/update-policy.ts';

const settings: UpdateSettings = { mode: 'notify', url: 'https://a.test', hour: 3, allowsFiles: true, isLocked: false };
const day = lookIntervalMs;
const facts: UpdateFacts = {
  phase: 'none',
  lastLookMs: undefined,
  failures: 0,
  isOrdered: false,
  idleMs: quietMs,
  nowMs: 10 * day,
  minuteOfDay: 3 * 60,
};
const decide = (change: Partial<UpdateFacts>, more: Partial<UpdateSettings> = {}, startedMs = 0) =>
  decideUpdate({ ...settings, ...more }, { ...facts, ...change }, startedMs);

describe('what is done about updates', () => {
  it('looks ten minutes after the start and a day after each answer', () => {
    expect(decide({ nowMs: firstLookMs - 1 })).toBe('wait');
    expect(decide({ nowMs: firstLookMs })).toBe('check');
    expect(decide({ lastLookMs: 9 * day + 1 })).toBe('wait');
    expect(decide({ lastLookMs: 9 * day })).toBe('check');
  });

  it('looks again after a failure, more and more rarely, and never less than daily', () => {
    const hours = [1, 2, 3, 4, 5, 6, 40].map((failures) => nextLookMs({ lastLookMs: 0, failures }, 0) / 3_600_000);
    expect(hours).toEqual([1, 2, 4, 8, 16, 24, 24]);
  });

  it('only tells of a new version unless it was told to fetch it', () => {
    expect(decide({ phase: 'available' })).toBe('wait');
    expect(decide({ phase: 'available' }, { mode: 'tonight' })).toBe('download');
  });

  it('installs at night, after ten quiet minutes, because somebody said so', () => {
    expect(decide({ phase: 'downloaded' })).toBe('wait');
    expect(decide({ phase: 'downloaded', isOrdered: true })).toBe('install');
    expect(decide({ phase: 'downloaded' }, { mode: 'tonight' })).toBe('install');
    expect(decide({ phase: 'downloaded', isOrdered: true, idleMs: quietMs - 1 })).toBe('wait');
    expect(decide({ phase: 'downloaded', isOrdered: true, minuteOfDay: 180 + windowMinutes })).toBe('wait');
    expect(decide({ phase: 'downloaded', isOrdered: true, minuteOfDay: 179 })).toBe('wait');
  });

  it('knows a night that goes over midnight', () => {
    expect(decide({ phase: 'downloaded', isOrdered: true, minuteOfDay: 10 }, { hour: 23 })).toBe('install');
    expect(decide({ phase: 'downloaded', isOrdered: true, minuteOfDay: 22 * 60 }, { hour: 23 })).toBe('wait');
  });

  it('installs what came as a file also where nothing is looked for', () => {
    expect(decide({ phase: 'downloaded', isOrdered: true }, { mode: 'off', url: undefined })).toBe('install');
  });

  const phases = fc.constantFrom<UpdatePhase>(
    'none',
    'checking',
    'available',
    'downloading',
    'downloaded',
    'installing',
  );
  const anyFacts = fc.record({
    phase: phases,
    lastLookMs: fc.option(fc.nat(20 * day), { nil: undefined }),
    failures: fc.nat(50),
    isOrdered: fc.boolean(),
    idleMs: fc.nat(2 * quietMs),
    nowMs: fc.nat(20 * day),
    minuteOfDay: fc.nat(1439),
  });
  const anyMode = fc.constantFrom<UpdateMode>('off', 'notify', 'tonight');

  it('never goes to the network where it is off or has no address', () => {
    fc.assert(
      fc.property(anyFacts, anyMode, fc.boolean(), (each, mode, hasUrl) => {
        fc.pre(mode === 'off' || !hasUrl);
        const act = decideUpdate({ ...settings, mode, url: hasUrl ? 'https://a.test' : undefined }, each, 0);
        expect(['wait', 'install']).toContain(act);
      }),
    );
  });

  it('never installs while somebody asks, by day, or without having been told', () => {
    fc.assert(
      fc.property(anyFacts, anyMode, fc.nat(23), (each, mode, hour) => {
        if (decideUpdate({ ...settings, mode, hour }, each, 0) !== 'install') return;
        expect(each.phase).toBe('downloaded');
        expect(each.idleMs).toBeGreaterThanOrEqual(quietMs);
        expect(each.isOrdered || mode === 'tonight').toBe(true);
        expect((each.minuteOfDay - hour * 60 + 1440) % 1440).toBeLessThan(windowMinutes);
      }),
    );
  });

  it('does nothing while something is being done', () => {
    for (const phase of ['checking', 'downloading', 'installing'] as const) {
      expect(decide({ phase, isOrdered: true }, { mode: 'tonight' })).toBe('wait');
    }
  });
});

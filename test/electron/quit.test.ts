/** Quitting, whatever comes in whichever order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideQuit, drainMs, killMs, sessionDrainMs } from '../../electron/quit.ts';
import type { QuitEvent, QuitPhase, QuitStep } from '../../electron/quit.ts';

function steps(...events: QuitEvent[]): QuitStep[] {
  let phase: QuitPhase = 'running';
  return events.map((event) => {
    const step = decideQuit(phase, event);
    phase = step.phase;
    return step;
  });
}

describe('the end of the program', () => {
  it('asks the host to stop, and goes when it has', () => {
    expect(steps('asked', 'host-gone')).toEqual([
      { phase: 'draining', act: 'drain', withinMs: drainMs },
      { phase: 'done', act: 'exit' },
    ]);
  });

  it('kills a host that does not end in time, and goes when that has worked', () => {
    expect(steps('asked', 'time-up', 'host-gone').slice(1)).toEqual([
      { phase: 'killing', act: 'kill', withinMs: killMs },
      { phase: 'done', act: 'exit' },
    ]);
  });

  it('goes although a killed host is still reported as there', () => {
    expect(steps('asked', 'time-up', 'time-up').at(-1)).toEqual({ phase: 'done', act: 'exit' });
  });

  it('does nothing more when Quit is chosen twice', () => {
    expect(steps('asked', 'asked')[1]).toEqual({ phase: 'draining' });
  });

  it('has less time where the session ends, also after a Quit', () => {
    expect(steps('session-ending')[0]).toEqual({ phase: 'draining', act: 'drain', withinMs: sessionDrainMs });
    expect(steps('asked', 'session-ending')[1]).toEqual({ phase: 'draining', withinMs: sessionDrainMs });
    expect(sessionDrainMs).toBeLessThan(5000);
  });

  it('is not begun by a host that ends', () => {
    expect(steps('host-gone', 'time-up')).toEqual([{ phase: 'running' }, { phase: 'running' }]);
  });

  it('drains at most once and exits at most once, and always ends where time goes on', () => {
    const event = fc.constantFrom<QuitEvent>('asked', 'session-ending', 'host-gone', 'time-up');
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const all = steps('asked', ...events, 'time-up', 'time-up', 'asked', 'host-gone');
        const count = (act: QuitStep['act']): number => all.filter((step) => step.act === act).length;
        expect(count('drain')).toBe(1);
        expect(count('exit')).toBe(1);
        expect(count('kill')).toBeLessThanOrEqual(1);
        expect(all.at(-1)!.phase).toBe('done');
        // Whoever waits has a time at which the waiting ends.
        for (const [at, step] of all.entries())
          if (step.phase !== 'done' && step.phase !== all[at - 1]?.phase) expect(step.withinMs).toBeGreaterThan(0);
      }),
    );
  });
});

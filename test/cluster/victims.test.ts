import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseVictims } from '../../server/cluster/victims.ts';

interface Named {
  readonly name: string;
  readonly isServing: boolean;
  readonly isStarting: boolean;
  readonly isEjected: boolean;
  readonly inFlight: number;
  readonly startedMs: number;
}

const replica = (name: string, rest: Partial<Named> = {}): Named => ({
  name,
  isServing: true,
  isStarting: false,
  isEjected: false,
  inFlight: 0,
  startedMs: 0,
  ...rest,
});
const starting = { isServing: false, isStarting: true };
const names = (victims: readonly Named[]) => victims.map(({ name }) => name).join(' ');

describe('the replicas that end', () => {
  it('are starting ones, then ejected ones, then spares, then idle ones, then the youngest of the busy', () => {
    const all = [
      replica('busy-old', { inFlight: 2, startedMs: 1 }),
      replica('busy-young', { inFlight: 2, startedMs: 9 }),
      replica('idle', { startedMs: 2 }),
      replica('spare', { isServing: false }),
      replica('ejected', { isEjected: true, inFlight: 5 }),
      replica('starting', { ...starting, startedMs: 10 }),
    ];
    expect(names(chooseVictims(all, 6))).toBe('starting ejected spare idle busy-young busy-old');
    expect(names(chooseVictims(all.toReversed(), 6))).toBe('starting ejected spare idle busy-young busy-old');
  });

  it('are of several starting ones the youngest', () => {
    const all = [replica('first', { ...starting, startedMs: 1 }), replica('second', { ...starting, startedMs: 2 })];
    expect(names(chooseVictims(all, 1))).toBe('second');
  });

  it('are as many as asked for, none twice, and never a serving one while another is left', () => {
    const any = fc.record({
      isServing: fc.boolean(),
      isStarting: fc.boolean(),
      isEjected: fc.boolean(),
      inFlight: fc.nat(9),
      startedMs: fc.nat(99),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 20 }), fc.integer({ min: -2, max: 25 }), (all, count) => {
        const victims = chooseVictims(all, count);
        expect(new Set(victims).size).toBe(Math.min(all.length, Math.max(0, count)));
        const isPlain = (one: (typeof all)[number]) => one.isServing && !one.isStarting && !one.isEjected;
        const spared = all.filter((one) => !victims.includes(one));
        if (victims.some(isPlain)) expect(spared.every(isPlain)).toBe(true);
      }),
    );
  });
});

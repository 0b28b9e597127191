import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PoisonGuard } from '../../server/balancer/poison.ts';

const minutes = 60_000;

function guard(maxFingerprints = 4096): PoisonGuard {
  let incidents = 0;
  return new PoisonGuard({ maxFingerprints, newIncidentId: () => `incident-${++incidents}` });
}

test('one death makes a suspect, a second one a quarantine with an incident of its own', () => {
  const poison = guard();
  expect(poison.stateOf('x', 0)).toBe('clear');
  poison.onDeath(['x'], 0);
  expect(poison.stateOf('x', 0)).toBe('suspect');
  expect(poison.incidentOf('x', 0)).toBeUndefined();
  poison.onDeath(['x'], 0);
  expect(poison.stateOf('x', 0)).toBe('quarantined');
  expect(poison.incidentOf('x', 0)).toBe('incident-1');
  expect(poison.stateOf('y', 0)).toBe('clear');
});

test('counts the deaths that it remembers', () => {
  const poison = guard();
  const seen = [0, 1, 2].map(() => {
    const deaths = poison.deathsOf('x', 0);
    poison.onDeath(['x'], 0);
    return deaths;
  });
  expect(seen).toEqual([0, 1, 2]);
});

test('one process that dies while running it twice is one death', () => {
  const poison = guard();
  poison.onDeath(['x', 'bystander', 'x'], 0);
  expect(poison.stateOf('x', 0)).toBe('suspect');
  expect(poison.stateOf('bystander', 0)).toBe('suspect');
});

test('a success clears a suspect but not a quarantine', () => {
  const poison = guard();
  poison.onDeath(['x', 'bystander'], 0);
  poison.onSuccess('bystander');
  poison.onDeath(['x'], 0);
  poison.onSuccess('x');
  expect(poison.stateOf('bystander', 0)).toBe('clear');
  expect(poison.stateOf('x', 0)).toBe('quarantined');
});

test('a quarantine and a suspicion end after ten minutes, counted from the last death', () => {
  const poison = guard();
  poison.onDeath(['x', 'y'], 0);
  poison.onDeath(['x'], 5 * minutes);
  expect(poison.stateOf('y', 10 * minutes - 1)).toBe('suspect');
  expect(poison.stateOf('y', 10 * minutes)).toBe('clear');
  expect(poison.stateOf('x', 15 * minutes - 1)).toBe('quarantined');
  expect(poison.stateOf('x', 15 * minutes)).toBe('clear');
  expect(poison.size).toBe(0);
});

test('a death that was already on its way prolongs the quarantine under the same incident', () => {
  const poison = guard();
  for (const nowMs of [0, 1, 2 * minutes]) poison.onDeath(['x'], nowMs);
  expect(poison.stateOf('x', 11 * minutes)).toBe('quarantined');
  expect(poison.incidentOf('x', 11 * minutes)).toBe('incident-1');
});

test('names an incident by eight hexadecimal digits unless told otherwise', () => {
  const poison = new PoisonGuard();
  poison.onDeath(['x'], 0);
  poison.onDeath(['x'], 0);
  expect(poison.incidentOf('x', 0)).toMatch(/^[0-9a-f]{8}$/);
});

describe('when it is full', () => {
  test('forgets the oldest suspect first and keeps quarantines longest', () => {
    const poison = guard(3);
    for (const fingerprint of ['q', 'q', 's1', 's2', 's3']) poison.onDeath([fingerprint], 0);
    expect(['q', 's1', 's2', 's3'].map((fingerprint) => poison.stateOf(fingerprint, 0))).toEqual([
      'quarantined',
      'clear',
      'suspect',
      'suspect',
    ]);
  });

  test('gives up the oldest quarantine for a new suspect, or no new one could be caught', () => {
    const poison = guard(2);
    for (const fingerprint of ['q1', 'q1', 'q2', 'q2', 'q3', 'q3']) poison.onDeath([fingerprint], 0);
    expect(['q1', 'q2', 'q3'].map((fingerprint) => poison.stateOf(fingerprint, 0))).toEqual([
      'clear',
      'quarantined',
      'quarantined',
    ]);
  });
});

test('a request that always kills takes at most two replicas with it, whatever else dies or succeeds in between', () => {
  const step = fc.record({
    fingerprint: fc.constantFrom('killer', 'harmless-1', 'harmless-2'),
    replica: fc.nat(2),
    action: fc.constantFrom('start', 'finish'),
    stepMs: fc.nat(2_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const poison = guard();
      const replicas: string[][] = [[], [], []];
      let killed = 0;
      let nowMs = 0;
      for (const { fingerprint, replica, action, stepMs } of steps) {
        nowMs += stepMs;
        const running = replicas[replica]!;
        if (action === 'start') {
          // The dispatcher's part: equal requests share one replica until one was answered, and a suspect runs alone.
          const elsewhere = replicas.some((other) => other.includes(fingerprint));
          const beside = running.some((other) => poison.stateOf(other, nowMs) === 'suspect');
          const state = poison.stateOf(fingerprint, nowMs);
          if (elsewhere || beside || state === 'quarantined' || (state === 'suspect' && running.length > 0)) continue;
          running.push(fingerprint);
        } else if (running.includes('killer')) {
          killed += 1;
          poison.onDeath(running, nowMs);
          running.length = 0;
        } else {
          for (const done of running.splice(0)) poison.onSuccess(done);
        }
        for (const harmless of ['harmless-1', 'harmless-2']) {
          expect(poison.stateOf(harmless, nowMs)).not.toBe('quarantined');
        }
      }
      expect(killed).toBeLessThanOrEqual(2);
    }),
    { numRuns: 500 },
  );
});

test('never remembers more than it may', () => {
  const deaths = fc.array(fc.array(fc.nat(12).map(String), { maxLength: 5 }), { maxLength: 60 });
  fc.assert(
    fc.property(deaths, fc.integer({ min: 1, max: 6 }), (deaths, max) => {
      const poison = guard(max);
      for (const fingerprints of deaths) {
        poison.onDeath(fingerprints, 0);
        expect(poison.size).toBeLessThanOrEqual(max);
      }
    }),
  );
});

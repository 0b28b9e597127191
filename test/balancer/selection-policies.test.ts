import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Candidate } from '../../server/balancer/candidate.ts';
import { createSelectionPolicy, policyNames } from '../../server/balancer/selection-policies.ts';
import { everyone, fakeCandidates, selectionRequest, sequence } from './fake-candidates.ts';

test('offers the six policies, auto first', () => {
  expect(policyNames).toEqual(['auto', 'round-robin', 'least-connections', 'ip-hash', 'session', 'random']);
});

const pickStep = fc.record({
  /** Which of eight names are in the set, in which order they are shown, and which may receive. */
  members: fc.subarray(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']),
  turn: fc.nat(7),
  eligible: fc.subarray(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']),
  weights: fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 8, maxLength: 8 }),
  inFlight: fc.array(fc.nat(20), { minLength: 8, maxLength: 8 }),
  stepMs: fc.nat(2_000),
  clientIp: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('')),
  affinityKey: fc.option(fc.string(), { nil: undefined }),
  fails: fc.boolean(),
});

describe.each(policyNames)('%s', (name) => {
  test('carries its name', () => {
    expect(createSelectionPolicy(name).name).toBe(name);
  });

  test('picks somebody exactly if somebody with weight may receive, and never anybody else, however the set changes', () => {
    fc.assert(
      fc.property(fc.array(pickStep, { minLength: 1, maxLength: 12 }), (steps) => {
        const policy = createSelectionPolicy(name);
        let nowMs = 0;
        for (const step of steps) {
          const { members, weights, inFlight } = step;
          const names = [...members.slice(step.turn), ...members.slice(0, step.turn)];
          const all = fakeCandidates({ weights: weights.slice(0, names.length), inFlight, names });
          const isEligible = (candidate: Candidate) => step.eligible.includes(candidate.name);
          const allowed = all.filter((candidate) => candidate.weight > 0 && isEligible(candidate));
          nowMs += step.stepMs;
          const { clientIp, affinityKey } = step;
          const picked = policy.pick(all, isEligible, { clientIp, affinityKey, nowMs });
          if (allowed.length === 0) expect(picked).toBeUndefined();
          else expect(allowed).toContain(picked);
          if (step.fails && picked !== undefined) policy.onFailure(picked.name);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('keeps serving a lone candidate that keeps failing', () => {
    const policy = createSelectionPolicy(name);
    const all = fakeCandidates({ weights: [1] });
    for (let i = 0; i < 5; i++) {
      expect(policy.pick(all, everyone, selectionRequest())).toBe(all[0]);
      policy.onFailure('a');
    }
  });
});

test('least-connections follows the chosen rule, auto always the shortest expected delay', () => {
  const all = fakeCandidates({ weights: [1, 3], inFlight: [0, 1] });
  const picked = (name: 'auto' | 'least-connections', leastConnectionsRule?: 'nginx' | 'haproxy' | 'sed') =>
    sequence(createSelectionPolicy(name, leastConnectionsRule && { leastConnectionsRule }), all, 1);
  expect(picked('least-connections')).toBe('a');
  expect(picked('least-connections', 'haproxy')).toBe('a');
  expect(picked('least-connections', 'sed')).toBe('b');
  expect(picked('auto', 'nginx')).toBe('b');
});

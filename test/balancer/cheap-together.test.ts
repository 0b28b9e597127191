import { expect, test } from 'vitest';
import type { Candidate } from '../../server/balancer/candidate.ts';
import { CheapTogether } from '../../server/balancer/cheap-together.ts';
import { countsOf, everyone, fakeCandidates, selectionRequest } from './fake-candidates.ts';
import type { FakeCandidate } from './fake-candidates.ts';

/** Names of `count` picks of which none ends, where every request in flight adds `rowMs` to the backlog. */
function parkedAt(rowMs: number, all: FakeCandidate[], count: number): string {
  const policy = new CheapTogether();
  const hasFreeSlot = (candidate: Candidate): boolean => candidate.inFlight < candidate.slots;
  const names = Array.from({ length: count }, () => {
    for (const candidate of all) candidate.backlogMs = candidate.inFlight * rowMs;
    const picked = policy.pick(all, hasFreeSlot, selectionRequest());
    if (picked === undefined) return '-';
    all.find(({ name }) => name === picked.name)!.inFlight += 1;
    return picked.name;
  });
  return names.join('');
}

test('keeps cheap requests together until half a millisecond waits, then begins with the next candidate', () => {
  expect(parkedAt(0.125, fakeCandidates({ weights: [1, 1, 1] }), 12)).toBe('aaaabbbbcccc');
  expect(countsOf(parkedAt(0.125, fakeCandidates({ weights: [1, 1] }), 12))).toEqual({ a: 6, b: 6 });
});

test('spreads requests whose runs are worth a waking', () => {
  expect(countsOf(parkedAt(0.5, fakeCandidates({ weights: [1, 1, 1] }), 6))).toEqual({ a: 2, b: 2, c: 2 });
  expect(countsOf(parkedAt(Infinity, fakeCandidates({ weights: [1, 1] }), 4))).toEqual({ a: 2, b: 2 });
});

test('joins the candidate that has most in flight, so that one batch fills and not two', () => {
  const all = fakeCandidates({ weights: [1, 1, 1], inFlight: [1, 3, 2] });
  for (const candidate of all) candidate.backlogMs = 0.1;
  expect(new CheapTogether().pick(all, everyone, selectionRequest())?.name).toBe('b');
});

test('goes on to others where the slots, the weight or the health of the busy one forbid it', () => {
  expect(parkedAt(0.01, fakeCandidates({ weights: [1, 1], caps: [2, 2] }), 5)).toBe('aabb-');
  const all = fakeCandidates({ weights: [0, 1, 1], inFlight: [5, 3, 0] });
  for (const candidate of all) candidate.backlogMs = 0.1;
  const isEligible = ({ name }: Candidate): boolean => name !== 'b';
  expect(new CheapTogether().pick(all, isEligible, selectionRequest())?.name).toBe('c');
});

test('an idle set begins with each candidate in turn', () => {
  const all = fakeCandidates({ weights: [1, 1, 1] });
  for (const candidate of all) candidate.backlogMs = 0;
  const policy = new CheapTogether();
  const names = Array.from({ length: 6 }, () => policy.pick(all, everyone, selectionRequest())!.name);
  expect(new Set(names.slice(0, 3)).size).toBe(3);
});

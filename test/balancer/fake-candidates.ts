/**
 * A dispatcher in miniature for the policies' tests: candidates whose `inFlight` the test moves, and the eligibility that
 * the real one applies.
 */

import type { Candidate, SelectionPolicy, SelectionRequest } from '../../server/balancer/candidate.ts';

export interface FakeCandidate extends Candidate {
  inFlight: number;
  backlogMs: number;
}

interface Shape {
  readonly weights: readonly number[];
  readonly inFlight?: readonly number[];
  /** null is no cap. */
  readonly caps?: readonly (number | null)[];
  readonly names?: readonly string[];
}

/** Candidates named a, b, c … unless given names. */
export function fakeCandidates({ weights, inFlight = [], caps = [], names = [] }: Shape): FakeCandidate[] {
  return weights.map((weight, i) => ({
    name: names[i] ?? String.fromCodePoint(97 + i),
    weight,
    inFlight: inFlight[i] ?? 0,
    slots: caps[i] ?? Number.POSITIVE_INFINITY,
    backlogMs: Number.POSITIVE_INFINITY,
  }));
}

export const everyone = (): boolean => true;

const hasFreeSlot = (candidate: Candidate): boolean => candidate.inFlight < candidate.slots;

export function selectionRequest(facts: Partial<SelectionRequest> = {}): SelectionRequest {
  return { clientIp: '127.0.0.1', affinityKey: undefined, nowMs: 0, ...facts };
}

/** Names of `count` picks in a row that end at once; `-` where nobody could be picked. */
export function sequence(
  policy: SelectionPolicy,
  all: readonly Candidate[],
  count: number,
  isEligible: (candidate: Candidate) => boolean = everyone,
): string {
  const names = Array.from({ length: count }, () => policy.pick(all, isEligible, selectionRequest())?.name ?? '-');
  return names.join('');
}

/** Names of `count` picks in a row of which none ends: each takes a slot. */
export function parked(
  policy: SelectionPolicy,
  all: readonly FakeCandidate[],
  count: number,
  request: SelectionRequest = selectionRequest(),
): string[] {
  return Array.from({ length: count }, () => {
    const picked = policy.pick(all, hasFreeSlot, request);
    if (picked === undefined) return '-';
    all.find(({ name }) => name === picked.name)!.inFlight += 1;
    return picked.name;
  });
}

/** How often each value occurs. */
export function countsOf(values: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

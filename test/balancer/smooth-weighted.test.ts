import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Candidate } from '../../server/balancer/candidate.ts';
import { MaxFailsHealth } from '../../server/balancer/max-fails-health.ts';
import { SmoothWeighted } from '../../server/balancer/smooth-weighted.ts';
import vectors from '../fixtures/balancing-vectors.json' with { type: 'json' };
import { countsOf, everyone, fakeCandidates, sequence } from './fake-candidates.ts';

describe('the sequence of picks', () => {
  test.each(vectors.smooth_wrr)('is that of the vector $weights $down $joins: $picks', (vector) => {
    const { weights, picks, down, joins } = vector;
    const policy = new SmoothWeighted();
    let all = fakeCandidates({ weights });
    const seen = [...picks].map((_, i) => {
      const pick = i + 1;
      if (joins?.beforePick === pick) all = fakeCandidates({ weights: [...weights, joins.weight] });
      const isDown = down !== undefined && pick >= down.fromPick && pick <= down.toPick;
      return policy.pick(all, ({ name }) => !isDown || name !== down.name)?.name;
    });
    expect(seen.join('')).toBe(picks);
  });

  test('gives nothing to weight 0 and to nobody if nobody may receive', () => {
    const policy = new SmoothWeighted();
    expect(sequence(policy, fakeCandidates({ weights: [0, 1, 0] }), 3)).toBe('bbb');
    expect(sequence(policy, fakeCandidates({ weights: [1, 1] }), 2, () => false)).toBe('--');
    expect(sequence(policy, [], 1)).toBe('-');
  });

  test('follows a changed weight at the next pick', () => {
    const policy = new SmoothWeighted();
    sequence(policy, fakeCandidates({ weights: [1, 1] }), 2);
    expect(countsOf(sequence(policy, fakeCandidates({ weights: [3, 1] }), 8))).toEqual({ a: 6, b: 2 });
  });

  test('gives a name that left and came back no credit for its absence', () => {
    const policy = new SmoothWeighted();
    const [a, b] = fakeCandidates({ weights: [1, 1] });
    policy.pick([a!, b!], everyone);
    policy.pick([a!], everyone);
    policy.pick([a!, b!], ({ name }) => name === 'a');
    expect(policy.standingOf('b')).toEqual({ credit: 0, effectiveWeight: 1 });
  });
});

test('every sum(weights) picks give each candidate exactly its weight and leave all credits at 0', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 }), (weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const all = fakeCandidates({ weights });
      const policy = new SmoothWeighted();
      for (let cycle = 0; cycle < 2; cycle++) {
        const counts = countsOf(sequence(policy, all, total));
        expect(all.map(({ name }) => counts[name] ?? 0)).toEqual(weights);
        for (const { name } of total > 0 ? all : []) expect(policy.standingOf(name)?.credit).toBe(0);
      }
    }),
  );
});

test('the credits of the set always sum to 0, whoever may receive', () => {
  const picks = fc.array(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), { maxLength: 40 });
  const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(weights, picks, (weights, rounds) => {
      const all = fakeCandidates({ weights });
      const policy = new SmoothWeighted();
      for (const mask of rounds) policy.pick(all, (_candidate, i) => mask[i]!);
      const credits = all.map(({ name }) => policy.standingOf(name)?.credit ?? 0);
      expect(credits.reduce((sum, credit) => sum + credit, 0)).toBe(0);
    }),
  );
});

describe('after a failure', () => {
  const [, , , vector] = vectors.passive_failure;

  test('the effective weight drops by weight / maxFails and comes back one per pick', () => {
    const policy = new SmoothWeighted(vector!.max_fails);
    const all = fakeCandidates({ weights: vector!.weights! });
    const seen = vector!.effective_weight_of_a_after_each_pick!.map((_, i) => {
      policy.pick(all, everyone);
      if (i === 0) policy.onFailure('a');
      return policy.standingOf('a')?.effectiveWeight;
    });
    expect(seen).toEqual(vector!.effective_weight_of_a_after_each_pick);
  });

  test('the effective weight never falls below 0, nor stays down', () => {
    const policy = new SmoothWeighted();
    const all = fakeCandidates({ weights: [3, 3] });
    policy.pick(all, everyone);
    policy.onFailure('a');
    policy.onFailure('a');
    expect(policy.standingOf('a')?.effectiveWeight).toBe(0);
    sequence(policy, all, 3);
    expect(policy.standingOf('a')?.effectiveWeight).toBe(3);
  });

  test('maxFails 0 lowers nothing, and a stranger is ignored', () => {
    const policy = new SmoothWeighted(0);
    policy.pick(fakeCandidates({ weights: [4] }), everyone);
    policy.onFailure('a');
    policy.onFailure('stranger');
    expect(policy.standingOf('a')?.effectiveWeight).toBe(4);
  });
});

test('with max_fails 3 a peer that fails every third try is out after its sixth, and no client sees an error', () => {
  const [vector] = vectors.passive_failure;
  const policy = new SmoothWeighted(vector!.max_fails);
  const health = new Map(['a', 'b'].map((name) => [name, new MaxFailsHealth(vector!.max_fails, 10_000)]));
  const all = fakeCandidates({ weights: [1, 1] });
  const served = { a: 0, b: 0 };
  let clientErrors = 0;
  let trace = '';
  let triesOnA = 0;

  function runRequest(nowMs: number): void {
    const tried = new Set<string>();
    const mayReceive = ({ name }: Candidate) => !tried.has(name) && health.get(name)!.mayReceive(nowMs);
    for (let target = policy.pick(all, mayReceive); target !== undefined; target = policy.pick(all, mayReceive)) {
      const name = target.name as 'a' | 'b';
      tried.add(name);
      const ticket = health.get(name)!.begin(nowMs);
      if (name === 'a') triesOnA += 1;
      const failed = name === 'a' && triesOnA % 3 === 0;
      health.get(name)!.end(ticket, failed ? 'runtime-error' : 'success', nowMs, true);
      if (!failed) {
        served[name] += 1;
        trace += name === 'a' ? '1' : '2';
        return;
      }
      policy.onFailure(name);
      trace += 'x';
    }
    clientErrors += 1;
  }

  for (let i = 0; i < 30; i++) runRequest(i * 100);
  expect(trace).toBe(vector!.trace);
  expect(served).toEqual({ a: vector!.served!['1'], b: vector!.served!['2'] });
  expect(clientErrors).toBe(vector!.client_errors);
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareLoad, LeastLoaded, type LoadRule } from '../../server/balancer/least-loaded.ts';
import vectors from '../fixtures/balancing-vectors.json' with { type: 'json' };
import { countsOf, everyone, fakeCandidates, parked, selectionRequest, sequence } from './fake-candidates.ts';

const rules: readonly LoadRule[] = ['nginx', 'haproxy', 'sed'];

/** What each rule divides, in plain arithmetic. */
const keyOf = {
  nginx: (inFlight: number, weight: number) => inFlight / weight,
  haproxy: (inFlight: number, weight: number) => (inFlight === 0 ? 0 : (inFlight + 1) / weight),
  sed: (inFlight: number, weight: number) => (inFlight + 1) / weight,
};

describe.each(rules)('by the rule of %s', (rule) => {
  test.each(vectors.least_connections)(
    'in flight $inflight at weights $weights ties exactly the expected ones',
    (row) => {
      const all = fakeCandidates({ weights: row.weights, inFlight: row.inflight });
      const tied = all.flatMap((one, i) => (all.every((other) => compareLoad(rule, one, other) <= 0) ? [i] : []));
      expect(tied).toEqual(row[`${rule}_tie`]);

      const policy = new LeastLoaded('least-connections', rule);
      const picks = Array.from({ length: 12 }, () =>
        all.indexOf(policy.pick(all, everyone, selectionRequest()) as never),
      );
      expect([...new Set(picks)].toSorted()).toEqual(row[`${rule}_tie`]);
    },
  );

  test('never picks one that another eligible one beats', () => {
    const shape = fc.array(
      fc.record({ weight: fc.integer({ min: 1, max: 1000 }), inFlight: fc.nat(40), eligible: fc.boolean() }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(shape, fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 10 }), (rows, steps) => {
        const all = fakeCandidates({
          weights: rows.map((row) => row.weight),
          inFlight: rows.map((row) => row.inFlight),
        });
        const eligible = new Set(all.filter((_, i) => rows[i]!.eligible));
        const least = Math.min(...[...eligible].map(({ inFlight, weight }) => keyOf[rule](inFlight, weight)));
        const policy = new LeastLoaded('auto', rule);
        let nowMs = 0;
        for (const step of steps) {
          nowMs += step;
          const picked = policy.pick(all, (candidate) => eligible.has(candidate as never), selectionRequest({ nowMs }));
          if (eligible.size === 0) expect(picked).toBeUndefined();
          else expect(keyOf[rule](picked!.inFlight, picked!.weight)).toBe(least);
        }
      }),
    );
  });

  test('sends ten requests past a peer on which two are parked', () => {
    const all = fakeCandidates({ weights: [1, 1], inFlight: [2, 0] });
    expect(sequence(new LeastLoaded('least-connections', rule), all, 10)).toBe('bbbbbbbbbb');
  });

  test('shares an idle sequence of ten evenly between two, whatever the pace within a second', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 10, maxLength: 10 }), (steps) => {
        const all = fakeCandidates({ weights: [1, 1] });
        const policy = new LeastLoaded('auto', rule);
        let nowMs = 0;
        const picks = steps.map(
          (step) => policy.pick(all, everyone, selectionRequest({ nowMs: (nowMs += step) }))!.name,
        );
        expect(countsOf(picks)).toEqual({ a: 5, b: 5 });
      }),
    );
  });

  test('alternates between two idle peers when every pick comes after a long pause', () => {
    const all = fakeCandidates({ weights: [1, 1] });
    const policy = new LeastLoaded('auto', rule);
    const picks = Array.from({ length: 6 }, (_, i) =>
      policy.pick(all, everyone, selectionRequest({ nowMs: i * 60_000 })),
    );
    expect(picks.map((picked) => picked!.name).join('')).toBe('ababab');
  });
});

test('breaks a tie of load by the fewest picks in the last second before the configured order', () => {
  const all = fakeCandidates({ weights: [1, 1], inFlight: [0, 5] });
  const policy = new LeastLoaded('auto', 'sed');
  sequence(policy, all, 3);
  all[1]!.inFlight = 0;
  expect(sequence(policy, all, 3)).toBe('bbb');
});

test('weighs recent picks by weight, so that idle unequal peers under the nginx rule get their shares', () => {
  const all = fakeCandidates({ weights: [1, 3] });
  expect(countsOf(sequence(new LeastLoaded('least-connections', 'nginx'), all, 40))).toEqual({ a: 10, b: 30 });
});

test('picks the same whatever the order of the set, where nothing ties', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(100), { minLength: 1, maxLength: 8 }), fc.nat(), (inFlight, turn) => {
      const all = fakeCandidates({ weights: inFlight.map(() => 5), inFlight });
      const at = turn % all.length;
      const turned = [...all.slice(at), ...all.slice(0, at)];
      const first = new LeastLoaded('auto', 'sed').pick(all, everyone, selectionRequest());
      expect(new LeastLoaded('auto', 'sed').pick(turned, everyone, selectionRequest())).toBe(first);
    }),
  );
});

test('gives nothing to weight 0', () => {
  const all = fakeCandidates({ weights: [0, 1], inFlight: [0, 9] });
  for (const rule of rules) expect(sequence(new LeastLoaded('auto', rule), all, 3)).toBe('bbb');
});

describe('with caps on what is in flight', () => {
  const rows = vectors.max_conns.filter((row) => row.parallel !== undefined && row.strategy === undefined);

  test.each(rows)('caps $caps at weights $weights take $accepted of $parallel', (row) => {
    const all = fakeCandidates({ weights: row.weights ?? row.caps.map(() => 1), caps: row.caps });
    const picks = countsOf(parked(new LeastLoaded('auto', 'sed'), all, row.parallel!));
    expect(picks['a']).toBe(row.accepted!['1']);
    expect(picks['b']).toBe(row.accepted!['2']);
    expect(picks['-'] ?? 0).toBe(row.rejected ?? 0);
  });

  test.each(vectors.max_conns.filter((row) => row.backup !== undefined))(
    'a full primary of $caps overflows into a backup of $backup: $sequence_of_6',
    (row) => {
      const primary = fakeCandidates({ weights: [1], caps: row.caps, names: ['1'] });
      const backup = fakeCandidates({ weights: [1], caps: row.backup!, names: ['2'] });
      const policies = [new LeastLoaded('auto', 'sed'), new LeastLoaded('auto', 'sed')] as const;
      const seen = Array.from({ length: 6 }, () => {
        const [first] = parked(policies[0], primary, 1);
        return first === '-' ? parked(policies[1], backup, 1)[0] : first;
      });
      expect(seen.join(' ')).toBe(row.sequence_of_6);
    },
  );
});

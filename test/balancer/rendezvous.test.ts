import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Candidate } from '../../server/balancer/candidate.ts';
import { Rendezvous } from '../../server/balancer/rendezvous.ts';
import vectors from '../fixtures/balancing-vectors.json' with { type: 'json' };
import { countsOf, everyone, fakeCandidates, parked, selectionRequest, sequence } from './fake-candidates.ts';

const vector = vectors.rendezvous_hash;
const keys = Array.from({ length: 10_000 }, (_, i) => `sess-${i}`);
const policy = new Rendezvous();

const named = (names: readonly string[], weights: readonly number[] = names.map(() => 1)) =>
  fakeCandidates({ names, weights });

function pickOf(key: string, all: readonly Candidate[], isEligible: (candidate: Candidate) => boolean = everyone) {
  return policy.pick(all, isEligible, selectionRequest({ affinityKey: key }))?.name;
}

describe('where keys go', () => {
  test.each(vector.picks)('$key: $r1r2r3, without r2 $without_r2, with r4 $plus_r4', (row) => {
    expect(pickOf(row.key, named(['r1', 'r2', 'r3']))).toBe(row.r1r2r3);
    expect(pickOf(row.key, named(['r1', 'r3']))).toBe(row.without_r2);
    expect(pickOf(row.key, named(['r1', 'r2', 'r3', 'r4']))).toBe(row.plus_r4);
  });

  test('the shares of 10,000 keys are those of the vector, each within 6 % of even', () => {
    const counts = countsOf(keys.map((key) => pickOf(key, named(['r1', 'r2', 'r3', 'r4']))!));
    expect(counts).toEqual(vector.counts_10000);
    for (const count of Object.values(counts)) expect(Math.abs(count - 2_500)).toBeLessThanOrEqual(150);
  });

  test('the shares at weights 3:1 are those of the vector', () => {
    expect(countsOf(keys.map((key) => pickOf(key, named(['r1', 'r2'], [3, 1]))!))).toEqual(vector.weights_3_1);
  });

  test('when r2 leaves exactly its keys move', () => {
    const all = named(['r1', 'r2', 'r3', 'r4']);
    const rest = all.filter(({ name }) => name !== 'r2');
    const movedFrom = keys.flatMap((key) => {
      const before = pickOf(key, all);
      return pickOf(key, rest) === before ? [] : [before];
    });
    expect(movedFrom).toHaveLength(vector.moved_when_r2_leaves);
    expect(movedFrom.filter((name) => name !== 'r2')).toHaveLength(vector.moved_that_were_not_on_r2);
  });
});

test('one that joins takes keys only to itself, and one that leaves gives up only its own, for any set', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(names, fc.string({ minLength: 1 }), fc.nat(), (names, key, index) => {
      const all = named(names);
      const changing = all[index % all.length]!;
      const without = all.filter((candidate) => candidate !== changing);
      const before = pickOf(key, without);
      const after = pickOf(key, all);
      expect([before, changing.name]).toContain(after);
    }),
  );
});

test('the choice does not depend on the order of the set, nor does ineligible differ from absent while all are idle', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(names, fc.string({ minLength: 1 }), (names, key) => {
      const all = named(names);
      expect(pickOf(key, all.toReversed())).toBe(pickOf(key, all));
      expect(pickOf(key, all, (candidate) => candidate !== all[0])).toBe(pickOf(key, all.slice(1)));
    }),
  );
});

describe('bounded load', () => {
  // `total` counts the request that is being placed.
  test.each(vector.bounded_load_caps)('factor $factor with $total in flight on $n caps each at $cap', (row) => {
    // The hashed candidate holds `loaded`, the others the rest: it is refused at the cap and taken one below it.
    for (const loaded of [row.cap - 1, row.cap].filter((inFlight) => inFlight < row.total)) {
      const all = named(Array.from({ length: row.n }, (_, i) => `r${i + 1}`));
      const hashed = all.find(({ name }) => name === pickOf('alice', all))!;
      const other = all.find((candidate) => candidate !== hashed)!;
      hashed.inFlight = loaded;
      other.inFlight = row.total - 1 - loaded;
      const picked = new Rendezvous(row.factor).pick(all, everyone, selectionRequest({ affinityKey: 'alice' }));
      expect(picked === hashed).toBe(loaded < row.cap);
    }
  });

  test('never lifts a candidate above its cap, and always finds one that is eligible', () => {
    const shape = fc.array(
      fc.record({ weight: fc.integer({ min: 0, max: 1000 }), inFlight: fc.nat(50), eligible: fc.boolean() }),
      { minLength: 1, maxLength: 10 },
    );
    const factors = fc.constantFrom(1, 1.1, 1.25, 2);
    fc.assert(
      fc.property(shape, factors, fc.string({ minLength: 1 }), (rows, factor, key) => {
        const all = fakeCandidates({
          weights: rows.map((row) => row.weight),
          inFlight: rows.map((row) => row.inFlight),
        });
        const eligible = all.filter((_, i) => rows[i]!.eligible && rows[i]!.weight > 0);
        const isEligible = (candidate: Candidate) => rows[all.indexOf(candidate as never)]!.eligible;
        const picked = new Rendezvous(factor).pick(all, isEligible, selectionRequest({ affinityKey: key }));
        if (eligible.length === 0) {
          expect(picked).toBeUndefined();
          return;
        }
        expect(eligible).toContain(picked);
        const total = all.reduce((sum, { inFlight }) => sum + inFlight, 0);
        const weight = eligible.reduce((sum, candidate) => sum + candidate.weight, 0);
        const cap = Math.ceil((factor * (total + 1) * picked!.weight) / weight);
        expect(picked!.inFlight + 1).toBeLessThanOrEqual(cap);
      }),
    );
  });

  test('spreads a hundred parked requests of one key, and without a bound piles them up', () => {
    const request = selectionRequest({ affinityKey: 'alice' });
    const bounded = countsOf(parked(new Rendezvous(), named(['r1', 'r2', 'r3', 'r4']), 100, request));
    expect(Object.values(bounded).toSorted((a, b) => b - a)[0]).toBeLessThanOrEqual(Math.ceil((1.25 * 100) / 4));
    const unbounded = countsOf(parked(new Rendezvous(0), named(['r1', 'r2', 'r3', 'r4']), 100, request));
    expect(unbounded).toEqual({ r1: 100 });
  });

  test('a full candidate of one key overflows to the other', () => {
    const row = vectors.max_conns.find(({ strategy }) => strategy !== undefined)!;
    const names = pickOf('alice', named(['a', 'b'])) === 'a' ? ['a', 'b'] : ['b', 'a'];
    const all = fakeCandidates({ weights: [1, 1], caps: row.caps, names });
    const picks = countsOf(parked(new Rendezvous(0), all, row.parallel!, selectionRequest({ affinityKey: 'alice' })));
    expect([picks[names[0]!], picks[names[1]!], picks['-']]).toEqual([1, 2, row.rejected]);
  });
});

test.each([undefined, ''])('a request with key %j goes round robin: 2/2/2 over six', (affinityKey) => {
  const all = named(['r1', 'r2', 'r3']);
  const keyless = new Rendezvous();
  const picks = Array.from({ length: 6 }, () => keyless.pick(all, everyone, selectionRequest({ affinityKey }))!.name);
  expect(countsOf(picks)).toEqual({ r1: 2, r2: 2, r3: 2 });
  expect(sequence(new Rendezvous(), all, 3)).toBe('r1r2r3');
});

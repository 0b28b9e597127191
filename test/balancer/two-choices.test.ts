import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareLoad, LeastLoaded } from '../../server/balancer/least-loaded.ts';
import { TwoChoices } from '../../server/balancer/two-choices.ts';
import vectors from '../fixtures/balancing-vectors.json' with { type: 'json' };
import { seededRandom } from '../support/seeded-random.ts';
import { countsOf, everyone, fakeCandidates, parked, sequence } from './fake-candidates.ts';

const scripted =
  (...numbers: number[]) =>
  () =>
    numbers.shift()!;

// Envoy draws with replacement, and more than two where so configured. We do not, so of its rows only the comparison of
// the drawn ones is ours to keep.
const drawnRows = vectors.p2c.flatMap((row) => {
  const draws = row.draws ?? row.draws_with_replacement ?? (row.active?.length === 2 ? [0, 1] : undefined);
  return row.active !== undefined && draws !== undefined ? [{ active: row.active, draws, pick: row.pick! }] : [];
});

describe("Envoy's vectors, on the comparison alone", () => {
  test.each(drawnRows)('of $active drawn as $draws, $pick is the least loaded', ({ active, draws, pick }) => {
    const all = fakeCandidates({ weights: active.map(() => 1), inFlight: active });
    const winner = draws.reduce((best, draw) => (compareLoad('sed', all[draw]!, all[best]!) < 0 ? draw : best));
    expect(winner).toBe(pick);
  });

  test('a full scan of 3,3,1,1,1 shares out among the three least loaded, a third each', () => {
    const row = vectors.p2c.find(({ mode }) => mode === 'full scan')!;
    const all = fakeCandidates({ weights: row.active!.map(() => 1), inFlight: row.active! });
    const counts = countsOf(sequence(new LeastLoaded('auto', 'sed'), all, 3_000));
    expect(counts).toEqual({ c: 1_000, d: 1_000, e: 1_000 });
    expect(row.pick_any_of).toEqual([2, 3, 4]);
  });
});

test('two candidates are always both drawn, so the idle one of 1,0 wins whatever the numbers', () => {
  const row = vectors.p2c.find(({ n }) => n === 2)!;
  const all = fakeCandidates({ weights: [1, 1], inFlight: row.inflight! });
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (numbers) => {
      const policy = new TwoChoices(() => numbers.next().value as number);
      expect(policy.pick(all, everyone)).toBe(all[row.pick!]);
    }),
  );
});

test('three parked requests on weights 1 and 2 end as 1 and 2, whatever the numbers', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const picks = parked(new TwoChoices(seededRandom(seed)), fakeCandidates({ weights: [1, 2] }), 3);
      expect(countsOf(picks)).toEqual({ a: 1, b: 2 });
    }),
  );
});

test('draws by weight: the second draw is among the rest', () => {
  const all = fakeCandidates({ weights: [1, 2, 1], inFlight: [0, 1, 0] });
  // 0.3 of 4 is 1.2: b. Then 0.9 of the remaining 2 is 1.8: c. (0+1)/1 ties with (1+1)/2, and the coin decides.
  expect(new TwoChoices(scripted(0.3, 0.9, 0.4)).pick(all, everyone)?.name).toBe('b');
  expect(new TwoChoices(scripted(0.3, 0.9, 0.6)).pick(all, everyone)?.name).toBe('c');
  expect(new TwoChoices(scripted(0.3, 0.1, 0.6)).pick(all, everyone)?.name).toBe('a');
});

test('idle equals share evenly in the long run', () => {
  const counts = countsOf(sequence(new TwoChoices(seededRandom(7)), fakeCandidates({ weights: [1, 1, 1, 1] }), 20_000));
  for (const name of 'abcd') expect(Math.abs(counts[name]! / 20_000 - 0.25)).toBeLessThan(0.02);
});

test('takes the only one there is, and nobody where nobody may receive', () => {
  const all = fakeCandidates({ weights: [1, 1, 0] });
  expect(sequence(new TwoChoices(), all, 3, ({ name }) => name !== 'a')).toBe('bbb');
  expect(sequence(new TwoChoices(), all, 1, ({ name }) => name === 'c')).toBe('-');
});

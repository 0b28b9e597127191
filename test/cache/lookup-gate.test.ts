import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LookupGate } from '../../server/cache/lookup-gate.ts';
import type { Admission } from '../../server/cache/lookup-gate.ts';

interface Traffic {
  /** Whose bodies are asked for, by number. */
  readonly body: (index: number) => number;
  readonly requests: number;
  readonly everyMs?: number;
  readonly runMs?: number;
}

/** A model with a store behind a gate, as CachedModel uses one. The store survives in `saved`. */
class GatedModel {
  readonly gate = new LookupGate();
  readonly saved = new Set<number>();
  nowMs = 0;

  /** What became of each request. */
  ask({ body, requests, everyMs = 1, runMs = 0.02 }: Traffic): { admission: Admission; hit: boolean }[] {
    return Array.from({ length: requests }, (_, index) => {
      this.nowMs += everyMs;
      const number = body(index);
      const admission = this.gate.admit(() => Math.imul(number + 1, 0x9e3779b1), this.nowMs);
      const hit = admission !== 'passed-by' && this.saved.has(number);
      if (hit) this.gate.onHit(admission);
      else if (admission !== 'passed-by') {
        this.saved.add(number);
        this.gate.onRun(runMs);
      }
      return { admission, hit };
    });
  }
}

let lastBody = 0;
const different = (): number => ++lastBody;
const share = (all: { hit: boolean }[]): number => all.filter(({ hit }) => hit).length / all.length;

test('is open at first, and for all that a quiet model is asked', () => {
  const model = new GatedModel();
  const quiet = model.ask({ body: different, requests: 3000, everyMs: 25 });
  expect(quiet.every(({ admission }) => admission === 'looked-up')).toBe(true);
});

test('passes by 31 of 32 requests of a busy, quick model whose requests never repeat', () => {
  const model = new GatedModel();
  model.ask({ body: different, requests: 1024 });
  const later = model.ask({ body: different, requests: 3200 });
  expect(later.filter(({ admission }) => admission === 'passed-by')).toHaveLength(3100);
  expect(later.filter(({ admission }) => admission === 'sampled')).toHaveLength(100);
});

test('looks up what came lately while it is closed: the third time is a hit', () => {
  const model = new GatedModel();
  model.ask({ body: different, requests: 2048 });
  const one = different();
  const thrice = [one, one, one].map((body) => {
    const [asked] = model.ask({ body: () => body, requests: 1 });
    model.ask({ body: different, requests: 5 });
    return asked!;
  });
  expect(thrice.slice(1).map(({ admission }) => admission)).toEqual(['repeated', 'repeated']);
  expect(thrice[2]!.hit).toBe(true);
});

test('opens again within two windows when requests begin to repeat', () => {
  const model = new GatedModel();
  model.ask({ body: different, requests: 4096 });
  expect(model.gate.isOpen).toBe(false);
  model.ask({ body: (index) => -(index % 20), requests: 1024 });
  expect(model.gate.isOpen).toBe(true);
});

test('opens again when what it passes by had been saved before, by another host or in another form', () => {
  const model = new GatedModel();
  model.ask({ body: different, requests: 4096 });
  for (let body = -1; body > -4096; body--) model.saved.add(body);
  model.ask({ body: (index) => -1 - index, requests: 2048 });
  expect(model.gate.isOpen).toBe(true);
});

test('opens again when the model is busy no longer', () => {
  const model = new GatedModel();
  model.ask({ body: different, requests: 4096 });
  model.nowMs += 11_000;
  expect(model.ask({ body: different, requests: 1 })[0]!.admission).toBe('looked-up');
});

test('stays open for a model of 3 ms as long as one request in two hundred repeats', () => {
  const model = new GatedModel();
  const rare = model.ask({ body: (index) => (index % 100 === 0 ? -1 : different()), requests: 10_000, runMs: 3 });
  expect(model.gate.isOpen).toBe(true);
  expect(share(rare)).toBeCloseTo(0.0099, 3);
});

test('closed or open, gives most of the hits that there are to have, whatever the traffic and the model', () => {
  const traffic = fc.record({
    bodies: fc.integer({ min: 1, max: 3000 }),
    repeats: fc.double({ min: 0.3, max: 1, noNaN: true }),
    runMs: fc.double({ min: 0.001, max: 50, noNaN: true }),
    seed: fc.integer({ min: 1, max: 2 ** 30 }),
  });
  fc.assert(
    fc.property(traffic, ({ bodies, repeats, runMs, seed }) => {
      let state = seed;
      const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
      const known = (): number => -1 - Math.floor(random() * bodies);
      const model = new GatedModel();
      model.ask({ body: different, requests: 1024, runMs });
      const requests = 30_000;
      const asked = model.ask({ body: () => (random() < repeats ? known() : different()), requests, runMs });
      // At best each known body misses once; a closed gate lets it miss three times.
      expect(share(asked)).toBeGreaterThan(repeats - (4 * bodies) / requests - 0.05);
    }),
    { numRuns: 25 },
  );
});

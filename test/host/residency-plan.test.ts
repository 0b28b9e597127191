import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairAfterMs, minTurnMs, planResidency } from '../../server/host/residency-plan.ts';
import type { VersionMemory } from '../../server/host/residency-plan.ts';

const now = 1_000_000;

function version(id: string, parts: Partial<VersionMemory> = {}): VersionMemory {
  const residence = parts.residence ?? 'unloaded';
  return {
    id,
    mode: 'on-demand',
    residence,
    bytes: residence === 'unloaded' ? 0 : 100,
    neededBytes: 100,
    wantedSinceMs: undefined,
    isUrgent: false,
    isPatient: false,
    isLocked: false,
    isBusy: false,
    lastUsedMs: now - 10_000,
    readySinceMs: now - 20_000,
    keepAliveMs: undefined,
    ...parts,
  };
}
const loaded = (id: string, parts: Partial<VersionMemory> = {}): VersionMemory =>
  version(id, { residence: 'loaded', ...parts });
const wanted = (id: string, parts: Partial<VersionMemory> = {}): VersionMemory =>
  version(id, { wantedSinceMs: now - 10, ...parts });
const plan = (versions: VersionMemory[], budget: number) => planResidency(versions, budget, now);

describe('planResidency', () => {
  it('loads what is wanted while there is room, those that wait longest first', () => {
    const versions = [wanted('a'), wanted('b', { wantedSinceMs: now - 50 }), wanted('c'), version('d')];
    expect(plan(versions, 250)).toEqual({ load: ['b', 'a'], unload: [], tooLarge: [] });
  });

  it('makes room by what has not been used for longest, and loads only once it has gone', () => {
    const versions = [loaded('a', { lastUsedMs: now - 5 }), loaded('b', { lastUsedMs: now - 500 }), wanted('c')];
    expect(plan(versions, 200)).toEqual({ load: [], unload: ['b'], tooLarge: [] });
    const leaving = [loaded('a'), version('b', { residence: 'unloading', bytes: 100 }), wanted('c')];
    expect(plan(leaving, 200)).toEqual({ load: [], unload: [], tooLarge: [] });
    expect(plan([loaded('a'), version('b'), wanted('c')], 200).load).toEqual(['c']);
  });

  it('unloads those on demand before those of the start, and never those that are to stay', () => {
    const versions = [
      loaded('start', { mode: 'start', lastUsedMs: 0 }),
      loaded('demand'),
      loaded('always', { mode: 'always', lastUsedMs: 0 }),
      wanted('c'),
    ];
    expect(plan(versions, 300).unload).toEqual(['demand']);
    expect(plan([loaded('always', { mode: 'always' }), wanted('c')], 100)).toEqual({
      load: [],
      unload: [],
      tooLarge: [],
    });
  });

  it('touches nothing that is in the middle of a swap', () => {
    expect(plan([loaded('a', { isLocked: true }), wanted('c')], 100).unload).toEqual([]);
  });

  it('gives a busy version its turn before another one gets its own', () => {
    const busy = loaded('a', { isBusy: true });
    expect(plan([busy, wanted('c')], 100).unload).toEqual([]);
    const patient = wanted('c', { wantedSinceMs: now - fairAfterMs });
    expect(plan([busy, patient], 100).unload).toEqual(['a']);
    expect(plan([{ ...busy, readySinceMs: now - minTurnMs + 1 }, patient], 100).unload).toEqual([]);
  });

  it('does not send away what is still loading and waited for', () => {
    const loading = loaded('a', { isBusy: true, readySinceMs: undefined });
    expect(plan([loading, wanted('c', { wantedSinceMs: 0 })], 100).unload).toEqual([]);
  });

  it('prefers an idle version to a busy one', () => {
    const versions = [
      loaded('busy', { isBusy: true, lastUsedMs: 0 }),
      loaded('idle', { lastUsedMs: now }),
      wanted('c', { wantedSinceMs: 0 }),
    ];
    expect(plan(versions, 200).unload).toEqual(['idle']);
  });

  it('unloads after the keep-alive time, on demand only and while nobody waits', () => {
    const old = { keepAliveMs: 5000 };
    const versions = [
      loaded('a', old),
      loaded('b', { ...old, lastUsedMs: now - 4999 }),
      loaded('c', { ...old, mode: 'start' }),
      loaded('d', { ...old, isBusy: true }),
      loaded('e', { ...old, readySinceMs: now - 10 }),
      loaded('f'),
    ];
    expect(plan(versions, 1000).unload).toEqual(['a']);
  });

  it('evicts what has grown beyond the budget', () => {
    expect(plan([loaded('a', { bytes: 180, lastUsedMs: now - 1 }), loaded('b')], 200).unload).toEqual(['b']);
    expect(plan([loaded('a', { bytes: 100 }), loaded('b')], 200).unload).toEqual([]);
  });

  it('says what will never fit, and goes on with the others', () => {
    expect(plan([wanted('a', { neededBytes: 300 }), wanted('b')], 200)).toEqual({
      load: ['b'],
      unload: [],
      tooLarge: ['a'],
    });
  });

  it('does not let a small one take what a large one waits for', () => {
    const versions = [
      loaded('x', { isBusy: true }),
      wanted('large', { neededBytes: 150, wantedSinceMs: now - 100 }),
      wanted('small'),
    ];
    expect(plan(versions, 200).load).toEqual([]);
  });

  it('makes no room for what nobody asks for, and puts it last', () => {
    const atStart = wanted('s', { isPatient: true, wantedSinceMs: 0, mode: 'start' });
    expect(plan([loaded('a'), atStart], 100)).toEqual({ load: [], unload: [], tooLarge: [] });
    expect(plan([atStart, wanted('b')], 100).load).toEqual(['b']);
  });

  it('lets a swap go first, and disturbs others for it at once', () => {
    const urgent = wanted('u', { isUrgent: true, wantedSinceMs: now });
    expect(plan([wanted('a', { wantedSinceMs: 0 }), urgent], 100).load).toEqual(['u']);
    expect(plan([loaded('b', { isBusy: true }), urgent], 100).unload).toEqual(['b']);
  });
});

describe('a budget for 5 with 20 models, in any order of requests', () => {
  it('is never exceeded, and every request is answered', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(19), fc.integer({ min: 0, max: 400 })), { minLength: 1, maxLength: 120 }),
        fc.array(fc.integer({ min: 60, max: 140 }), { minLength: 20, maxLength: 20 }),
        fc.constantFrom(100, 3000),
        (requests, sizes, startMs) => {
          const budget = 500;
          const models = sizes.map((bytes, index) => new SimulatedModel(String(index), bytes, startMs));
          const arrivals = [...requests];
          let nextAtMs = now;
          for (let nowMs = now; nowMs < now + 1_000_000; nowMs += 50) {
            while (arrivals.length > 0 && nextAtMs <= nowMs) {
              const [index, gapMs] = arrivals.shift()!;
              models[index]!.waiting++;
              models[index]!.lastUsedMs = nowMs;
              nextAtMs += gapMs;
            }
            for (const model of models) model.pass(nowMs);
            const decided = planResidency(
              models.map((model) => model.memory()),
              budget,
              nowMs,
            );
            for (const id of decided.unload) models[Number(id)]!.unload(nowMs);
            for (const id of decided.load) models[Number(id)]!.load(nowMs);
            expect(models.reduce((sum, model) => sum + model.bytes, 0)).toBeLessThanOrEqual(budget);
            if (arrivals.length === 0 && models.every(({ waiting }) => waiting === 0)) return;
          }
          expect.fail('some requests were never answered');
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Loads in `startMs`, answers one request each 50 ms, ends in 50 ms. */
class SimulatedModel {
  waiting = 0;
  lastUsedMs = 0;
  #wantedSinceMs: number | undefined;
  #state: VersionMemory['residence'] = 'unloaded';
  #sinceMs = 0;
  #readySinceMs: number | undefined;
  readonly #id: string;
  readonly #bytes: number;
  readonly #startMs: number;

  constructor(id: string, bytes: number, startMs: number) {
    this.#id = id;
    this.#bytes = bytes;
    this.#startMs = startMs;
  }

  get bytes(): number {
    return this.#state === 'unloaded' ? 0 : this.#bytes;
  }

  load(nowMs: number): void {
    expect(this.#state).toBe('unloaded');
    this.#state = 'loaded';
    this.#sinceMs = nowMs;
    this.#wantedSinceMs = undefined;
  }

  unload(nowMs: number): void {
    expect(this.#state).toBe('loaded');
    this.#state = 'unloading';
    this.#readySinceMs = undefined;
    this.#sinceMs = nowMs;
  }

  pass(nowMs: number): void {
    if (this.#state === 'loaded' && nowMs - this.#sinceMs >= this.#startMs) {
      this.#readySinceMs ??= nowMs;
      if (this.waiting > 0) this.waiting--;
    }
    if (this.#state === 'unloading' && nowMs - this.#sinceMs >= 50) this.#state = 'unloaded';
    if (this.#state === 'unloaded' && this.waiting > 0) this.#wantedSinceMs ??= nowMs;
  }

  memory(): VersionMemory {
    return version(this.#id, {
      residence: this.#state,
      bytes: this.bytes,
      neededBytes: this.#bytes,
      wantedSinceMs: this.#wantedSinceMs,
      isBusy: this.waiting > 0,
      lastUsedMs: this.lastUsedMs,
      readySinceMs: this.#readySinceMs,
    });
  }
}

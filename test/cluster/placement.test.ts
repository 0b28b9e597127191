import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planPlacement } from '../../server/cluster/placement.ts';
import type { Placement, PlacementRequest } from '../../server/cluster/placement.ts';

const auto = (name: string): PlacementRequest => ({ name, replicas: undefined, threads: undefined });

describe('planPlacement', () => {
  it('gives a lone model all cores in one replica, whose idle threads spin', () => {
    expect(planPlacement([auto('m')], 8)).toEqual([
      { name: 'm', replicas: 1, threads: 8, spinning: true, warning: undefined },
    ]);
  });

  it('lets nothing spin on one core', () => {
    expect(planPlacement([auto('m')], 1)).toMatchObject([{ replicas: 1, threads: 1, spinning: false }]);
  });

  it('divides the cores among models, and lets none of them spin', () => {
    for (const placement of planPlacement([auto('a'), auto('b'), auto('c')], 8)) {
      expect(placement).toMatchObject({ replicas: 1, threads: 2, spinning: false, warning: undefined });
    }
  });

  it('divides the cores among the replicas that were asked for', () => {
    expect(planPlacement([{ name: 'm', replicas: 4, threads: undefined }], 8)).toMatchObject([
      { replicas: 4, threads: 2, spinning: false, warning: undefined },
    ]);
    expect(planPlacement([{ name: 'm', replicas: 3, threads: undefined }], 8)).toMatchObject([{ threads: 2 }]);
  });

  it('obeys numbers that were written down, and warns where they exceed the cores', () => {
    const [fitting, exceeding, one] = planPlacement(
      [
        { name: 'a', replicas: 2, threads: 2 },
        { name: 'b', replicas: 3, threads: 2 },
        { name: 'c', replicas: undefined, threads: 5 },
      ],
      4,
    );
    expect(fitting).toMatchObject({ replicas: 2, threads: 2, warning: undefined });
    expect(exceeding).toMatchObject({ replicas: 3, threads: 2 });
    expect(exceeding!.warning).toBe(
      'b: 3 replicas with 2 threads need 6 cores, this machine has 4; they will wait for each other.',
    );
    expect(one!.warning).toMatch(/^c: 1 replica with 5 threads need 5 cores/);
  });

  it('gives each of more replicas than cores one thread', () => {
    const [placement] = planPlacement([{ name: 'm', replicas: 6, threads: undefined }], 4);
    expect(placement).toMatchObject({ replicas: 6, threads: 1 });
    expect(placement!.warning).toContain('need 6 cores');
  });

  describe('for a model that may grow', () => {
    const growing = (usableCores: number, range: { min?: number; max?: number } = {}): PlacementRequest => ({
      ...auto('m'),
      range: { min: 1, max: 64, ...range, usableCores },
    });

    it('chooses threads so that three copies fit, and no more than four', () => {
      const threads = [3, 5, 7, 11, 15, 31].map((usable) => planPlacement([growing(usable)], usable + 1)[0]!.threads);
      expect(threads).toEqual([1, 1, 2, 3, 4, 4]);
    });

    it('gives all threads to the one copy that fits, and lets them spin', () => {
      expect(planPlacement([growing(1)], 2)).toMatchObject([{ replicas: 1, threads: 2, spinning: true }]);
      expect(planPlacement([growing(7, { max: 1 })], 8)).toMatchObject([{ replicas: 1, threads: 8, spinning: true }]);
    });

    it('lets nothing spin where a second copy may come', () => {
      expect(planPlacement([growing(7)], 8)).toMatchObject([{ replicas: 1, threads: 2, spinning: false }]);
    });

    it('divides among as many copies as there may be', () => {
      expect(planPlacement([growing(7, { max: 2 })], 8)).toMatchObject([{ threads: 3 }]);
    });

    it('begins with the minimum, with one where that is 0, and never with more than the cores bear', () => {
      expect(planPlacement([growing(7, { min: 2 })], 8)).toMatchObject([{ replicas: 2 }]);
      expect(planPlacement([growing(7, { min: 0 })], 8)).toMatchObject([{ replicas: 1 }]);
      expect(planPlacement([growing(3, { min: 8 })], 4)).toMatchObject([{ replicas: 3, warning: undefined }]);
    });

    it('obeys the threads that were written down', () => {
      expect(planPlacement([{ ...growing(7), threads: 6 }], 8)).toMatchObject([{ replicas: 1, threads: 6 }]);
    });

    it('leaves room for a second copy wherever it says that one may come, and stays within the cores', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 128 }), fc.integer({ min: 0, max: 3 }), (cores, reserved) => {
          const usable = Math.max(0, cores - reserved);
          const [{ replicas, threads, spinning }] = planPlacement([growing(usable)], cores) as [Placement];
          expect(replicas * threads).toBeLessThanOrEqual(Math.max(cores, 1));
          if (!spinning && usable >= 2) expect(Math.floor(usable / threads)).toBeGreaterThanOrEqual(2);
        }),
      );
    });
  });

  it('plans nothing for nothing', () => {
    expect(planPlacement([], 4)).toEqual([]);
  });

  it('keeps what it chose itself within the cores, and always gives at least one thread', () => {
    const requests = fc.array(
      fc.record({
        name: fc.constant('m'),
        replicas: fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined }),
        threads: fc.constant(undefined),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 128 }), (each, cores) => {
        for (const [index, { replicas, threads, warning }] of planPlacement(each, cores).entries()) {
          expect(replicas).toBe(each[index]!.replicas ?? 1);
          expect(threads).toBeGreaterThanOrEqual(1);
          expect(replicas * threads <= cores || threads === 1).toBe(true);
          expect(warning !== undefined).toBe(replicas * threads > cores);
        }
      }),
    );
  });
});

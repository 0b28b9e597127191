import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TuneRow } from '../../server/protocol/admin/tune-result.ts';
import { fitCurve, throughputAt } from '../../server/tuning/scaling-curve.ts';

const row = (cores: number, perSecond: number, failed = 0): TuneRow => ({
  setting: {},
  replicas: cores,
  threads: 1,
  maxBatchSize: 0,
  perSecond,
  loadedP99Ms: 1,
  aloneP50Ms: 1,
  aloneP95Ms: 1,
  failed,
});

describe('the scaling curve', () => {
  it('goes through what a law of its kind gives, closely', () => {
    const laws = fc.record({
      lambda: fc.double({ min: 1, max: 1e5, noNaN: true }),
      sigma: fc.double({ min: 0, max: 1, noNaN: true }),
      kappa: fc.double({ min: 0, max: 0.1, noNaN: true }),
    });
    fc.assert(
      fc.property(laws, (law) => {
        const rows = [1, 2, 4, 8, 16].map((cores) => row(cores, throughputAt(law, cores)));
        const fit = fitCurve(rows)!;
        for (const [cores, perSecond] of fit.points) expect(throughputAt(fit, cores) / perSecond).toBeCloseTo(1, 1);
      }),
    );
  });

  it('tells linear growth from none', () => {
    expect(fitCurve([row(1, 100), row(2, 200)])).toMatchObject({ sigma: 0, kappa: 0 });
    expect(fitCurve([row(1, 100), row(2, 200)])!.lambda).toBeCloseTo(100, 6);
    expect(fitCurve([row(1, 100), row(2, 100)])!.sigma).toBeCloseTo(1, 2);
  });

  it('takes the best of each number of cores, and needs two numbers', () => {
    expect(fitCurve([row(2, 90), row(1, 50), row(2, 95), row(2, 999, 1)])!.points).toEqual([
      [1, 50],
      [2, 95],
    ]);
    expect(fitCurve([row(2, 1), row(2, 2)])).toBeUndefined();
  });
});

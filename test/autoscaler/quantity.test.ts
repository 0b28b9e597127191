import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bandAround, positionOf } from '../../server/autoscaler/proposal.ts';
import { ceilDiv, floorDiv, toMilli } from '../../server/autoscaler/quantity.ts';
import vectors from '../fixtures/scaling-vectors.json' with { type: 'json' };

const hazard = (name: string) => vectors.float_hazards.find((row) => row.case === name)!;

describe('where floats go wrong', () => {
  test('77 / 70 × 50 is 55 and 45 / 70 × 42 is 27', () => {
    expect(ceilDiv(50 * 77, 70)).toBe(hazard('ceil(77/70*50)').exact);
    expect(ceilDiv(42 * 45, 70)).toBe(hazard('ceil(45/70*42)').exact);
    expect([Math.ceil((77 / 70) * 50), Math.ceil((45 / 70) * 42)]).toEqual([56, 28]);
  });

  test('10 less 90 % is 1, and 50 plus 10 % is 55', () => {
    expect(floorDiv(10 * (100 - 90), 100)).toBe(hazard('floor(10*(1-90/100))').exact);
    expect(ceilDiv(50 * (100 + 10), 100)).toBe(hazard('ceil(50*(1+10/100))').exact);
  });

  test.each([
    [77, 'within'],
    [63, 'within'],
    [77.001, 'above'],
    [62.999, 'below'],
  ] as const)('%f against a target of 70 is %s a tolerance of 10 %%', (value, expected) => {
    const usage = { usedMilli: toMilli(value)!, shares: 1, replicas: 1 };
    expect(positionOf(usage, bandAround(70_000, { upPermille: 100, downPermille: 100 }))).toBe(expected);
    expect(Math.abs(1 - 77 / 70) <= 0.1).toBe(hazard('ratio 77/70')['abs_form_within_0.1']);
  });

  test('whole milliseconds compare where seconds do not', () => {
    expect(1000.3 - 1000.0 >= 0.3).toBe(hazard('1000.3-1000.0>=0.3').float);
    expect(1_000_300 - 1_000_000 >= 300).toBe(true);
  });
});

test('a division is exact for all whole numbers below 2^53', () => {
  const dividend = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1_000_000 });
  fc.assert(
    fc.property(dividend, fc.integer({ min: 1, max: 1_000_000 }), (n, d) => {
      expect(BigInt(floorDiv(n, d))).toBe(BigInt(n) / BigInt(d));
      expect(BigInt(ceilDiv(n, d))).toBe((BigInt(n) + BigInt(d) - 1n) / BigInt(d));
    }),
  );
});

test.each([undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.001])(
  '%s is no measurement',
  (value) => {
    expect(toMilli(value)).toBeUndefined();
  },
);

test('a measurement is whole thousandths, and a huge one is cut so that products stay exact', () => {
  expect([0, 0.7, 8.6, 14.334].map((value) => toMilli(value))).toEqual([0, 700, 8600, 14_334]);
  expect(toMilli(1e300)).toBe(1e12);
  expect(Number.isSafeInteger(toMilli(1e300)! * 1000)).toBe(true);
});

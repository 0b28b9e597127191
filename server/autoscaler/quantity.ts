/**
 * Exact arithmetic for scaling: quantities are whole thousandths, as Kubernetes' `resource.Quantity` keeps them.
 *
 * Floats go wrong at just the numbers people choose: `Math.ceil((77 / 70) * 50)` is 56, the answer is 55; 1.1 is not within
 * a tolerance of 0.1 because `1.1 - 1` is 0.10000000000000009.
 */

/** Largest value that a measurement may have: 1e9. More is taken as this, so that products stay below 2^53. */
const maxValue = 1e9;

/** Whole thousandths of a measurement; undefined where it is none: missing, NaN, infinite or negative. */
export function toMilli(value: number | undefined): number | undefined {
  if (value === undefined || !Number.isFinite(value) || value < 0) return undefined;
  return Math.round(Math.min(value, maxValue) * 1000);
}

/** The least whole number that is not below `dividend / divisor`. Both are whole and below 2^53, the divisor positive. */
export function ceilDiv(dividend: number, divisor: number): number {
  return floorDiv(dividend + divisor - 1, divisor);
}

/** The greatest whole number that is not above `dividend / divisor`, under the same conditions. */
export function floorDiv(dividend: number, divisor: number): number {
  return (dividend - (dividend % divisor)) / divisor;
}

/**
 * How long things took, as counts in fine fixed steps: sixteen per doubling from a microsecond to an hour, so that a
 * percentile is right within 3 %. Recording is one addition; what happened between two looks is a difference of counts, and
 * counts of different times and models add up, which percentiles do not.
 */

const stepBits = 4;
const stepsPerDoubling = 1 << stepBits;
/** 2^32 microseconds are 71 minutes, longer than any deadline. */
const doublings = 32;

/** Number of steps. */
export const latencySteps = (doublings - stepBits + 1) * stepsPerDoubling;

export class LatencyCounts {
  readonly counts = new Float64Array(latencySteps);

  record(ms: number): void {
    this.counts[stepOf(ms)]! += 1;
  }
}

/** A step and how often it came, for storing: most steps are empty. */
export type SparseCounts = readonly (readonly [step: number, count: number])[];

/** What was counted since `before`, which is a copy of earlier counts. */
export function countsSince(counts: Float64Array, before: Float64Array): Float64Array {
  return counts.map((count, step) => count - before[step]!);
}

/** Milliseconds that a share of the values does not exceed, taken as spread evenly within their step; undefined for none. */
export function percentileMs(counts: Float64Array, share: number): number | undefined {
  let total = 0;
  for (const count of counts) total += count;
  if (total === 0) return undefined;
  const rank = Math.max(share * total, Number.MIN_VALUE);
  let below = 0;
  for (let step = 0; step < counts.length; step++) {
    const count = counts[step]!;
    if (count > 0 && below + count >= rank) {
      const from = lowestUs(step);
      return (from + (lowestUs(step + 1) - from) * ((rank - below) / count)) / 1000;
    }
    below += count;
  }
  return lowestUs(counts.length) / 1000;
}

export function toSparse(counts: Float64Array): SparseCounts {
  const sparse: [number, number][] = [];
  for (const [step, count] of counts.entries()) if (count > 0) sparse.push([step, count]);
  return sparse;
}

/** Adds stored counts to `into`; steps that it does not have are left out. */
export function addSparse(into: Float64Array, sparse: SparseCounts): void {
  for (const [step, count] of sparse) if (step >= 0 && step < into.length) into[step]! += count;
}

/** Below sixteen microseconds a step is one microsecond, above it a sixteenth of its power of two. */
function stepOf(ms: number): number {
  const us = ms <= 0 ? 0 : Math.min(4_294_967_295, Math.round(ms * 1000));
  if (us < stepsPerDoubling) return us;
  const doubling = 31 - Math.clz32(us);
  return (doubling - stepBits + 1) * stepsPerDoubling + ((us >>> (doubling - stepBits)) & (stepsPerDoubling - 1));
}

function lowestUs(step: number): number {
  if (step < stepsPerDoubling) return step;
  const doubling = Math.floor(step / stepsPerDoubling) + stepBits - 1;
  return 2 ** (doubling - stepBits) * (stepsPerDoubling + (step % stepsPerDoubling));
}

/** Times of repeated runs as bins and percentiles. Pure. */

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Round widths, so that the edges are numbers that people read. */
function niceWidth(width: number): number {
  const power = 10 ** Math.floor(Math.log10(width));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= width * 0.999_999)!;
  return step * power;
}

/** At most `maxBins` + 1 bins of one round width over all values; empty for none. The last bin includes its end. */
export function histogram(values: readonly number[], maxBins = 12): Bin[] {
  if (values.length === 0) return [];
  const low = Math.min(...values);
  const high = Math.max(...values);
  // Times closer together than a clock can tell are one time; finer bins would be rounding errors.
  const isSpread = high - low > high * 1e-6;
  const width = isSpread ? niceWidth((high - low) / maxBins) : niceWidth(Math.max(high / maxBins, 0.01));
  const first = Math.floor(low / width + 1e-9);
  const count = Math.max(1, Math.floor(high / width + 1e-9) - first + 1);
  const bins = Array.from({ length: count }, () => 0);
  for (const value of values) {
    const at = Math.min(count - 1, Math.max(0, Math.floor(value / width + 1e-9) - first));
    bins[at]! += 1;
  }
  const edge = (index: number): number => Number(((first + index) * width).toPrecision(12));
  return bins.map((each, index) => ({ from: edge(index), to: edge(index + 1), count: each }));
}

/** The value that `share` of all values do not exceed (nearest rank); NaN for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

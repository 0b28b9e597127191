/** A line chart as one SVG element: no script, no style sheet, nothing from elsewhere, so that it works in any file. Pure. */

export interface ChartSeries {
  readonly name: string;
  /** `[x, y]`, x rising. A point that is not finite is a gap. */
  readonly points: readonly (readonly [number, number])[];
  /** Small circles on the points: for few of them. */
  readonly marks?: boolean;
}

/** `nines`: x is a percentage, and each further nine is as far as the one before. */
export type AxisScale = 'linear' | 'log' | 'nines';

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale?: AxisScale;
  readonly yScale?: 'linear' | 'log';
  readonly series: readonly ChartSeries[];
  /** A level that was asked for. */
  readonly limit?: { readonly y: number; readonly label: string } | undefined;
}

const [width, height] = [760, 300];
const [left, right, top, bottom] = [64, 16, 34, 64];
/** Told apart in print and by people who see few colours: the dashes differ as well. */
const colours = ['#1f5fbf', '#c2500a', '#2b7a3d', '#7b3fa0'];
const dashes = ['', '7 3', '2 3', '9 3 2 3'];

interface Axis {
  place(value: number): number;
  readonly ticks: readonly (readonly [number, string])[];
}

export function lineChart(chart: LineChart): string {
  const { title, xLabel, yLabel, series, xScale = 'linear', yScale = 'linear', limit } = chart;
  const shown = series.map(({ points, ...rest }) => ({
    ...rest,
    points: points.filter(([x, y]) => Number.isFinite(x) && (yScale === 'linear' || y > 0)),
  }));
  const xs = shown.flatMap(({ points }) => points.map(([x]) => x));
  const ys = shown.flatMap(({ points }) => points.map(([, y]) => y)).filter(Number.isFinite);
  if (limit !== undefined) ys.push(limit.y);
  const x = axisOf(xScale, xs, left, width - right);
  const y = axisOf(yScale, yScale === 'linear' ? [0, ...ys] : ys, height - bottom, top);
  const lines = shown.map((each, index) => seriesLine(each, index, x, y));
  const legend = shown.map(({ name }, index) => {
    const at = left + index * Math.floor((width - left - right) / Math.max(1, shown.length));
    return `<line x1="${at}" y1="${height - 14}" x2="${at + 22}" y2="${height - 14}" stroke="${colourOf(index)}" stroke-width="2" stroke-dasharray="${dashOf(index)}"/><text x="${at + 28}" y="${height - 10}">${escapeText(name)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#222">`,
    `<title>${escapeText(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${left}" y="18" font-size="14" font-weight="600">${escapeText(title)}</text>`,
    ...y.ticks.map(
      ([at, label]) =>
        `<line x1="${left}" y1="${at}" x2="${width - right}" y2="${at}" stroke="#e3e3e3"/><text x="${left - 6}" y="${at + 4}" text-anchor="end">${escapeText(label)}</text>`,
    ),
    ...x.ticks.map(
      ([at, label]) =>
        `<line x1="${at}" y1="${height - bottom}" x2="${at}" y2="${height - bottom + 4}" stroke="#888"/><text x="${at}" y="${height - bottom + 17}" text-anchor="middle">${escapeText(label)}</text>`,
    ),
    `<line x1="${left}" y1="${height - bottom}" x2="${width - right}" y2="${height - bottom}" stroke="#888"/>`,
    `<text x="${(left + width - right) / 2}" y="${height - bottom + 33}" text-anchor="middle">${escapeText(xLabel)}</text>`,
    `<text transform="translate(14 ${(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeText(yLabel)}</text>`,
    ...(limit === undefined ? [] : [limitLine(limit, y)]),
    ...lines,
    ...legend,
    '</svg>',
  ].join('\n');
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function limitLine({ y: value, label }: { readonly y: number; readonly label: string }, y: Axis): string {
  const at = y.place(value);
  return `<line x1="${left}" y1="${at}" x2="${width - right}" y2="${at}" stroke="#b00020" stroke-dasharray="4 3"/><text x="${width - right}" y="${at - 4}" text-anchor="end" fill="#b00020">${escapeText(label)}</text>`;
}

function seriesLine({ points, marks }: ChartSeries, index: number, x: Axis, y: Axis): string {
  const pieces: string[][] = [[]];
  for (const [px, py] of points) {
    if (Number.isFinite(py)) pieces.at(-1)!.push(`${x.place(px)},${y.place(py)}`);
    else if (pieces.at(-1)!.length > 0) pieces.push([]);
  }
  const style = `fill="none" stroke="${colourOf(index)}" stroke-width="2" stroke-dasharray="${dashOf(index)}" stroke-linejoin="round"`;
  const lines = pieces
    .filter((piece) => piece.length > 1)
    .map((piece) => `<polyline points="${piece.join(' ')}" ${style}/>`);
  const dots = pieces.flat().filter((_, place) => marks === true || (pieces.flat().length === 1 && place === 0));
  return [
    ...lines,
    ...dots.map((dot) => {
      const [cx, cy] = dot.split(',');
      return `<circle cx="${cx}" cy="${cy}" r="3" fill="${colourOf(index)}"/>`;
    }),
  ].join('\n');
}

const colourOf = (index: number): string => colours[index % colours.length]!;
const dashOf = (index: number): string => dashes[index % dashes.length]!;

function axisOf(scale: AxisScale, values: readonly number[], from: number, to: number): Axis {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (low > high) return { place: () => from, ticks: [] };
  const transform = transformOf(scale);
  const ticks = scale === 'linear' ? linearTicks(low, high) : scale === 'log' ? logTicks(low, high) : nineTicks(high);
  const begin = Math.min(transform(low), scale === 'nines' ? 0 : transform(ticks[0] ?? low));
  const end = Math.max(transform(high), transform(ticks.at(-1) ?? high));
  const span = end - begin || 1;
  const place = (value: number): number => {
    const share = Math.min(1, Math.max(0, (transform(value) - begin) / span));
    return Math.round((from + share * (to - from)) * 10) / 10;
  };
  return { place, ticks: ticks.map((tick) => [place(tick), tickText(tick)]) };
}

function transformOf(scale: AxisScale): (value: number) => number {
  if (scale === 'log') return (value) => Math.log10(Math.max(value, 1e-9));
  if (scale === 'nines') return (value) => -Math.log10(1 - Math.min(value, 99.999_999) / 100);
  return (value) => value;
}

/** About five, at multiples of 1, 2 or 5 times a power of ten, from at or below the least to at or above the most. */
export function linearTicks(low: number, high: number): number[] {
  if (low === high) return low === 0 ? [0, 1] : linearTicks(Math.min(0, low), Math.max(0, high));
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => rough <= factor * power) ?? 10);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

function logTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)));
  return Array.from({ length: last - first + 1 }, (_, index) => Number((10 ** (first + index)).toPrecision(12)));
}

function nineTicks(high: number): number[] {
  return [0, 50, 90, 99, 99.9, 99.99, 99.999].filter((tick, index) => index < 3 || tick <= high);
}

function tickText(value: number): string {
  return Math.abs(value) >= 1000 ? value.toLocaleString('en-US') : String(value);
}

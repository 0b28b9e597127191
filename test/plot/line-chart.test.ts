import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineChart, linearTicks } from '../../server/plot/line-chart.ts';

const chart = { title: 'A', xLabel: 'x', yLabel: 'y' };

/** The points of all lines, as drawn. */
function drawn(svg: string): (readonly [number, number])[][] {
  return [...svg.matchAll(/<polyline points="([^"]*)"/g)].map((match) =>
    match[1]!.split(' ').map((point) => point.split(',').map(Number) as [number, number]),
  );
}

describe('a line chart', () => {
  it('draws upwards what grows, to the right what comes later, and inside of the picture', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 50 }),
        fc.constantFrom('linear', 'log'),
        (values, yScale) => {
          const points = values.map((value, index) => [index, value] as const);
          const [line] = drawn(
            lineChart({ ...chart, yScale: yScale as 'linear' | 'log', series: [{ name: 's', points }] }),
          );
          for (const [index, [x, y]] of line!.entries()) {
            expect(x >= 64 && x <= 744 && y >= 34 && y <= 236).toBe(true);
            const before = line![index - 1];
            if (before === undefined) continue;
            expect(x).toBeGreaterThanOrEqual(before[0]);
            if (values[index]! > values[index - 1]!) expect(y).toBeLessThanOrEqual(before[1]);
          }
        },
      ),
    );
  });

  it('places each further nine as far as the one before', () => {
    const points = [0, 90, 99, 99.9].map((percent) => [percent, 1] as const);
    const xs = drawn(lineChart({ ...chart, xScale: 'nines', series: [{ name: 's', points }] }))[0]!.map(([x]) => x);
    expect(xs[2]! - xs[1]!).toBeCloseTo(xs[1]! - xs[0]!, 0);
    expect(xs[3]! - xs[2]!).toBeCloseTo(xs[1]! - xs[0]!, 0);
  });

  it('leaves a gap where a value is missing, and shows a lonely point', () => {
    const points = [
      [0, 1],
      [1, 2],
      [2, NaN],
      [3, 1],
      [4, 1],
    ] as const;
    expect(drawn(lineChart({ ...chart, series: [{ name: 's', points }] }))).toHaveLength(2);
    expect(lineChart({ ...chart, series: [{ name: 's', points: [[1, 1]] }] })).toContain('<circle');
  });

  it('escapes every text, and holds no script', () => {
    const evil = `<script>"&'`;
    const svg = lineChart({
      title: evil,
      xLabel: evil,
      yLabel: evil,
      series: [{ name: evil, points: [] }],
      limit: { y: 1, label: evil },
    });
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;&quot;&amp;');
  });

  it('is a whole picture without any data', () => {
    expect(lineChart({ ...chart, series: [] })).toMatch(/^<svg [\s\S]*<\/svg>$/);
    expect(lineChart({ ...chart, series: [] })).not.toContain('NaN');
  });

  it('has few ticks at round numbers that enclose the values', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        (low, span) => {
          const ticks = linearTicks(low, low + span);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          expect(ticks.length).toBeLessThanOrEqual(9);
          expect(ticks[0]).toBeLessThanOrEqual(low + 1e-6 * span);
          expect(ticks.at(-1)).toBeGreaterThanOrEqual(low + span - 1e-6 * span);
        },
      ),
    );
    expect(linearTicks(0, 10)).toEqual([0, 2, 4, 6, 8, 10]);
  });
});

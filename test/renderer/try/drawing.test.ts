import { describe, expect, it } from 'vitest';
import { rasterize } from '../../../renderer/try/drawing.ts';
import type { Stroke } from '../../../renderer/try/drawing.ts';

const line: Stroke = [
  { x: 0.5, y: 0.2 },
  { x: 0.5, y: 0.8 },
];
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('a drawing as pixels', () => {
  it('is empty without strokes', () => {
    expect(rasterize([], 8, 8, true)).toEqual(Array.from({ length: 64 }, () => 0));
  });

  it('is the same wherever and however large it was drawn', () => {
    const small = line.map(({ x, y }) => ({ x: x * 0.3 + 0.1, y: y * 0.3 + 0.4 }));
    const [a, b] = [rasterize([line], 8, 8, true), rasterize([small], 8, 8, true)];
    for (const [at, value] of a.entries()) expect(b[at]).toBeCloseTo(value, 5);
  });

  it('stays where it was drawn where it is not to be fitted', () => {
    const left = rasterize([[{ x: 0.1, y: 0.5 }]], 8, 8, false);
    expect(sum(left.filter((_, at) => at % 8 >= 4))).toBe(0);
    expect(sum(left)).toBeGreaterThan(0);
  });

  it('fills the height and is centered across', () => {
    const ink = rasterize([line], 8, 8, true);
    const rows = Array.from({ length: 8 }, (_, row) => sum(ink.slice(row * 8, row * 8 + 8)));
    expect(Math.min(...rows)).toBeGreaterThan(0);
    for (let row = 0; row < 8; row += 1) {
      for (let column = 0; column < 8; column += 1) {
        expect(ink[row * 8 + column]).toBeCloseTo(ink[row * 8 + 7 - column]!, 5);
        expect(ink[row * 8 + column]).toBeCloseTo(ink[(7 - row) * 8 + column]!, 5);
      }
    }
  });

  it('holds shares from 0 to 1 for a picture that is not square', () => {
    const ink = rasterize([line, [{ x: 0.1, y: 0.5 }]], 6, 10, true);
    expect(ink).toHaveLength(60);
    expect(Math.min(...ink)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ink)).toBeLessThanOrEqual(1);
  });
});

/** Where a picture lies in the model's: numbers of torchvision, and what must hold for every size. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitImage, pointBefore } from '../../server/protocol/image-fit.ts';

const wish = (width: number, height: number, fit: 'crop' | 'stretch' | 'pad', shorterSide?: number) => ({
  width,
  height,
  fit,
  shorterSide,
});

describe('fitting', () => {
  it('is Resize(256) and CenterCrop(224)', () => {
    expect(fitImage({ width: 500, height: 375 }, wish(224, 224, 'crop', 256))).toEqual({
      scaledWidth: 341,
      scaledHeight: 256,
      left: -58,
      top: -16,
    });
    // (341 - 224) / 2 is 58.5 and (343 - 224) / 2 is 59.5: Python rounds to the even neighbor.
    expect(fitImage({ width: 343, height: 256 }, wish(224, 224, 'crop', 256)).left).toBe(-60);
    expect(fitImage({ width: 375, height: 500 }, wish(224, 224, 'crop', 256))).toMatchObject({
      scaledWidth: 256,
      scaledHeight: 341,
    });
  });

  it('pads to the middle, the odd line below', () => {
    expect(fitImage({ width: 61, height: 43 }, wish(40, 40, 'pad'))).toEqual({
      scaledWidth: 40,
      scaledHeight: 28,
      left: 0,
      top: 6,
    });
    expect(fitImage({ width: 1000, height: 1 }, wish(40, 40, 'pad'))).toMatchObject({ scaledHeight: 1, top: 19 });
  });

  const sides = fc.integer({ min: 1, max: 5000 });
  const sizes = fc.record({ width: sides, height: sides });
  const fits = fc.constantFrom('crop' as const, 'stretch' as const, 'pad' as const);

  it('covers all with crop and stretch, and stays inside with pad', () => {
    fc.assert(
      fc.property(sizes, sizes, fits, (from, to, fit) => {
        const { scaledWidth, scaledHeight, left, top } = fitImage(from, wish(to.width, to.height, fit));
        const isInside = left >= 0 && top >= 0 && left + scaledWidth <= to.width && top + scaledHeight <= to.height;
        const isCovered = left <= 0 && top <= 0 && left + scaledWidth >= to.width && top + scaledHeight >= to.height;
        expect(fit === 'pad' ? isInside : isCovered).toBe(true);
        expect(scaledWidth).toBeGreaterThanOrEqual(1);
        expect(scaledHeight).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 1000 },
    );
  });

  it('leads back: the middle of what is seen is where it came from, and every point is inside', () => {
    fc.assert(
      fc.property(sizes, sizes, fits, fc.double({ min: -50, max: 6000, noNaN: true }), (from, to, fit, x) => {
        const fitted = fitImage(from, wish(to.width, to.height, fit));
        const { x: across, y: down } = pointBefore({ x, y: x }, from, fitted);
        expect(across).toBeGreaterThanOrEqual(0);
        expect(across).toBeLessThanOrEqual(from.width);
        expect(down).toBeGreaterThanOrEqual(0);
        expect(down).toBeLessThanOrEqual(from.height);
        const middle = pointBefore(
          { x: fitted.left + fitted.scaledWidth / 2, y: fitted.top + fitted.scaledHeight / 2 },
          from,
          fitted,
        );
        expect(middle.x).toBeCloseTo(from.width / 2, 6);
        expect(middle.y).toBeCloseTo(from.height / 2, 6);
      }),
    );
  });
});

/** Scaling against Pillow's own answers, bit by bit, and what must hold for every picture. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageFilters } from '../../server/protocol/recipe.ts';
import { resample } from '../../server/replica/resample.ts';
import type { Raster } from '../../server/replica/resample.ts';
import { answers, bytesOf, differences } from '../support/images.ts';

const photo: Raster = { width: 61, height: 43, channels: 3, data: bytesOf(answers.decoded['rgb.png']!.data) };

function scale(
  source: Raster,
  width: number,
  height: number,
  filter: Raster['width'] extends number ? (typeof imageFilters)[number] : never,
  antialias = true,
): Raster {
  return resample(
    source,
    { length: source.width, scaled: width, from: 0, count: width },
    { length: source.height, scaled: height, from: 0, count: height },
    filter,
    antialias,
  );
}

describe('scaling', () => {
  it.each(answers.scaled.filter(({ antialias }) => antialias !== false))(
    'is Pillow’s to the bit: $filter to $width × $height',
    ({ filter, width, height, data }) => {
      expect(differences(scale(photo, width, height, filter).data, bytesOf(data))).toEqual({ most: 0, count: 0 });
    },
  );

  it.each(answers.scaled.filter(({ antialias }) => antialias === false))(
    'without antialiasing differs from floats by rounding only: $width × $height',
    ({ filter, width, height, data }) => {
      const expected = bytesOf(data);
      const scaled = scale(photo, width, height, filter, false).data;
      expect(differences(scaled, expected).most).toBeLessThanOrEqual(1);
      // With antialiasing the same picture is another one.
      if (width < 40) expect(differences(scale(photo, width, height, filter).data, expected).most).toBeGreaterThan(5);
    },
  );

  const sides = fc.integer({ min: 1, max: 24 });
  const rasters = fc
    .tuple(sides, sides, fc.constantFrom(1, 3, 4))
    .chain(([width, height, channels]) =>
      fc
        .uint8Array({ minLength: width * height * channels, maxLength: width * height * channels })
        .map((data): Raster => ({ width, height, channels, data })),
    );

  it('gives for a part of the result what the whole has there', () => {
    fc.assert(
      fc.property(
        rasters,
        sides,
        sides,
        fc.constantFrom(...imageFilters),
        fc.boolean(),
        fc.gen(),
        (source, width, height, filter, antialias, pick) => {
          const whole = scale(source, width, height, filter, antialias);
          const left = pick(fc.integer, { min: 0, max: width - 1 });
          const top = pick(fc.integer, { min: 0, max: height - 1 });
          const across = { length: source.width, scaled: width, from: left, count: width - left };
          const down = { length: source.height, scaled: height, from: top, count: height - top };
          const part = resample(source, across, down, filter, antialias);
          const expected = Array.from({ length: down.count }, (_, row) => [
            ...whole.data.subarray(
              ((top + row) * width + left) * source.channels,
              (top + row + 1) * width * source.channels,
            ),
          ]).flat();
          expect([...part.data]).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keeps a picture of one color, whatever the kernel', () => {
    fc.assert(
      fc.property(
        sides,
        sides,
        sides,
        sides,
        fc.integer({ min: 0, max: 255 }),
        fc.constantFrom(...imageFilters),
        fc.boolean(),
        (w, h, width, height, shade, filter, antialias) => {
          const source = { width: w, height: h, channels: 1, data: new Uint8Array(w * h).fill(shade) };
          expect(new Set(scale(source, width, height, filter, antialias).data)).toEqual(new Set([shade]));
        },
      ),
    );
  });

  it('is the picture itself at its own size', () => {
    fc.assert(
      fc.property(rasters, fc.constantFrom(...imageFilters), fc.boolean(), (source, filter, antialias) => {
        expect(scale(source, source.width, source.height, filter, antialias).data).toEqual(source.data);
      }),
    );
  });
});

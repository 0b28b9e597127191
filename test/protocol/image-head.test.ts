/** What the head of a picture says, read from real files and from hostile ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeWrongImage, isImage, readImageHead, uprightSize } from '../../server/protocol/image-head.ts';
import { answers, image, pngHead } from '../support/images.ts';

describe('the head of a picture', () => {
  it.each(Object.entries(answers.decoded))('of %s has the size that a decoder finds', (name, { width, height }) => {
    const head = readImageHead(image(name))!;
    expect(uprightSize(head)).toEqual({ width, height });
    expect(head.isAnimated).toBe(false);
    expect(head.format).toBe(name.endsWith('png') ? 'PNG' : name.endsWith('webp') ? 'WebP' : 'JPEG');
    expect(head.orientation).toBe(Number(/exif-(\d)/.exec(name)?.[1] ?? 1));
  });

  it('tells an animation, and three formats from all others', () => {
    expect(readImageHead(image('animated.webp'))).toMatchObject({ isAnimated: true, format: 'WebP' });
    for (const name of ['animated.gif', 'photo.tiff']) {
      expect(isImage(image(name))).toBe(false);
      expect(readImageHead(image(name))).toBeUndefined();
    }
    expect(describeWrongImage(image('animated.gif'))).toBe('a GIF');
    expect(describeWrongImage(image('photo.tiff'))).toBe('a TIFF');
    expect(describeWrongImage(Buffer.from('<svg>'))).toContain('SVG');
    expect(describeWrongImage(Buffer.from('<!DOCTYPE html>'))).toBe('a web page');
    expect(describeWrongImage(Buffer.from('{"a":1}'))).toBeUndefined();
    expect(describeWrongImage(image('rgb.png'))).toBeUndefined();
  });

  it('reads the largest sizes that can be declared, and refuses none at all', () => {
    expect(readImageHead(pngHead(4_294_967_295, 1))).toMatchObject({ width: 4_294_967_295, height: 1 });
    expect(readImageHead(pngHead(0, 5))).toBeUndefined();
    expect(readImageHead(pngHead(5, 0))).toBeUndefined();
  });

  it('is undefined or a size for every part of a file, whatever is changed in it, and never throws', () => {
    const files = ['photo.jpg', 'exif-6.jpg', 'exif-6.png', 'exif-6.webp', 'lossy.webp', 'rgba.webp'].map(image);
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.nat(1200),
        fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 8 }),
        (file, length, changes) => {
          const bytes = Buffer.from(file.subarray(0, length));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          const head = readImageHead(bytes);
          if (head === undefined) return;
          expect(head.width).toBeGreaterThan(0);
          expect(head.height).toBeGreaterThan(0);
          expect([1, 2, 3, 4, 5, 6, 7, 8]).toContain(head.orientation);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('ends in time for a file of nothing but segments', () => {
    const segment = Buffer.from([0xff, 0xe0, 0x00, 0x02]);
    const began = performance.now();
    expect(
      readImageHead(Buffer.concat([Buffer.from([0xff, 0xd8]), ...Array.from({ length: 500_000 }, () => segment)])),
    ).toBeUndefined();
    expect(readImageHead(Buffer.concat([pngHead(5, 5), Buffer.alloc(2_000_000)]))).toMatchObject({ width: 5 });
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

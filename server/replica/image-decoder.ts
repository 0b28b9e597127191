/**
 * From a picture file to pixels: the only file that imports sharp, which brings libvips and its decoders for JPEG, PNG and WebP. It runs
 * inside a replica and is loaded by the first picture. What a file may be and how large has been judged by its head before this
 * (protocol/image-head.ts); here every other decoder of libvips is locked as well.
 *
 * Color profiles are not applied, as the libraries that models are trained with do not apply them; CMYK is the exception, because it has
 * no red, green and blue of its own.
 */
import sharp from 'sharp';
import { MillraceError } from '../base/errors.ts';
import type { EncodedImage } from '../protocol/encoded-images.ts';
import type { Orientation } from '../protocol/image-head.ts';
import type { Raster } from './resample.ts';

// No second copy of what each request sends, and one thread per picture: the cores belong to the runs.
sharp.cache(false);
sharp.concurrency(1);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'],
});

/** A picture of the largest size is decoded in about a second; one that takes this long never ends. */
const timeoutSeconds = 20;

/** Turned by so many degrees to the right, then mirrored. */
const turns: Readonly<Record<Orientation, { readonly degrees: number; readonly flip?: true; readonly flop?: true }>> = {
  1: { degrees: 0 },
  2: { degrees: 0, flop: true },
  3: { degrees: 180 },
  4: { degrees: 0, flip: true },
  5: { degrees: 90, flop: true },
  6: { degrees: 90 },
  7: { degrees: 270, flop: true },
  8: { degrees: 270 },
};

/**
 * Pixels of 8 bits with 1 to 4 channels (gray, gray and alpha, RGB, RGBA), turned as the file's mark says where `isUpright`. Throws
 * `invalid-tensor` where the file is damaged or ends too early.
 */
export async function decodeImage({ bytes, head }: EncodedImage, isUpright: boolean, input: string): Promise<Raster> {
  const { degrees, flip, flop } = turns[isUpright ? head.orientation : 1];
  let pipeline = sharp(bytes, {
    // Damage is refused; warnings of files that only break a rule are not.
    failOn: 'error',
    limitInputPixels: head.width * head.height,
    sequentialRead: degrees === 0 && flip !== true,
    autoOrient: false,
    ignoreIcc: true,
    pages: 1,
  }).timeout({ seconds: timeoutSeconds });
  if (degrees !== 0) pipeline = pipeline.rotate(degrees);
  let pixels: Raster;
  try {
    const { data, info } = await pipeline
      .toColorspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    pixels = { width: info.width, height: info.height, channels: info.channels, data };
  } catch (error) {
    throw new MillraceError(
      'invalid-tensor',
      `A picture of input "${input}" cannot be decoded: it is ${faultOf(error)}.`,
      {
        hint: `Check that the ${head.format} file is complete.`,
      },
    );
  }
  // Mirrored last, whatever order the library works in.
  if (flop === true) mirrorRows(pixels);
  if (flip === true) mirrorColumns(pixels);
  return pixels;
}

/** The decoder's own text names its functions; a person wants to know whether the file is short or broken. */
function faultOf(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  if (/premature|truncated|end of (?:file|stream|input)|unexpected end|not enough/i.test(text)) return 'cut off';
  return /timeout/i.test(text) ? 'too slow to decode' : 'damaged';
}

function mirrorRows({ width, height, channels, data }: Raster): void {
  for (let row = 0; row < height; row += 1) {
    const line = row * width * channels;
    for (let left = 0, right = width - 1; left < right; left += 1, right -= 1) {
      for (let channel = 0; channel < channels; channel += 1) {
        const a = line + left * channels + channel;
        const b = line + right * channels + channel;
        const kept = data[a]!;
        data[a] = data[b]!;
        data[b] = kept;
      }
    }
  }
}

function mirrorColumns({ width, height, channels, data }: Raster): void {
  const stride = width * channels;
  const kept = new Uint8Array(stride);
  for (let top = 0, bottom = height - 1; top < bottom; top += 1, bottom -= 1) {
    kept.set(data.subarray(top * stride, (top + 1) * stride));
    data.copyWithin(top * stride, bottom * stride, (bottom + 1) * stride);
    data.set(kept, bottom * stride);
  }
}

/** Decoding against Pillow's own answers, and files that are not what they say. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readImageHead } from '../../server/protocol/image-head.ts';
import { resolveImage } from '../../server/protocol/resolved-image.ts';
import { decodeImage } from '../../server/replica/image-decoder.ts';
import { inChannels } from '../../server/replica/image-numbers.ts';
import { answers, bytesOf, differences, image } from '../support/images.ts';

const decode = (bytes: Buffer, upright = true) => decodeImage({ bytes, head: readImageHead(bytes)! }, upright, 'x');

/** Shades by which a file may differ from Pillow's reading. 0 where nothing is lost in the format. */
const allowed = (name: string): number =>
  /cmyk/.test(name) ? 255 : /lossy/.test(name) ? 2 : name.endsWith('jpg') ? 1 : 0;

describe('decoding', () => {
  it.each(Object.entries(answers.decoded))('reads %s as Pillow does', async (name, expected) => {
    const pixels = await decode(image(name));
    expect([pixels.width, pixels.height]).toEqual([expected.width, expected.height]);
    const wanted = bytesOf(expected.data);
    const channels = (wanted.length / (expected.width * expected.height)) as 3 | 4;
    const recipe = resolveImage(
      { layout: 'NHWC', channels, width: 1, height: 1 },
      { name: 'x', datatype: 'UINT8', shape: [-1, -1, -1, channels] },
      0,
    );
    const shown = differences(inChannels(pixels, recipe).data, wanted);
    expect(shown.most).toBeLessThanOrEqual(allowed(name));
    // CMYK is converted by a profile here and without one there: alike to the eye.
    if (/cmyk/.test(name)) expect(shown.most).toBeGreaterThan(0);
  });

  it('applies no color profile, as the libraries do not that models are trained with', async () => {
    const plain = image('rgb.png');
    const source = { raw: { width: 1, height: 1, channels: 3 as const } };
    const wide = await sharp(Buffer.alloc(3), source).png().withIccProfile('p3').toBuffer();
    const at = wide.indexOf('iCCP') - 4;
    const profile = wide.subarray(at, at + 12 + wide.readUInt32BE(at));
    const tagged = Buffer.concat([plain.subarray(0, 33), profile, plain.subarray(33)]);
    expect((await sharp(tagged).metadata()).icc?.length).toBeGreaterThan(100);
    expect((await decode(tagged)).data).toEqual((await decode(plain)).data);
  });

  it('leaves a picture as it is stored where it is not to be turned', async () => {
    const stored = await decode(image('exif-6.png'), false);
    const turned = await decode(image('exif-6.png'));
    expect([stored.width, stored.height]).toEqual([61, 43]);
    expect([turned.width, turned.height]).toEqual([43, 61]);
  });
});

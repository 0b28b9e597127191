/** Pictures that lie about themselves, end too early or were tampered with, sent to real replicas: refused with a sentence, and the process lives on. */
import { crc32, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { image, pngHead } from '../support/images.ts';
import { recipeModels } from '../support/recipe-models.ts';
import { refuses } from '../support/refusal.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({ models: recipeModels.filter(({ name }) => name === 'gray') });
}, 60_000);
afterAll(() => host[Symbol.asyncDispose]());

const send = (model: string, body: string | Uint8Array, type?: string): Promise<HttpAnswer> =>
  host.send(`/predict/${model}`, { body, headers: type === undefined ? {} : { 'Content-Type': type } });

describe('a file that is not what it says', () => {
  /** A PNG of one color, as small as a bomb can be. */
  const flatPng = (width: number, height: number): Buffer => {
    const chunk = (type: string, data: Buffer): Buffer => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(data.length);
      head.write(type, 4, 'latin1');
      const end = Buffer.alloc(4);
      end.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), data])));
      return Buffer.concat([head, data, end]);
    };
    const pixels = deflateSync(Buffer.alloc((width * 3 + 1) * height), { level: 9 });
    const head = pngHead(width, height);
    return Buffer.concat([
      head.subarray(0, 8),
      chunk('IHDR', head.subarray(16, 29)),
      chunk('IDAT', pixels),
      chunk('IEND', Buffer.alloc(0)),
    ]);
  };

  it('is refused by the pixels that it declares, before it is decoded', async () => {
    const began = performance.now();
    for (const [width, height] of [
      [65_000, 65_000],
      [2_147_483_647, 2_147_483_647],
      [50_000_001, 1],
      [7072, 7071],
    ] as const) {
      refuses(await send('gray', pngHead(width, height)), 400, 'invalid-tensor', `${width} × ${height} pixels`);
    }
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('is refused as what it is', async () => {
    const svg = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>';
    for (const [body, what] of [
      [image('animated.gif'), 'a GIF'],
      [image('photo.tiff'), 'a TIFF'],
      [image('animated.webp'), 'animated'],
      [Buffer.from(svg), 'an SVG'],
      [Buffer.from('BM000000000000000000'), 'a Windows bitmap'],
      [Buffer.from('\0\0\0\x18ftypheic0000'), 'a HEIC'],
    ] as const) {
      refuses(await send('gray', body, 'image/png'), 415, 'unsupported-media-type', what);
      const data = [body.toString('base64')];
      const infer = { inputs: [{ name: 'x', datatype: 'BYTES', shape: [1], data }] };
      refuses(await host.infer('gray', infer), 415, 'unsupported-media-type', what);
    }
  });

  it('is refused where it ends too early or is damaged, and the replica lives on', async () => {
    const pids = await host.pids();
    for (const name of ['photo.jpg', 'progressive.jpg', 'rgb.png', 'lossy.webp', 'lossless.webp']) {
      const whole = image(name);
      for (const share of [0.4, 0.7, 0.95]) {
        const cut = whole.subarray(0, Math.floor(whole.length * share));
        const answer = await send('gray', cut);
        refuses(answer, 400, 'invalid-tensor', 'cannot be decoded');
        expect(answer.text).not.toMatch(/vips|libspng|\//i);
      }
    }
    refuses(await send('gray', pngHead(8, 8)), 400, 'invalid-tensor', 'cannot be decoded');
    expect(await host.pids()).toEqual(pids);
  });

  it('does not end a replica, whatever is flipped in it', async () => {
    const random = seededRandom(5);
    const pids = await host.pids();
    const statuses = new Set<number>();
    for (const name of [
      'photo.jpg',
      'progressive.jpg',
      'palette.png',
      'rgba.png',
      'rgb16.png',
      'lossy.webp',
      'rgba.webp',
      'cmyk.jpg',
    ]) {
      for (let round = 0; round < 25; round += 1) {
        const bytes = Buffer.from(image(name));
        for (let flip = 0; flip < 1 + (round % 6); flip += 1)
          bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
        const { status, text } = await send('gray', bytes, 'image/png');
        statuses.add(status);
        expect([200, 400, 415], text).toContain(status);
      }
    }
    expect(statuses.has(400)).toBe(true);
    expect(await host.pids()).toEqual(pids);
  }, 60_000);

  it('may be as large as the limit and as small as a bomb: it is decoded once, alone, and the memory comes back', async () => {
    const bomb = flatPng(7000, 7000);
    expect(bomb.length).toBeLessThan(500_000);
    const all = await Promise.all(Array.from({ length: 6 }, () => send('gray', bomb)));
    for (const answer of all) {
      expect(answer.status, answer.text).toBe(200);
      const { prediction } = answer.json<{ prediction: { y: number[] } }>();
      expect(prediction.y).toEqual(Array.from({ length: 64 }, () => 16));
    }
    const { models } = await host.status();
    const rss = models.find(({ name }) => name === 'gray')!.versions[0]!.replicas[0]!.rssBytes;
    // 147 MB of pixels, twice at most, on top of some 130 MB.
    expect(rss).toBeLessThan(700_000_000);
  }, 60_000);
});

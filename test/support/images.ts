/** The pictures of test/fixtures/images with what Pillow and numpy make of them, and bare heads of pictures to be hostile with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageRecipe } from '../../server/protocol/recipe.ts';

const folder = fileURLToPath(new URL('../fixtures/images', import.meta.url));

interface Answers {
  readonly decoded: Readonly<
    Record<string, { readonly width: number; readonly height: number; readonly data: string }>
  >;
  readonly scaled: readonly {
    readonly filter: 'nearest' | 'box' | 'bilinear' | 'bicubic' | 'lanczos';
    readonly antialias?: boolean;
    readonly width: number;
    readonly height: number;
    readonly data: string;
  }[];
  readonly prepared: readonly {
    readonly file: string;
    readonly what: string;
    readonly recipe: ImageRecipe;
    readonly type: 'float32' | 'uint8';
    readonly data: string;
  }[];
}

export const answers = JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8')) as Answers;

export function image(name: string): Buffer {
  return readFileSync(join(folder, name));
}

export function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/** Largest difference of two rows of bytes, and how many differ. */
export function differences(a: ArrayLike<number>, b: ArrayLike<number>): { most: number; count: number } {
  let most = 0;
  let count = 0;
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const apart = Math.abs((a[at] ?? Number.NaN) - (b[at] ?? Number.NaN));
    if (apart === 0) continue;
    count += 1;
    most = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(most, apart);
  }
  return { most, count };
}

/** The first 33 bytes of a PNG that declares a size and has nothing behind it. */
export function pngHead(width: number, height: number): Buffer {
  const head = Buffer.alloc(33);
  head.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  head.writeUInt32BE(13, 8);
  head.write('IHDR', 12, 'latin1');
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  head.set([8, 2, 0, 0, 0], 24);
  return head;
}

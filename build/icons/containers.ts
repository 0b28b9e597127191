/**
 * The two files that hold an icon in several sizes: `.ico` for Windows and `.icns` for macOS. Both are a table of PNGs, which
 * every system that Millrace runs on reads. And the bitmaps that the Windows installer wants. Pure.
 */

export interface SizedPng {
  readonly size: number;
  readonly png: Buffer;
}

/** Microsoft's ICONDIR: six bytes, sixteen for each image, the images. */
export function icoFile(images: readonly SizedPng[]): Buffer {
  const head = Buffer.alloc(6 + 16 * images.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(images.length, 4);
  let offset = head.length;
  images.forEach(({ size, png }, index) => {
    const at = 6 + 16 * index;
    // One byte a side: 256 is written as 0.
    head[at] = size % 256;
    head[at + 1] = size % 256;
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  });
  return Buffer.concat([head, ...images.map(({ png }) => png)]);
}

/** Apple's types for PNGs, by pixels: one for plain and one for Retina screens where both have the size. */
const icnsTypes: readonly (readonly [type: string, size: number])[] = [
  ['icp4', 16],
  ['icp5', 32],
  ['ic11', 32],
  ['ic12', 64],
  ['ic07', 128],
  ['ic08', 256],
  ['ic13', 256],
  ['ic09', 512],
  ['ic14', 512],
  ['ic10', 1024],
];

export const icnsSizes: readonly number[] = [...new Set(icnsTypes.map(([, size]) => size))];

/** `images` has one of each of `icnsSizes`. */
export function icnsFile(images: readonly SizedPng[]): Buffer {
  const blocks = icnsTypes.map(([type, size]) => {
    const { png } = images.find((image) => image.size === size)!;
    return Buffer.concat([Buffer.from(type, 'latin1'), uint32(png.length + 8), png]);
  });
  const body = Buffer.concat(blocks);
  return Buffer.concat([Buffer.from('icns', 'latin1'), uint32(body.length + 8), body]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A Windows bitmap with 24 bits a pixel from RGBA on white: rows from the bottom, blue first, each row a multiple of four bytes. */
export function bmpFile(width: number, height: number, rgba: Uint8Array): Buffer {
  const rowBytes = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(54 + rowBytes * height);
  file.write('BM', 0, 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  file.writeUInt32LE(rowBytes * height, 34);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 4;
      const to = 54 + (height - 1 - y) * rowBytes + x * 3;
      const alpha = rgba[from + 3]! / 255;
      for (const channel of [0, 1, 2]) {
        // Premultiplied, as the renderer gives it.
        file[to + 2 - channel] = Math.round(Math.min(255, rgba[from + channel]! + 255 * (1 - alpha)));
      }
    }
  }
  return file;
}

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bmpFile, icnsFile, icnsSizes, icoFile } from '../../build/icons/containers.ts';
import { packageImages, trayImages } from '../../build/icons/draw-icons.ts';
import { root } from '../architecture/source-files.ts';

const icons = join(root, 'resources', 'icons');
const source = join(icons, 'source');

const pngSize = (png: Buffer): readonly [number, number] => [png.readUInt32BE(16), png.readUInt32BE(20)];

describe('the tray images', () => {
  it('in the repository are what the drawings give: run `npm run icons` after a change', async () => {
    const drawn = await trayImages(source);
    const kept = readdirSync(icons).filter((name) => name.endsWith('.png'));
    expect(kept.toSorted()).toEqual(drawn.map(({ name }) => name).toSorted());
    for (const { name, bytes } of drawn) expect(readFileSync(join(icons, name)).equals(bytes), name).toBe(true);
  });

  it('are five states in four files each, 16 and 32 pixels', async () => {
    const drawn = await trayImages(source);
    expect(drawn).toHaveLength(20);
    for (const state of ['ready', 'busy', 'starting', 'attention', 'stopped']) {
      for (const kind of ['', 'Template']) {
        for (const [scale, size] of [
          ['', 16],
          ['@2x', 32],
        ] as const) {
          const { bytes } = drawn.find(({ name }) => name === `tray-${state}${kind}${scale}.png`)!;
          expect(pngSize(bytes)).toEqual([size, size]);
        }
      }
    }
  });

  it('have a color that stands out from a white and from a black bar, three to one', () => {
    for (const name of readdirSync(source).filter((file) => file.startsWith('tray-'))) {
      const [, color] = / color="(#[0-9a-f]{6})"/.exec(readFileSync(join(source, name), 'utf8'))!;
      expect(contrast(color!, '#ffffff'), `${name} on white`).toBeGreaterThanOrEqual(3);
      expect(contrast(color!, '#202020'), `${name} on black`).toBeGreaterThanOrEqual(3);
    }
  });
});

describe('the package images', () => {
  it('have every size that the systems ask for', async () => {
    const images = await packageImages(source);
    const named = (name: string): Buffer => images.find((image) => image.name === name)!.bytes;
    const ico = named('icon.ico');
    expect(ico.readUInt16LE(4)).toBe(9);
    const first = ico.subarray(ico.readUInt32LE(18), ico.readUInt32LE(18) + ico.readUInt32LE(14));
    expect(pngSize(first)).toEqual([16, 16]);
    const icns = named('icon.icns');
    expect(icns.toString('latin1', 0, 4)).toBe('icns');
    expect(icns.readUInt32BE(4)).toBe(icns.length);
    expect(pngSize(named('icons/512x512.png'))).toEqual([512, 512]);
    expect(pngSize(named('background@2x.png'))).toEqual([1080, 760]);
    const sidebar = named('installerSidebar.bmp');
    expect([sidebar.readInt32LE(18), sidebar.readInt32LE(22), sidebar.readUInt16LE(28)]).toEqual([164, 314, 24]);
  });
});

describe('the containers', () => {
  const image = (size: number): { size: number; png: Buffer } => ({ size, png: Buffer.from(`png of ${size}`) });

  it('an ico file leads to each of its images', () => {
    const file = icoFile([16, 256].map(image));
    for (const [index, size] of [16, 256].entries()) {
      const at = 6 + 16 * index;
      expect(file[at]).toBe(size % 256);
      const offset = file.readUInt32LE(at + 12);
      expect(file.toString('latin1', offset, offset + file.readUInt32LE(at + 8))).toBe(`png of ${size}`);
    }
  });

  it('an icns file is a chain of blocks that ends where the file ends', () => {
    const file = icnsFile(icnsSizes.map(image));
    const types: string[] = [];
    let at = 8;
    for (; at < file.length; at += file.readUInt32BE(at + 4)) types.push(file.toString('latin1', at, at + 4));
    expect(at).toBe(file.length);
    expect(types).toContain('ic10');
    expect(new Set(types).size).toBe(10);
  });

  it('a bitmap begins with its last row, blue first', () => {
    const rgba = Uint8Array.from([255, 0, 0, 255, 0, 0, 255, 255]);
    const file = bmpFile(1, 2, rgba);
    expect([...file.subarray(54, 58)]).toEqual([255, 0, 0, 0]);
    expect([...file.subarray(58, 62)]).toEqual([0, 0, 255, 0]);
  });
});

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].toSorted((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** WCAG's. */
function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((at) => parseInt(color.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

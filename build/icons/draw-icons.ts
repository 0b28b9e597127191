/**
 * Draws every icon from the SVGs in resources/icons/source. The same sources give the same bytes.
 *
 * Tray images are kept in the repository, because the shell of a fresh clone shows them; a test compares them with what is drawn.
 * Everything else is made when it is packed.
 */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { bmpFile, icnsFile, icnsSizes, icoFile } from './containers.ts';

/** Below it lines of the large drawing would be thinner than a pixel. */
const smallSize = 32;
const icoSizes = [16, 20, 24, 32, 40, 48, 64, 128, 256];
const linuxSizes = [16, 24, 32, 48, 64, 128, 256, 512];

/** macOS wants a margin around the tile, the others none. */
const wholeView = '0 0 1024 1024';
const tileView = '100 100 824 824';

export interface DrawnFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** What the shell needs beside itself, in a clone too: `tray-<state>.png`, for macOS `tray-<state>Template.png`, each also `@2x`. */
export async function trayImages(sourceFolder: string): Promise<DrawnFile[]> {
  const names = (await readdir(sourceFolder)).filter((name) => /^tray-.+\.svg$/.test(name)).toSorted();
  const drawn = names.map(async (name) => {
    const svg = await readFile(join(sourceFolder, name), 'utf8');
    // macOS colors the image itself and looks only at what is there and what is not.
    const template = svg.replace(/ color="#[0-9a-f]{6}"/, ' color="#000000"');
    const base = name.replace(/\.svg$/, '');
    return [16, 32].flatMap((size) => {
      const scale = size === 32 ? '@2x' : '';
      return [
        { name: `${base}${scale}.png`, bytes: png(svg, size) },
        { name: `${base}Template${scale}.png`, bytes: png(template, size) },
      ];
    });
  });
  return (await Promise.all(drawn)).flat();
}

/** What electron-builder takes from its folder of resources. */
export async function packageImages(sourceFolder: string): Promise<DrawnFile[]> {
  const read = (name: string): Promise<string> => readFile(join(sourceFolder, name), 'utf8');
  const [large, small] = [await read('app.svg'), await read('app-small.svg')];
  const [sidebar, dmg] = [await read('installer-sidebar.svg'), await read('dmg-background.svg')];
  const tile = (size: number): Buffer => png(size <= smallSize ? small : withView(large, tileView), size);
  const onMac = (size: number): Buffer =>
    // The small drawing has no margin of its own: it would be larger than its neighbors in the Dock.
    png(size <= smallSize ? withView(small, wholeView) : large, size);
  const bitmap = new Resvg(sidebar, { fitTo: { mode: 'width', value: 164 } }).render();
  return [
    { name: 'icon.ico', bytes: icoFile(icoSizes.map((size) => ({ size, png: tile(size) }))) },
    { name: 'icon.icns', bytes: icnsFile(icnsSizes.map((size) => ({ size, png: onMac(size) }))) },
    ...linuxSizes.map((size) => ({ name: `icons/${size}x${size}.png`, bytes: tile(size) })),
    { name: 'installerSidebar.bmp', bytes: bmpFile(bitmap.width, bitmap.height, bitmap.pixels) },
    { name: 'background.png', bytes: png(dmg, 540) },
    { name: 'background@2x.png', bytes: png(dmg, 1080) },
  ];
}

export async function writeImages(folder: string, files: readonly DrawnFile[]): Promise<void> {
  for (const { name, bytes } of files) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
}

function png(svg: string, width: number): Buffer {
  return new Resvg(svg, { fitTo: { mode: 'width', value: width } }).render().asPng();
}

function withView(svg: string, view: string): string {
  return svg.replace(/viewBox="[^"]*"/, `viewBox="${view}"`);
}

/** From a picture file to pixels of the size that a model takes, on a canvas of the browser. */
import type { ImageView } from '../../../server/protocol/admin/recipe-view.ts';
import type { PixelSource } from '../../try/pixels.ts';
import type { FileValue } from '../../try/request.ts';

export const pictureFits = ['crop', 'stretch', 'pad'] as const;
/** `crop`: the middle, filling; `stretch`: all of it, distorted; `pad`: all of it, with black borders. */
export type PictureFit = (typeof pictureFits)[number];

/** A larger file is not a picture for a model, and decoding it would take the page's memory. */
const maxFileBytes = 50_000_000;

/** Throws where the browser cannot read it. */
export async function openPicture(file: Blob): Promise<ImageBitmap> {
  if (file.size > maxFileBytes) throw new Error('too large');
  return createImageBitmap(file);
}

/** The file as a field holds it. Throws where it cannot be read. */
export async function fileValue(file: File): Promise<FileValue> {
  return { file, fileName: file.name, b64: await base64Of(file) };
}

/** Shares of ink as a picture in the model's own size, dark on light paper or the other way round. */
export async function inkFile(
  ink: readonly number[],
  width: number,
  height: number,
  isDark: boolean,
): Promise<FileValue> {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(width, height);
  for (const [pixel, share] of ink.entries()) {
    const shade = Math.round(255 * (isDark ? 1 - share : share));
    image.data.set([shade, shade, shade, 255], pixel * 4);
  }
  context.putImageData(image, 0, 0);
  const file = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  return { file: file!, fileName: 'drawing.png', b64: await base64Of(file!) };
}

async function base64Of(file: Blob): Promise<string> {
  const reader = new FileReader();
  const read = new Promise<string>((resolve, reject) => {
    reader.addEventListener('load', () => resolve(reader.result as string));
    reader.addEventListener('error', () => reject(reader.error!));
  });
  reader.readAsDataURL(file);
  const address = await read;
  return address.slice(address.indexOf(',') + 1);
}

/** Roughly what the host makes of it, to look at: the browser scales in its own way. */
export function shapedPicture(
  bitmap: ImageBitmap,
  { width, height, fit, shorterSide, padding, background, channels }: ImageView,
): { width: number; height: number; rgba: Uint8ClampedArray } {
  const zoom = fit === 'crop' && shorterSide !== undefined ? shorterSide / Math.max(width, height) : 1;
  const [x, y, w, h] = placeOf(bitmap.width, bitmap.height, width * zoom, height * zoom, fit);
  const rgba = draw(width, height, colorOf(fit === 'pad' ? padding : background), (context) => {
    const [left, top] = [x - (width * (zoom - 1)) / 2, y - (height * (zoom - 1)) / 2];
    context.fillStyle = colorOf(background);
    context.fillRect(left, top, w, h);
    context.drawImage(bitmap, left, top, w, h);
  });
  if (channels === 1) {
    for (let at = 0; at < rgba.length; at += 4) {
      const gray = Math.round(0.299 * rgba[at]! + 0.587 * rgba[at + 1]! + 0.114 * rgba[at + 2]!);
      rgba.fill(gray, at, at + 3);
    }
  }
  return { width, height, rgba };
}

function colorOf([red, green, blue]: readonly number[]): string {
  return `rgb(${red} ${green} ${blue})`;
}

export interface FittedPicture extends PixelSource {
  readonly hasAlpha: boolean;
}

/** `background` lies under transparent parts. */
export function fitPicture(
  bitmap: ImageBitmap,
  width: number,
  height: number,
  fit: PictureFit,
  keepsAlpha: boolean,
): FittedPicture {
  const [x, y, w, h] = placeOf(bitmap.width, bitmap.height, width, height, fit);
  const bare = draw(width, height, undefined, (context) => context.drawImage(bitmap, x, y, w, h));
  let hasAlpha = false;
  if (fit !== 'pad') for (let at = 3; at < bare.length && !hasAlpha; at += 4) hasAlpha = bare[at]! < 250;
  if (keepsAlpha) return { width, height, rgba: bare, hasAlpha };
  const rgba = draw(width, height, fit === 'pad' ? '#000' : '#fff', (context) => {
    if (fit === 'pad') {
      context.fillStyle = '#fff';
      context.fillRect(x, y, w, h);
    }
    context.drawImage(bitmap, x, y, w, h);
  });
  return { width, height, rgba, hasAlpha };
}

function draw(
  width: number,
  height: number,
  background: string | undefined,
  paint: (context: CanvasRenderingContext2D) => void,
): Uint8ClampedArray {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  if (background !== undefined) {
    context.fillStyle = background;
    context.fillRect(0, 0, width, height);
  }
  paint(context);
  return context.getImageData(0, 0, width, height).data;
}

function placeOf(
  fromWidth: number,
  fromHeight: number,
  width: number,
  height: number,
  fit: PictureFit,
): readonly [number, number, number, number] {
  if (fit === 'stretch') return [0, 0, width, height];
  const ratios = [width / fromWidth, height / fromHeight];
  const scale = fit === 'crop' ? Math.max(...ratios) : Math.min(...ratios);
  const w = fromWidth * scale;
  const h = fromHeight * scale;
  return [(width - w) / 2, (height - h) / 2, w, h];
}

/** From a picture file to pixels of the size that a model takes, on a canvas of the browser. */
import type { PixelSource } from '../../try/pixels.ts';

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

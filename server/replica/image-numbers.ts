/** From pixels to the numbers that a model takes: background, gray, scale, cut, borders, range, order. Pure. */
import { allocateElements } from '../protocol/datatypes.ts';
import { numberToBf16, numberToFp16 } from '../protocol/half-floats.ts';
import { fitImage } from '../protocol/image-fit.ts';
import type { FittedImage } from '../protocol/image-fit.ts';
import type { Color } from '../protocol/recipe.ts';
import { shadeTables } from '../protocol/resolved-image.ts';
import type { PictureDatatype, ResolvedImage } from '../protocol/resolved-image.ts';
import type { Datatype, TensorData } from '../protocol/tensors.ts';
import { resample } from './resample.ts';
import type { Raster, Span } from './resample.ts';

/** All numbers of `count` pictures, to be filled picture by picture. */
export class ImageNumbers {
  readonly #recipe: ResolvedImage;
  readonly #shades: readonly TensorData[];
  readonly #perPicture: number;
  readonly data: TensorData;

  constructor(recipe: ResolvedImage, count: number) {
    this.#recipe = recipe;
    this.#shades = shadeTables(recipe).map((table) => inDatatype(table, recipe.datatype));
    this.#perPicture = recipe.width * recipe.height * recipe.channels;
    this.data = allocateElements(recipe.datatype, count * this.#perPicture);
  }

  /** `pixels` as the decoder gives them. */
  put(index: number, pixels: Raster): void {
    const fitted = fitRaster(inChannels(pixels, this.#recipe), this.#recipe);
    write(fitted, this.#recipe, this.#shades, this.data as Float32Array, index * this.#perPicture);
  }
}

/** The picture in the model's size and channels, still in 8 bits. */
export function fitRaster(pixels: Raster, recipe: ResolvedImage): Raster {
  const { width, height, filter, antialias, padding } = recipe;
  const place = fitImage(pixels, recipe);
  const across = spanOf(pixels.width, place.scaledWidth, place.left, width);
  const down = spanOf(pixels.height, place.scaledHeight, place.top, height);
  const scaled = resample(pixels, across, down, filter, antialias);
  if (scaled.width === width && scaled.height === height) return scaled;
  return onCanvas(scaled, place, recipe, padding);
}

/** The visible part of a side: all of it, or what is left after the cut. */
function spanOf(length: number, scaled: number, offset: number, wanted: number): Span {
  const from = Math.max(0, -offset);
  return { length, scaled, from, count: Math.min(wanted, scaled - from) };
}

function onCanvas(
  scaled: Raster,
  { left, top }: FittedImage,
  { width, height, channels }: ResolvedImage,
  color: Color,
): Raster {
  const data = new Uint8Array(width * height * channels);
  const shades = channels === 1 ? [grayOf(...color)] : [...color, 255];
  for (let at = 0; at < data.length; at += 1) data[at] = shades[at % channels]!;
  const stride = scaled.width * channels;
  for (let row = 0; row < scaled.height; row += 1) {
    const to = ((Math.max(0, top) + row) * width + Math.max(0, left)) * channels;
    data.set(scaled.data.subarray(row * stride, (row + 1) * stride), to);
  }
  return { width, height, channels, data };
}

/** Pillow's weights for `convert('L')`: ITU-R BT.601 in 16 bits. */
export function grayOf(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** Gray, color or color with alpha, as the model takes it; what is transparent lies on the background. */
export function inChannels(pixels: Raster, { channels, background }: ResolvedImage): Raster {
  if (pixels.channels === channels) return pixels;
  const { width, height, data } = pixels;
  const count = width * height;
  const from = pixels.channels;
  const hasAlpha = from === 2 || from === 4;
  const isGray = from <= 2;
  const result = new Uint8Array(count * channels);
  if (from === 3 && channels === 1) {
    for (let pixel = 0, at = 0; pixel < count; pixel += 1, at += 3) {
      result[pixel] = grayOf(data[at]!, data[at + 1]!, data[at + 2]!);
    }
    return { width, height, channels, data: result };
  }
  for (let pixel = 0; pixel < count; pixel += 1) {
    const at = pixel * from;
    let red = data[at]!;
    let green = isGray ? red : data[at + 1]!;
    let blue = isGray ? red : data[at + 2]!;
    const alpha = hasAlpha ? data[at + from - 1]! : 255;
    if (alpha !== 255 && channels !== 4) {
      red = over(red, background[0], alpha);
      green = over(green, background[1], alpha);
      blue = over(blue, background[2], alpha);
    }
    const to = pixel * channels;
    if (channels === 1) result[to] = isGray && red === green && green === blue ? red : grayOf(red, green, blue);
    else {
      result[to] = red;
      result[to + 1] = green;
      result[to + 2] = blue;
      if (channels === 4) result[to + 3] = alpha;
    }
  }
  return { width, height, channels, data: result };
}

function over(shade: number, below: number, alpha: number): number {
  return Math.round((shade * alpha + below * (255 - alpha)) / 255);
}

function write(
  { data, width, height, channels }: Raster,
  { layout, order }: ResolvedImage,
  shades: readonly TensorData[],
  target: Float32Array,
  offset: number,
): void {
  const pixels = width * height;
  const isPlanar = layout === 'NCHW';
  for (let channel = 0; channel < channels; channel += 1) {
    const place = order === 'BGR' && channel < 3 ? 2 - channel : channel;
    const table = shades[channel] as Float32Array;
    let to = offset + (isPlanar ? place * pixels : place);
    const step = isPlanar ? 1 : channels;
    for (let pixel = 0, at = channel; pixel < pixels; pixel += 1, at += channels, to += step) {
      target[to] = table[data[at]!]!;
    }
  }
}

const integers: Partial<Record<Datatype, readonly [least: number, most: number]>> = {
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
};

/** Rounded to the nearest that the datatype holds. */
function inDatatype(table: Float64Array, datatype: PictureDatatype): TensorData {
  const result = allocateElements(datatype, table.length) as Float32Array;
  const range = integers[datatype];
  for (const [shade, value] of table.entries()) {
    if (datatype === 'FP16') result[shade] = numberToFp16(value);
    else if (datatype === 'BF16') result[shade] = numberToBf16(value);
    else result[shade] = range === undefined ? value : Math.min(range[1], Math.max(range[0], Math.round(value)));
  }
  return result;
}

/** From the pixels of a picture to the numbers that a model takes: order of channels, range, normalization. Pure. */
import type { PictureField } from './form-model.ts';

/** How a picture becomes numbers, visible and changeable on the form. */
export interface PicturePreset {
  /** `unit`: 0 to 1; `byte`: 0 to 255; `imagenet`: 0 to 1, then less the mean, by the deviation; `sixteen`: 0 to 16. */
  readonly range: PictureRange;
  readonly isInverted: boolean;
}

export const pictureRanges = ['unit', 'byte', 'imagenet', 'sixteen', 'signed'] as const;
export type PictureRange = (typeof pictureRanges)[number];

/** Mean and standard deviation of ImageNet's pictures, red, green, blue: what most vision models were trained with. */
const imagenetMean = [0.485, 0.456, 0.406];
const imagenetDeviation = [0.229, 0.224, 0.225];

/** The likeliest range: bytes for integers, what the model's own example has, ImageNet for large color pictures, else 0 to 1. */
export function guessRange({ datatype, channels, example, height }: PictureField): PictureRange {
  const isFloat = datatype === 'FP32' || datatype === 'FP64' || datatype === 'FP16' || datatype === 'BF16';
  if (!isFloat) return 'byte';
  if (example !== undefined && example.length > 0) {
    const top = Math.max(...example);
    if (Math.min(...example) < 0) return 'signed';
    if (top > 16) return 'byte';
    return top > 1 ? 'sixteen' : 'unit';
  }
  return channels === 3 && (height >= 160 || height === -1) ? 'imagenet' : 'unit';
}

/** One value from 0 to 1 in the preset's range. */
export function inRange(value: number, range: PictureRange, channel: number, isInteger: boolean): number {
  switch (range) {
    case 'unit':
      return isInteger ? Math.round(value) : value;
    case 'byte':
      return Math.round(value * 255);
    case 'sixteen':
      return Math.round(value * 16);
    case 'signed':
      return value * 2 - 1;
    case 'imagenet':
      return (value - imagenetMean[channel % 3]!) / imagenetDeviation[channel % 3]!;
  }
}

/** RGBA bytes, row by row, as the browser's canvas gives them. */
export interface PixelSource {
  readonly width: number;
  readonly height: number;
  readonly rgba: ArrayLike<number>;
}

/** Values from 0 to 1 per pixel and channel; gray by the eye's weights (ITU-R BT.601). */
function channelValue({ rgba }: PixelSource, pixel: number, channel: number, channels: number): number {
  const at = pixel * 4;
  if (channels === 1) return (0.299 * rgba[at]! + 0.587 * rgba[at + 1]! + 0.114 * rgba[at + 2]!) / 255;
  return rgba[at + channel]! / 255;
}

/** Six figures: what single precision holds, and half the length in a request. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/** The numbers of one picture in the model's order, without the batch. */
export function pictureValues(source: PixelSource, field: PictureField, preset: PicturePreset): number[] {
  const { channels, layout } = field;
  const pixels = source.width * source.height;
  const isInteger = /INT/.test(field.datatype);
  const valueAt = (pixel: number, channel: number): number => {
    const value = channelValue(source, pixel, channel, channels);
    return rounded(inRange(preset.isInverted ? 1 - value : value, preset.range, channel, isInteger));
  };
  const total = pixels * channels;
  return layout === 'channels-last'
    ? Array.from({ length: total }, (_, at) => valueAt(Math.floor(at / channels), at % channels))
    : Array.from({ length: total }, (_, at) => valueAt(at % pixels, Math.floor(at / pixels)));
}

/** The numbers of a drawing: shares of ink from 0 to 1, white on black where the preset inverts. */
export function drawingValues(ink: readonly number[], field: PictureField, preset: PicturePreset): number[] {
  const isInteger = /INT/.test(field.datatype);
  return ink.map((share) => rounded(inRange(preset.isInverted ? 1 - share : share, preset.range, 0, isInteger)));
}

/** The shape of one picture without the batch. */
export function pictureShape({ layout, channels }: PictureField, height: number, width: number): number[] {
  switch (layout) {
    case 'flat':
      return [height * width];
    case 'no-channels':
      return [height, width];
    case 'channels-first':
      return [channels, height, width];
    case 'channels-last':
      return [height, width, channels];
  }
}

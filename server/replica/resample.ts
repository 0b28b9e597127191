/**
 * Scales a picture as Pillow does: the same kernels, the same fixed-point weights, rounded to 8 bits after each direction, so that a
 * model sees the very numbers that it was trained with. Pure; only the part of the result that is wanted is computed.
 *
 * Sources: Pillow's documented behavior of `Image.resize`, and the kernels by Keys (1981) and Duchon (1979). Without antialiasing it is
 * the scaling of OpenCV and of torch's `interpolate(antialias=False)`: a few pixels around each point, however far apart those are.
 */
import type { ImageFilter } from '../protocol/recipe.ts';

/** 8-bit samples, row by row, channels together. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** One direction: `length` samples become `scaled`, of which those from `from` on, `count` many, are wanted. */
export interface Span {
  readonly length: number;
  readonly scaled: number;
  readonly from: number;
  readonly count: number;
}

interface Kernel {
  /** Half its width in samples, 0 outside of that. */
  readonly support: number;
  weight(x: number): number;
}

interface Taps {
  /** First sample of each output sample, and how many there are. */
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `size` places for each. */
  readonly weights: Int32Array;
  readonly size: number;
}

/** Bits of a weight behind the point: a sum of 8-bit samples times them just fits in 32 bits with its sign. */
const precision = 22;
const one = 1 << precision;
const half = 1 << (precision - 1);

function cubic(a: number): (x: number) => number {
  return (signed) => {
    const x = Math.abs(signed);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

const kernels: Readonly<Record<Exclude<ImageFilter, 'nearest'>, Kernel>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: cubic(-0.5) },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** What OpenCV and torch use where they do not smooth. */
const sharpCubic: Kernel = { support: 2, weight: cubic(-0.75) };

/** The wanted part of the scaled picture, `across.count` × `down.count`; the spans lie inside of it. */
export function resample(source: Raster, across: Span, down: Span, filter: ImageFilter, antialias: boolean): Raster {
  if (filter === 'nearest') return pick(source, across, down);
  const kernel = filter === 'bicubic' && !antialias ? sharpCubic : kernels[filter];
  const rowTaps = isWhole(down) ? undefined : tapsOf(down, kernel, antialias);
  // Rows that no wanted one is made of are not looked at.
  const first = rowTaps === undefined ? 0 : rowTaps.starts[0]!;
  const last = rowTaps === undefined ? source.height : lastSample(rowTaps, down.count);
  const between = isWhole(across)
    ? cutRows(source, first, last)
    : resampleRows(source, first, last, across.count, tapsOf(across, kernel, antialias));
  return rowTaps === undefined ? between : resampleColumns(between, first, down.count, rowTaps);
}

/** Nothing to compute in this direction: the samples are the result. */
function isWhole({ length, scaled, from, count }: Span): boolean {
  return scaled === length && from === 0 && count === length;
}

function tapsOf({ length, scaled, from, count }: Span, kernel: Kernel, antialias: boolean): Taps {
  const scale = length / scaled;
  const stretch = antialias ? Math.max(1, scale) : 1;
  const support = kernel.support * stretch;
  const size = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Int32Array(count * size);
  const shares = new Float64Array(size);
  for (let index = 0; index < count; index += 1) {
    const center = (from + index + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(length, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let at = begin; at < end; at += 1) {
      const share = kernel.weight((at - center + 0.5) / stretch);
      shares[at - begin] = share;
      sum += share;
    }
    starts[index] = begin;
    counts[index] = end - begin;
    for (let at = 0; at < end - begin; at += 1) {
      const share = sum === 0 ? 0 : shares[at]! / sum;
      // Halves away from zero, as C's truncation of a shifted number gives them.
      weights[index * size + at] = share < 0 ? Math.trunc(share * one - 0.5) : Math.trunc(share * one + 0.5);
    }
  }
  return { starts, counts, weights, size };
}

function lastSample({ starts, counts }: Taps, count: number): number {
  let last = 0;
  for (let index = 0; index < count; index += 1) last = Math.max(last, starts[index]! + counts[index]!);
  return last;
}

function resampleRows(source: Raster, first: number, last: number, count: number, taps: Taps): Raster {
  const { width, channels, data } = source;
  const height = last - first;
  const result = new Uint8Array(count * height * channels);
  const { starts, counts, weights, size } = taps;
  let to = 0;
  for (let row = first; row < last; row += 1) {
    const line = row * width * channels;
    for (let index = 0; index < count; index += 1) {
      const begin = line + starts[index]! * channels;
      const place = index * size;
      const end = place + counts[index]!;
      if (channels === 3) {
        // Most pictures: each sample is looked at once.
        let red = half;
        let green = half;
        let blue = half;
        for (let tap = place, at = begin; tap < end; tap += 1, at += 3) {
          const weight = weights[tap]!;
          red += data[at]! * weight;
          green += data[at + 1]! * weight;
          blue += data[at + 2]! * weight;
        }
        result[to] = clip(red);
        result[to + 1] = clip(green);
        result[to + 2] = clip(blue);
        to += 3;
        continue;
      }
      for (let channel = 0; channel < channels; channel += 1) {
        let sum = half;
        for (let tap = place, at = begin + channel; tap < end; tap += 1, at += channels)
          sum += data[at]! * weights[tap]!;
        result[to] = clip(sum);
        to += 1;
      }
    }
  }
  return { width: count, height, channels, data: result };
}

/** `first`: the row of the source that is the first of `between`. */
function resampleColumns(between: Raster, first: number, count: number, taps: Taps): Raster {
  const { width, channels, data } = between;
  const stride = width * channels;
  const result = new Uint8Array(stride * count);
  const { starts, counts, weights, size } = taps;
  const sums = new Int32Array(stride);
  for (let index = 0; index < count; index += 1) {
    sums.fill(half);
    for (let tap = 0; tap < counts[index]!; tap += 1) {
      const weight = weights[index * size + tap]!;
      const line = (starts[index]! - first + tap) * stride;
      for (let at = 0; at < stride; at += 1) sums[at]! += data[line + at]! * weight;
    }
    const to = index * stride;
    for (let at = 0; at < stride; at += 1) result[to + at] = clip(sums[at]!);
  }
  return { width, height: count, channels, data: result };
}

function clip(sum: number): number {
  const shade = sum >> precision;
  return shade < 0 ? 0 : shade > 255 ? 255 : shade;
}

function cutRows(source: Raster, first: number, last: number): Raster {
  const stride = source.width * source.channels;
  return { ...source, height: last - first, data: source.data.subarray(first * stride, last * stride) };
}

function pick({ width, channels, data }: Raster, across: Span, down: Span): Raster {
  const result = new Uint8Array(across.count * down.count * channels);
  const sample = ({ length, scaled, from }: Span, index: number): number =>
    Math.min(length - 1, Math.floor(((from + index + 0.5) * length) / scaled));
  const columns = Int32Array.from({ length: across.count }, (_, index) => sample(across, index) * channels);
  let to = 0;
  for (let row = 0; row < down.count; row += 1) {
    const line = sample(down, row) * width * channels;
    for (let column = 0; column < across.count; column += 1) {
      const at = line + columns[column]!;
      for (let channel = 0; channel < channels; channel += 1) {
        result[to] = data[at + channel]!;
        to += 1;
      }
    }
  }
  return { width: across.count, height: down.count, channels, data: result };
}

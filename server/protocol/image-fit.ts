/**
 * Where a picture lies in the model's picture: how far it is scaled and what is cut off or added. Pure geometry, the same in host and
 * replica, so that boxes that a model finds can be given in the pixels of the picture that was sent.
 *
 * Sizes are rounded as torchvision's `Resize` and `CenterCrop` do: the longer side down, an odd cut to the even neighbor.
 */
import type { ImageFit } from './recipe.ts';

export interface FitWish {
  readonly width: number;
  readonly height: number;
  readonly fit: ImageFit;
  readonly shorterSide: number | undefined;
}

export interface FittedImage {
  /** The whole picture after scaling. */
  readonly scaledWidth: number;
  readonly scaledHeight: number;
  /** Where its upper left corner lies in the model's picture: below 0 where it is cut, above where there is a border. */
  readonly left: number;
  readonly top: number;
}

/** `from`: the picture after turning, at least 1 × 1. */
export function fitImage(from: { readonly width: number; readonly height: number }, wish: FitWish): FittedImage {
  const { width, height, fit, shorterSide } = wish;
  if (fit === 'stretch') return { scaledWidth: width, scaledHeight: height, left: 0, top: 0 };
  if (fit === 'pad') {
    const scale = Math.min(width / from.width, height / from.height);
    const scaledWidth = Math.min(width, Math.max(1, Math.round(from.width * scale)));
    const scaledHeight = Math.min(height, Math.max(1, Math.round(from.height * scale)));
    return {
      scaledWidth,
      scaledHeight,
      left: Math.floor((width - scaledWidth) / 2),
      top: Math.floor((height - scaledHeight) / 2),
    };
  }
  const { scaledWidth, scaledHeight } =
    shorterSide === undefined ? covering(from, width, height) : byShorterSide(from, shorterSide);
  return {
    scaledWidth,
    scaledHeight,
    left: -roundHalfEven((scaledWidth - width) / 2),
    top: -roundHalfEven((scaledHeight - height) / 2),
  };
}

/** A point of the model's picture in the pixels of the one that was sent, inside of it. */
export function pointBefore(
  { x, y }: { readonly x: number; readonly y: number },
  from: { readonly width: number; readonly height: number },
  { scaledWidth, scaledHeight, left, top }: FittedImage,
): { readonly x: number; readonly y: number } {
  const clamp = (value: number, most: number): number => Math.max(0, Math.min(most, value));
  return {
    x: clamp(((x - left) * from.width) / scaledWidth, from.width),
    y: clamp(((y - top) * from.height) / scaledHeight, from.height),
  };
}

function covering(
  from: { readonly width: number; readonly height: number },
  width: number,
  height: number,
): { scaledWidth: number; scaledHeight: number } {
  const scale = Math.max(width / from.width, height / from.height);
  return {
    scaledWidth: Math.max(width, Math.trunc(from.width * scale)),
    scaledHeight: Math.max(height, Math.trunc(from.height * scale)),
  };
}

function byShorterSide(
  from: { readonly width: number; readonly height: number },
  shorterSide: number,
): { scaledWidth: number; scaledHeight: number } {
  const long = (longer: number, shorter: number): number => Math.trunc((shorterSide * longer) / shorter);
  return from.width <= from.height
    ? { scaledWidth: shorterSide, scaledHeight: long(from.height, from.width) }
    : { scaledWidth: long(from.width, from.height), scaledHeight: shorterSide };
}

/** Python's `round` for what ends in .5, as torchvision uses it. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The recipe of one picture input, completed: sizes, layout and the number that each of the 256 shades becomes. Pure. */
import { recipeFault } from './recipe-fault.ts';
import type { Color, ImageChannels, ImageFilter, ImageFit, ImageLayout, ImageRecipe } from './recipe.ts';
import type { Datatype, TensorSpec } from './tensors.ts';
import { quoted, shapeText } from './wording.ts';

export interface ResolvedImage {
  /** The input's name. */
  readonly name: string;
  /** Its place in the signature. */
  readonly index: number;
  readonly datatype: PictureDatatype;
  readonly width: number;
  readonly height: number;
  readonly channels: ImageChannels;
  readonly layout: ImageLayout;
  /** The input has a first dimension for rows; where it is fixed, only one picture goes in. */
  readonly isBatched: boolean;
  readonly order: 'RGB' | 'BGR';
  readonly range: readonly [number, number];
  readonly mean: readonly number[] | undefined;
  readonly std: readonly number[] | undefined;
  readonly fit: ImageFit;
  readonly shorterSide: number | undefined;
  readonly filter: ImageFilter;
  readonly antialias: boolean;
  readonly background: Color;
  readonly padding: Color;
  readonly upright: boolean;
  readonly maxPixels: number;
}

/** Phones take 12 to 50 million pixels; decoded these are 200 MB for a moment. */
const defaultMaxPixels = 50_000_000;
const white: Color = [255, 255, 255];
const black: Color = [0, 0, 0];

/** Datatypes that a shade can become. */
const pictureTypes = [
  'FP16',
  'BF16',
  'FP32',
  'FP64',
  'UINT8',
  'UINT16',
  'UINT32',
  'INT8',
  'INT16',
  'INT32',
] as const satisfies readonly Datatype[];
export type PictureDatatype = (typeof pictureTypes)[number];

interface Dimensions {
  readonly channels: number | undefined;
  readonly height: number | undefined;
  readonly width: number | undefined;
}

/** Throws `invalid-manifest` where the recipe contradicts the input, or neither says what is needed. */
export function resolveImage(recipe: ImageRecipe, spec: TensorSpec, index: number): ResolvedImage {
  const { name, shape } = spec;
  const datatype = pictureTypes.find((type) => type === spec.datatype);
  if (datatype === undefined) {
    throw recipeFault(
      `makes a picture of the input ${quoted(name)}, which takes ${spec.datatype}`,
      'A picture becomes numbers of up to 32 bits or FP64.',
    );
  }
  const layout = recipe.layout ?? guessLayout(shape);
  if (layout === undefined) {
    throw recipeFault(
      `does not say the "layout" of the input ${quoted(name)}, and its shape ${shapeText(shape)} does not either`,
      'Write "layout": "NCHW", "NHWC", "NHW" or "flat".',
    );
  }
  const isBatched = isBatchedShape(spec, layout);
  const inner = isBatched ? shape.slice(1) : shape;
  const declared = dimensionsOf(inner, layout);
  const width = side(recipe.width, declared.width, 'width', spec);
  const height = side(recipe.height, declared.height, 'height', spec);
  const channels = channelsOf(recipe, declared, inner, width * height, layout, spec);
  if (layout === 'flat' && inner[0] !== -1 && inner[0] !== width * height * channels) {
    throw recipeFault(
      `makes ${width * height * channels} numbers (${width} × ${height} × ${channels}) for the input ${quoted(name)}, which takes ${inner[0]}`,
      'Correct "width", "height" or "channels".',
    );
  }
  checkChannels(recipe, channels, spec);
  const isFloat = /^(FP|BF)/.test(datatype);
  return {
    name,
    index,
    datatype,
    width,
    height,
    channels,
    layout,
    isBatched,
    order: recipe.order ?? 'RGB',
    range: recipe.range ?? (isFloat ? [0, 1] : [0, 255]),
    mean: recipe.mean,
    std: recipe.std,
    fit: recipe.fit ?? 'crop',
    shorterSide: shorterSideOf(recipe, width, height, spec),
    filter: recipe.filter ?? 'bilinear',
    antialias: recipe.antialias ?? true,
    background: recipe.background ?? white,
    padding: recipe.padding ?? black,
    upright: recipe.upright ?? true,
    maxPixels: recipe.maxPixels ?? defaultMaxPixels,
  };
}

/** The shape of `rows` pictures as the model takes them. */
export function imageShape({ layout, channels, height, width, isBatched }: ResolvedImage, rows: number): number[] {
  const inner = {
    NCHW: [channels, height, width],
    NHWC: [height, width, channels],
    NHW: [height, width],
    flat: [height * width * channels],
  }[layout];
  return isBatched ? [rows, ...inner] : inner;
}

/** What each of the 256 shades becomes, by channel of the picture: red, green, blue, alpha. Not yet rounded to the datatype. */
export function shadeTables(image: ResolvedImage): Float64Array[] {
  const { channels, range, mean, std } = image;
  const [black, white] = range;
  return Array.from({ length: channels }, (_, channel) => {
    // Means are in the order of the numbers that the model takes.
    const place = image.order === 'BGR' && channels >= 3 && channel < 3 ? 2 - channel : channel;
    const less = mean?.[mean.length === 1 ? 0 : place] ?? 0;
    const by = std?.[std.length === 1 ? 0 : place] ?? 1;
    return Float64Array.from({ length: 256 }, (_, shade) => (black + (shade / 255) * (white - black) - less) / by);
  });
}

function guessLayout(shape: readonly number[]): ImageLayout | undefined {
  switch (shape.length) {
    case 4:
      return isChannels(shape[1]) ? 'NCHW' : isChannels(shape[3]) ? 'NHWC' : undefined;
    case 3:
      if (isChannels(shape[0]) && shape[0] !== 1) return 'NCHW';
      return isChannels(shape[2]) ? 'NHWC' : 'NHW';
    case 2:
    case 1:
      return 'flat';
    default:
      return undefined;
  }
}

const ranks: Readonly<Record<ImageLayout, number>> = { NCHW: 4, NHWC: 4, NHW: 3, flat: 2 };

function isBatchedShape({ name, shape }: TensorSpec, layout: ImageLayout): boolean {
  const rank = ranks[layout];
  if (shape.length === rank - 1) return false;
  if (shape.length === rank && (shape[0] === -1 || shape[0] === 1)) return true;
  throw recipeFault(
    shape.length === rank
      ? `makes one picture for the input ${quoted(name)}, which takes ${shape[0]} at once (${shapeText(shape)})`
      : `has the layout ${layout} for the input ${quoted(name)}, whose shape ${shapeText(shape)} has ${shape.length} dimensions`,
    'Correct "layout", or export the model with a free first dimension.',
  );
}

function dimensionsOf(inner: readonly number[], layout: ImageLayout): Dimensions {
  const at = (place: number): number | undefined => (inner[place] === -1 ? undefined : inner[place]);
  switch (layout) {
    case 'NCHW':
      return { channels: at(0), height: at(1), width: at(2) };
    case 'NHWC':
      return { height: at(0), width: at(1), channels: at(2) };
    case 'NHW':
      return { height: at(0), width: at(1), channels: 1 };
    case 'flat':
      return { height: undefined, width: undefined, channels: undefined };
  }
}

function side(
  wished: number | undefined,
  declared: number | undefined,
  which: 'width' | 'height',
  { name, shape }: TensorSpec,
): number {
  if (wished !== undefined && declared !== undefined && wished !== declared) {
    throw recipeFault(
      `says ${which} ${wished} for the input ${quoted(name)}, but the model takes ${declared} there (${shapeText(shape)})`,
      `Write "${which}": ${declared}, or leave it out.`,
    );
  }
  const size = wished ?? declared;
  if (size !== undefined) return size;
  throw recipeFault(
    `does not say the ${which} of the input ${quoted(name)}, and the model takes any (${shapeText(shape)})`,
    `Add "${which}", in pixels.`,
  );
}

function channelsOf(
  { channels: wished }: ImageRecipe,
  { channels: declared }: Dimensions,
  inner: readonly number[],
  pixels: number,
  layout: ImageLayout,
  { name, shape }: TensorSpec,
): ImageChannels {
  const known = declared ?? (layout === 'flat' && inner[0] !== -1 ? inner[0]! / pixels : undefined);
  if (wished !== undefined && known !== undefined && wished !== known && layout !== 'flat') {
    throw recipeFault(
      `says ${wished} channels for the input ${quoted(name)}, but the model takes ${known} there (${shapeText(shape)})`,
      `Write "channels": ${known}, or leave it out.`,
    );
  }
  const channels = wished ?? known;
  if (channels === 1 || channels === 3 || channels === 4) return channels;
  throw recipeFault(
    channels === undefined
      ? `does not say the channels of the input ${quoted(name)}, and the model takes any (${shapeText(shape)})`
      : `makes a picture of the input ${quoted(name)} (${shapeText(shape)}), which would have ${channels} channels`,
    'A picture has 1 channel (gray), 3 (color) or 4 (color and transparency).',
  );
}

function checkChannels({ mean, std, order }: ImageRecipe, channels: number, { name }: TensorSpec): void {
  for (const [field, values] of [
    ['mean', mean],
    ['std', std],
  ] as const) {
    if (values === undefined || values.length === 1 || values.length === channels) continue;
    throw recipeFault(
      `has ${values.length} numbers as "${field}" of the input ${quoted(name)}, which has ${channels} channels`,
      'Give one number for each channel, or one for all.',
    );
  }
  if (order === 'BGR' && channels === 1) {
    throw recipeFault(`has the order BGR for the input ${quoted(name)}, which is gray`, 'Leave "order" out.');
  }
}

function shorterSideOf(
  { shorterSide, fit }: ImageRecipe,
  width: number,
  height: number,
  { name }: TensorSpec,
): number | undefined {
  if (shorterSide === undefined || fit === 'stretch' || fit === 'pad') return undefined;
  if (shorterSide >= Math.max(width, height)) return shorterSide;
  throw recipeFault(
    `has the shorter side ${shorterSide} for the input ${quoted(name)}, from which ${width} × ${height} are to be cut`,
    `Write at least ${Math.max(width, height)}.`,
  );
}

function isChannels(size: number | undefined): boolean {
  return size === 1 || size === 3 || size === 4;
}

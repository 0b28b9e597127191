/**
 * Which form fits a model's signature: a picture to draw or drop, a row of named numbers, texts, or plain arrays. Pure; the
 * fields themselves are in places/try.
 */
import type { ModelView } from '../../server/protocol/admin/host-view.ts';
import type { ColumnView, ImageView, RecipeView } from '../../server/protocol/admin/recipe-view.ts';
import type { Datatype, TensorSpec } from '../../server/protocol/tensors.ts';

interface FieldBase {
  /** The tensor's name. */
  readonly name: string;
  readonly datatype: Datatype;
  /** As the model declares it, -1 for a free dimension. */
  readonly shape: readonly number[];
  /** The first dimension is free: a request may leave it out or send many rows. */
  readonly isBatched: boolean;
}

/** One value per feature: a column of labeled fields, or many rows pasted as CSV. */
export interface RowField extends FieldBase {
  readonly kind: 'row';
  readonly features: readonly string[];
  /** What the recipe says of each; undefined where the model has none for it. */
  readonly columns: readonly ColumnView[] | undefined;
  readonly example: readonly number[] | undefined;
}

export type Channels = 1 | 3 | 4;

/** Height and width: -1 where the model takes any. */
export interface PictureField extends FieldBase {
  readonly kind: 'picture';
  /** `flat`: the pixels are the features of a row. */
  readonly layout: 'channels-first' | 'channels-last' | 'no-channels' | 'flat';
  readonly channels: Channels;
  readonly height: number;
  readonly width: number;
  /** Small enough to be drawn by hand. */
  readonly isDrawn: boolean;
  /** How the host makes numbers of a file; undefined: this page does, by what it guesses. */
  readonly recipe: ImageView | undefined;
  readonly example: readonly number[] | undefined;
}

/** Texts, one per element. */
export interface TextField extends FieldBase {
  readonly kind: 'text';
}

/** Anything else: an array of the right shape. */
export interface ArrayField extends FieldBase {
  readonly kind: 'array';
}

export type FormField = RowField | PictureField | TextField | ArrayField;

/** More fields than this are pasted, not typed. */
const maxTypedFeatures = 256;
/** A picture up to this many pixels wide and high is drawn. */
const maxDrawnPixels = 64;
/** Below this a dimension is not the side of a picture. */
const minPicturePixels = 6;

type FormFacts = Pick<ModelView, 'signature' | 'featureNames' | 'exampleRow' | 'recipe'>;

/** Undefined until the signature is known. */
export function formOf({ signature, featureNames, exampleRow, recipe }: FormFacts): readonly FormField[] | undefined {
  if (signature === undefined) return undefined;
  const isOnly = signature.inputs.length === 1;
  return signature.inputs.map((spec) =>
    fieldOf(spec, isOnly ? featureNames : undefined, isOnly ? exampleRow : undefined, recipe),
  );
}

export function fieldOf(
  { name, datatype, shape }: TensorSpec,
  featureNames: readonly string[] | undefined,
  example: readonly number[] | undefined,
  recipe?: RecipeView,
): FormField {
  const base: FieldBase = { name, datatype, shape, isBatched: shape[0] === -1 && shape.length > 1 };
  const image = recipe?.images.find(({ input }) => input === name);
  if (image !== undefined) return recipePicture(base, image, example);
  const columns = recipe?.columns.filter(({ input }) => input === name) ?? [];
  if (columns.length > 0 && columns.length <= maxTypedFeatures) {
    const features = columns.map((column) => column.name);
    return {
      ...base,
      kind: 'row',
      features,
      columns,
      example: example?.length === features.length ? example : undefined,
    };
  }
  if (datatype === 'BYTES') return { ...base, kind: 'text' };
  const picture = pictureOf(shape, featureNames);
  if (picture !== undefined && datatype !== 'BOOL') {
    const { height, width } = picture;
    const isDrawn =
      picture.channels === 1 && height > 0 && height <= maxDrawnPixels && width > 0 && width <= maxDrawnPixels;
    return { ...base, kind: 'picture', ...picture, isDrawn, recipe: undefined, example };
  }
  const width = shape.at(-1) ?? 0;
  const isRow = shape.length === 2 && (shape[0] === -1 || shape[0] === 1) && width > 0 && width <= maxTypedFeatures;
  if (isRow && datatype !== 'BOOL') {
    const features =
      featureNames?.length === width ? featureNames : Array.from({ length: width }, (_, index) => `${name}[${index}]`);
    return {
      ...base,
      kind: 'row',
      features,
      columns: undefined,
      example: example?.length === width ? example : undefined,
    };
  }
  return { ...base, kind: 'array' };
}

const recipeLayouts = {
  NCHW: 'channels-first',
  NHWC: 'channels-last',
  NHW: 'no-channels',
  flat: 'flat',
} as const;

function recipePicture(base: FieldBase, recipe: ImageView, example: readonly number[] | undefined): PictureField {
  const { channels, height, width } = recipe;
  const isDrawnSide = (size: number): boolean => size >= minPicturePixels && size <= maxDrawnPixels;
  const isDrawn = channels === 1 && isDrawnSide(height) && isDrawnSide(width);
  const layout = recipeLayouts[recipe.layout];
  return { ...base, kind: 'picture', layout, channels, height, width, isDrawn, recipe, example };
}

type PictureShape = Pick<PictureField, 'layout' | 'channels' | 'height' | 'width'>;

function pictureOf(shape: readonly number[], featureNames: readonly string[] | undefined): PictureShape | undefined {
  return pixelFeatures(featureNames) ?? pictureDimensions(shape);
}

/** Features that are named as the pixels of a picture, row by row: `pixel_0_0`, `pixel_0_1`, … */
function pixelFeatures(names: readonly string[] | undefined): PictureShape | undefined {
  if (names === undefined || names.length < minPicturePixels * minPicturePixels) return undefined;
  const last = /^pixel_(\d+)_(\d+)$/.exec(names.at(-1)!);
  if (last === null) return undefined;
  const height = Number(last[1]) + 1;
  const width = Number(last[2]) + 1;
  const isComplete =
    height * width === names.length &&
    names.every((name, index) => name === `pixel_${Math.floor(index / width)}_${index % width}`);
  return isComplete ? { layout: 'flat', channels: 1, height, width } : undefined;
}

function pictureDimensions(shape: readonly number[]): PictureShape | undefined {
  const isSide = (size: number | undefined): boolean => size === -1 || (size !== undefined && size >= minPicturePixels);
  const [batch, a, b, c] = shape;
  if (batch !== -1 && batch !== 1) return undefined;
  if (shape.length === 4) {
    if (isChannels(a) && isSide(b) && isSide(c))
      return { layout: 'channels-first', channels: a, height: b!, width: c! };
    if (isChannels(c) && isSide(a) && isSide(b)) return { layout: 'channels-last', channels: c, height: a!, width: b! };
  }
  // Without channels only equal sides tell a picture from a series of vectors.
  if (shape.length === 3 && a === b && a !== -1 && isSide(a)) {
    return { layout: 'no-channels', channels: 1, height: a!, width: b! };
  }
  return undefined;
}

function isChannels(size: number | undefined): size is Channels {
  return size === 1 || size === 3 || size === 4;
}

/** Shapes as people read them: `any × 3 × 224 × 224`. */
export function shapeText(shape: readonly number[], anyWord: string): string {
  return shape.length === 0 ? '1' : shape.map((size) => (size === -1 ? anyWord : String(size))).join(' × ');
}

/** How many elements a shape has with its free dimensions filled in. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

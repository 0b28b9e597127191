/**
 * Recipes: how an input is made of what people have (a picture, a table with words in it), and how an output is read. Plain data, as
 * millrace.json has it; models/recipe-schema.ts parses it, resolved-recipe.ts completes it by the model's signature.
 */

/** What the letters of a layout stand for: N rows, C channels, H lines, W columns. `flat`: all numbers of a picture in one row. */
export const imageLayouts = ['NCHW', 'NHWC', 'NHW', 'flat'] as const;
export type ImageLayout = (typeof imageLayouts)[number];

/** `crop`: the middle, filling; `stretch`: all of it, distorted; `pad`: all of it, with borders. */
export const imageFits = ['crop', 'stretch', 'pad'] as const;
export type ImageFit = (typeof imageFits)[number];

/** The kernels of Pillow under the same names. */
export const imageFilters = ['nearest', 'box', 'bilinear', 'bicubic', 'lanczos'] as const;
export type ImageFilter = (typeof imageFilters)[number];

export type ImageChannels = 1 | 3 | 4;

/** Red, green, blue, 0 to 255. */
export type Color = readonly [number, number, number];

/** What is absent follows from the signature, or is the default that resolved-recipe.ts gives. */
export interface ImageRecipe {
  /** Pixels, 1 to 4096. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly channels?: ImageChannels | undefined;
  readonly layout?: ImageLayout | undefined;
  readonly order?: 'RGB' | 'BGR' | undefined;
  /** What black and white become. */
  readonly range?: readonly [number, number] | undefined;
  /** Taken off after the range, one per channel. */
  readonly mean?: readonly number[] | undefined;
  /** Divided by after that, one per channel. */
  readonly std?: readonly number[] | undefined;
  readonly fit?: ImageFit | undefined;
  /** Pixels of the shorter side before the middle is cut out; only with `crop`. */
  readonly shorterSide?: number | undefined;
  readonly filter?: ImageFilter | undefined;
  /** False: a few pixels are looked at for each, as OpenCV does; true: all that lie under it, as Pillow does. */
  readonly antialias?: boolean | undefined;
  /** Under transparent parts. */
  readonly background?: Color | undefined;
  /** Of the borders that `pad` adds. */
  readonly padding?: Color | undefined;
  /** Turned as the camera's mark (EXIF) says. */
  readonly upright?: boolean | undefined;
  /** Larger pictures are refused before they are decoded. */
  readonly maxPixels?: number | undefined;
}

export interface ColumnRecipe {
  readonly name: string;
  /** `cm`, `°C`: for people. */
  readonly unit?: string | undefined;
  /** One sentence for people. */
  readonly description?: string | undefined;
  /** Values below are refused. */
  readonly min?: number | undefined;
  /** Values above are refused. */
  readonly max?: number | undefined;
  /** Words with the numbers that they become: the place in a list, or the number in an object. */
  readonly categories?: readonly string[] | Readonly<Record<string, number>> | undefined;
  /** Stands for a value that is not sent: a number, or a word of `categories`. */
  readonly default?: number | string | undefined;
}

export interface TableRecipe {
  /** One per value of a row, in the model's order. */
  readonly columns: readonly ColumnRecipe[];
}

/** Exactly one of the two. */
export interface InputRecipe {
  readonly image?: ImageRecipe | undefined;
  readonly table?: TableRecipe | undefined;
}

/** What the four numbers of a box are. `x`, `y`: its upper left corner; `cx`, `cy`: its middle. */
export const boxFormats = ['xyxy', 'yxyx', 'xywh', 'cxcywh'] as const;
export type BoxFormat = (typeof boxFormats)[number];

/** What follows the four numbers where boxes and scores are one output. */
export const boxColumns = ['score-class', 'class-score', 'scores', 'objectness-scores'] as const;
export type BoxColumns = (typeof boxColumns)[number];

export interface BoxRecipe {
  readonly format: BoxFormat;
  /** Of the model's picture: its pixels, or shares of its sides. Default `pixels`. */
  readonly units?: 'pixels' | 'shares' | undefined;
  /** The output with the scores: one per box, or one per box and class. Absent: `columns` says. */
  readonly scores?: string | undefined;
  /** The output with one class per box. */
  readonly classes?: string | undefined;
  /** Default `score-class`. */
  readonly columns?: BoxColumns | undefined;
  /** Boxes lie side by side, one per column of the output. Default false. */
  readonly transposed?: boolean | undefined;
  /** The number of the first class. Default 0. */
  readonly firstClass?: number | undefined;
  /** Boxes below are left out, 0 to 1. Default 0.25. */
  readonly minScore?: number | undefined;
  /** Of two boxes of a class that share more than this of their area the weaker is left out. Absent: none is. */
  readonly overlap?: number | undefined;
  /** Boxes of one answer, the surest first, 1 to 1000. Default 100. */
  readonly most?: number | undefined;
}

export interface OutputRecipe {
  /** By index. Default: labels.txt where it has as many lines as the output has classes. */
  readonly labels?: readonly string[] | undefined;
  /** Only the likeliest classes, 1 to 1000, as a list. */
  readonly top?: number | undefined;
  /** What makes shares of a model's raw scores. */
  readonly activation?: 'softmax' | 'sigmoid' | undefined;
  /** Of the number: `cm`, `°C`. */
  readonly unit?: string | undefined;
  readonly boxes?: BoxRecipe | undefined;
}

/** All recipes of a model; at least one of the two has an entry. */
export interface Recipe {
  readonly inputs: Readonly<Record<string, InputRecipe>>;
  readonly outputs: Readonly<Record<string, OutputRecipe>>;
}

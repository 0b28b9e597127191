/**
 * The parts `inputs` and `outputs` of millrace.json, parsed: fields, ranges, and what must fit together without the model. Whether a recipe
 * fits the model is protocol/resolved-recipe.ts.
 */
import { z } from 'zod';
import { boxColumns, boxFormats, imageFilters, imageFits, imageLayouts } from '../protocol/recipe.ts';
import { oneOf, quantity, record, whole } from './schema-parts.ts';

/** A picture of 4096 × 4096 with four channels is 256 MB of tensor: more is no input of a model on one PC. */
const maxSide = 4096;
/** 100 million pixels are 400 MB while they are decoded. */
const maxPixels = 100_000_000;
const maxColumns = 65_536;
const maxCategories = 10_000;
const maxNameCharacters = 200;
const maxTensors = 1000;

const flag = z.boolean('must be true or false');
const anyNumber = z.number('must be a number');
const shade = whole(0, 255);
const color = z.tuple([shade, shade, shade], 'must be three whole numbers from 0 to 255: red, green, blue');

function text(max: number) {
  const error = `must be a text of 1 to ${max} characters`;
  return z.string(error).min(1, error).max(max, error);
}

const perChannel = 'must have one number for each channel';
const channelNumbers = z.array(anyNumber, perChannel).min(1, perChannel).max(4, perChannel);

const image = record({
  width: whole(1, maxSide).optional(),
  height: whole(1, maxSide).optional(),
  channels: z.union([z.literal(1), z.literal(3), z.literal(4)], 'must be 1, 3 or 4').optional(),
  layout: oneOf(imageLayouts).optional(),
  order: oneOf(['RGB', 'BGR']).optional(),
  range: z
    .tuple([anyNumber, anyNumber], 'must be two numbers: what black becomes, and what white becomes')
    .refine(([black, white]) => black !== white, 'must be two different numbers')
    .optional(),
  mean: channelNumbers.optional(),
  std: channelNumbers.refine((values) => values.every((value) => value !== 0), 'must not hold 0').optional(),
  fit: oneOf(imageFits).optional(),
  shorterSide: whole(1, maxSide).optional(),
  filter: oneOf(imageFilters).optional(),
  antialias: flag.optional(),
  background: color.optional(),
  padding: color.optional(),
  upright: flag.optional(),
  maxPixels: whole(1, maxPixels).optional(),
}).refine(
  ({ shorterSide, fit }) => shorterSide === undefined || fit === undefined || fit === 'crop',
  'has "shorterSide", which only goes with "fit": "crop"',
);

const word = text(maxNameCharacters);
const categoryError = `must be a list of 1 to ${maxCategories} words, or an object of words with their numbers`;
const categories = z.union(
  [
    z
      .array(word)
      .min(1, categoryError)
      .max(maxCategories, categoryError)
      .refine((words) => new Set(words).size === words.length, 'must name each word once'),
    z.record(word, anyNumber).refine((words) => {
      const count = Object.keys(words).length;
      return count > 0 && count <= maxCategories;
    }, categoryError),
  ],
  categoryError,
);

const column = record({
  name: word,
  unit: text(40).optional(),
  description: text(500).optional(),
  min: anyNumber.optional(),
  max: anyNumber.optional(),
  categories: categories.optional(),
  default: z.union([anyNumber, word], 'must be a number or a word').optional(),
}).superRefine((given, context) => {
  const { min, max, categories: words, default: standIn } = given;
  const fault = (message: string): void => context.addIssue({ code: 'custom', message });
  if (words !== undefined && (min !== undefined || max !== undefined))
    fault('has both "categories" and a range; a word has no range');
  if (min !== undefined && max !== undefined && min > max) fault(`has the range ${min} to ${max}, which holds nothing`);
  if (standIn === undefined) return;
  if (typeof standIn === 'string') {
    const known = words === undefined ? [] : Array.isArray(words) ? words : Object.keys(words);
    if (!known.includes(standIn)) fault(`has the default ${JSON.stringify(standIn)}, which is none of its categories`);
  } else if ((min !== undefined && standIn < min) || (max !== undefined && standIn > max)) {
    fault(`has the default ${standIn}, which is outside of its own range`);
  }
});

const table = record({
  columns: z
    .array(column, 'must be a list')
    .min(1, 'must have at least one column')
    .max(maxColumns, `must have at most ${maxColumns} columns`)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'must name each column once'),
});

const input = record({ image: image.optional(), table: table.optional() }).refine(
  (given) => (given.image === undefined) !== (given.table === undefined),
  'must be either {"image": {…}} or {"table": {…}}',
);

const share = quantity(0, 1);

const boxes = record({
  format: oneOf(boxFormats),
  units: oneOf(['pixels', 'shares']).optional(),
  scores: word.optional(),
  classes: word.optional(),
  columns: oneOf(boxColumns).optional(),
  transposed: flag.optional(),
  firstClass: whole(0, 1000).optional(),
  minScore: share.optional(),
  overlap: share.optional(),
  most: whole(1, 1000).optional(),
})
  .refine(
    ({ scores, columns }) => scores === undefined || columns === undefined,
    'has both "scores" and "columns"; the scores are in one place only',
  )
  .refine(
    ({ scores, classes }) => classes === undefined || scores !== undefined,
    'has "classes" without "scores"; both are outputs of their own, or neither is',
  );

const output = record({
  labels: z
    .array(text(maxNameCharacters), 'must be a list of texts')
    .min(1, 'must have at least one label')
    .max(100_000, 'must have at most 100000 labels')
    .optional(),
  top: whole(1, 1000).optional(),
  activation: oneOf(['softmax', 'sigmoid']).optional(),
  unit: text(40).optional(),
  boxes: boxes.optional(),
})
  .refine((given) => Object.values(given).some((value) => value !== undefined), 'must say something')
  .refine(
    (given) => given.boxes === undefined || (given.top ?? given.activation ?? given.unit) === undefined,
    'has "boxes", which go with "labels" only',
  );

function byName<T extends z.ZodType>(each: T) {
  return z
    .record(word, each, 'must be an object')
    .refine((all) => Object.keys(all).length <= maxTensors, `must name at most ${maxTensors}`);
}

export const inputRecipes = byName(input);
export const outputRecipes = byName(output);

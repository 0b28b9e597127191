/** What the admin API says of a model's recipe, completed by its signature: enough for a form, a preview and an answer with units. */
import { z } from 'zod';

const shade = z.int();

export const imageViewSchema = z.object({
  input: z.string(),
  width: z.int(),
  height: z.int(),
  channels: z.union([z.literal(1), z.literal(3), z.literal(4)]),
  layout: z.enum(['NCHW', 'NHWC', 'NHW', 'flat']),
  order: z.enum(['RGB', 'BGR']),
  /** What black and white become. */
  range: z.tuple([z.number(), z.number()]),
  mean: z.array(z.number()).optional(),
  std: z.array(z.number()).optional(),
  fit: z.enum(['crop', 'stretch', 'pad']),
  shorterSide: z.int().optional(),
  filter: z.enum(['nearest', 'box', 'bilinear', 'bicubic', 'lanczos']),
  background: z.tuple([shade, shade, shade]),
  padding: z.tuple([shade, shade, shade]),
  maxPixels: z.int(),
});
export type ImageView = z.infer<typeof imageViewSchema>;

export const columnViewSchema = z.object({
  name: z.string(),
  input: z.string(),
  unit: z.string().optional(),
  description: z.string().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  /** The words that it takes, in their order. */
  words: z.array(z.string()).optional(),
  /** Taken where nothing is sent: a number, or a word. */
  standIn: z.union([z.number(), z.string()]).optional(),
});
export type ColumnView = z.infer<typeof columnViewSchema>;

export const outputViewSchema = z.object({
  name: z.string(),
  top: z.int().optional(),
  unit: z.string().optional(),
  /** It gives boxes in a picture. */
  hasBoxes: z.boolean(),
});
export type OutputView = z.infer<typeof outputViewSchema>;

export const recipeViewSchema = z.object({
  images: z.array(imageViewSchema),
  /** Of all inputs that are tables, in the model's order. */
  columns: z.array(columnViewSchema),
  outputs: z.array(outputViewSchema),
});
export type RecipeView = z.infer<typeof recipeViewSchema>;

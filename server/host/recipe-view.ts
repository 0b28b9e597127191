/** The recipe of a model as the admin API shows it. */
import type { RecipeView } from '../protocol/admin/recipe-view.ts';
import type { ResolvedImage } from '../protocol/resolved-image.ts';
import type { TableColumn } from '../protocol/resolved-table.ts';
import type { ModelFacts } from '../protocol/tensors.ts';

/** Undefined where the model has no recipe. */
export function recipeView({ recipe, signature }: ModelFacts): RecipeView | undefined {
  if (recipe === undefined) return undefined;
  return {
    images: recipe.images.map(imageView),
    columns: (recipe.table?.columns ?? []).map((column) => columnView(column, signature.inputs[column.input]!.name)),
    outputs: recipe.outputs.map(({ name, top, unit, boxes }) => ({
      name,
      ...(top !== undefined && { top }),
      ...(unit !== undefined && { unit }),
      hasBoxes: boxes !== undefined,
    })),
  };
}

function imageView(image: ResolvedImage): RecipeView['images'][number] {
  const { name, width, height, channels, layout, order, range, mean, std, fit, shorterSide, filter } = image;
  const { background, padding, maxPixels } = image;
  return {
    input: name,
    width,
    height,
    channels,
    layout,
    order,
    range: [...range],
    ...(mean !== undefined && { mean: [...mean] }),
    ...(std !== undefined && { std: [...std] }),
    fit,
    ...(shorterSide !== undefined && { shorterSide }),
    filter,
    background: [...background],
    padding: [...padding],
    maxPixels,
  };
}

function columnView(column: TableColumn, input: string): RecipeView['columns'][number] {
  const { name, unit, description, min, max, words, standIn } = column;
  const word = [...(words ?? [])].find(([, meaning]) => meaning === standIn)?.[0];
  return {
    name,
    input,
    ...(unit !== undefined && { unit }),
    ...(description !== undefined && { description }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(words !== undefined && { words: [...words.keys()] }),
    ...(standIn !== undefined && { standIn: word ?? standIn }),
  };
}

/**
 * The members of a row in the answer of `/predict` where a recipe says how outputs are read: the likeliest classes with their labels,
 * boxes in the pixels of the picture that was sent, numbers with their unit.
 *
 * - boxes: `prediction`, a list of `{label, class, score, box: {x, y, width, height}}`, the surest first, and `size`, whose pixels they
 *   are in: the picture that was sent, else the model's.
 * - classes: `prediction`, `label` and `probabilities` as without a recipe; with `top` a list of `{label, class, score}` instead of the last.
 * - numbers: as without a recipe, and `unit` (one output) or `units` by output.
 */
import { argMax, elements, labelKeys, labelText, plainMembers, scoreText } from './answer-text.ts';
import { boxReader } from './box-reading.ts';
import type { PredictRequest } from './predict-request.ts';
import type { ResolvedOutput } from './resolved-recipe.ts';
import { numberAt } from './tensor-numbers.ts';
import type { ModelFacts, Tensor } from './tensors.ts';

/** Members of one row as JSON text without brackets; undefined where no recipe says anything of the outputs. */
export function recipeReader(
  request: PredictRequest,
  model: ModelFacts,
  outputs: readonly Tensor[],
): ((row: number) => string) | undefined {
  const recipes = model.recipe?.outputs;
  if (recipes === undefined || recipes.length === 0) return undefined;
  const boxes = recipes.find((recipe) => recipe.boxes !== undefined);
  if (boxes !== undefined) return boxReader(boxes, request, model, outputs);
  const { rows } = request;
  for (const recipe of recipes) {
    const tensor = outputs.find(({ name }) => name === recipe.name);
    const reader = tensor === undefined ? undefined : classReader(recipe, tensor, rows, model, outputs);
    if (reader !== undefined) return reader;
  }
  const units = recipes.filter(({ unit }) => unit !== undefined);
  if (units.length === 0) return undefined;
  const unitText =
    outputs.length === 1
      ? `"unit":${JSON.stringify(units[0]!.unit)}`
      : `"units":${JSON.stringify(Object.fromEntries(units.map(({ name, unit }) => [name, unit])))}`;
  return (row) => `${plainMembers(outputs, row, rows, model)},${unitText}`;
}

/** Scores by class, or one class per row; undefined where the output is neither, or nothing is said about classes. */
function classReader(
  recipe: ResolvedOutput,
  tensor: Tensor,
  rows: number,
  model: ModelFacts,
  outputs: readonly Tensor[],
): ((row: number) => string) | undefined {
  const { top, activation } = recipe;
  const isFloat = /^(FP|BF)/.test(tensor.datatype);
  const width = rows === 0 ? 0 : tensor.data.length / rows;
  const labels = recipe.labels ?? (model.labels?.length === width || !isFloat ? model.labels : undefined);
  if (labels === undefined && top === undefined && activation === undefined) return undefined;
  if (!isFloat) {
    if (tensor.data.length !== rows || tensor.datatype === 'BYTES' || tensor.datatype === 'BOOL') return undefined;
    return (row) => {
      const index = Number(tensor.data[row]);
      return `"prediction":${labelText(labels?.[index], index)},"label":${index}`;
    };
  }
  if (!Number.isInteger(width) || width < 1 || elements(tensor.shape) !== rows * width) return undefined;
  // The model's own word for the class counts before the highest score.
  const own = outputs.find(
    ({ name, datatype, data }) => name !== tensor.name && /INT/.test(datatype) && data.length === rows,
  );
  return (row) => {
    const scores = activated(
      Array.from({ length: width }, (_, at) => numberAt(tensor, row * width + at)),
      activation,
    );
    const index = own === undefined ? argMax(scores) : Number(own.data[row]);
    const head = `"prediction":${labelText(labels?.[index], index)},"label":${index}`;
    if (top !== undefined) return `${head},"top":[${topTexts(scores, labels, top).join(',')}]`;
    const keys = labels === undefined ? scores.map((_, at) => `"${at}"`) : labelKeys(labels);
    return `${head},"probabilities":{${scores.map((score, at) => `${keys[at]}:${scoreText(score)}`).join(',')}}`;
  };
}

/** The likeliest classes; of equal ones the lower first. */
function topTexts(scores: readonly number[], labels: readonly string[] | undefined, top: number): string[] {
  return scores
    .map((score, index) => ({ score, index }))
    .toSorted((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, top)
    .map(
      ({ score, index }) =>
        `{"label":${labelText(labels?.[index], index)},"class":${index},"score":${scoreText(score)}}`,
    );
}

/** Shares of raw scores. The highest is taken off first, so that no exponential overflows. */
export function activated(scores: number[], activation: ResolvedOutput['activation']): number[] {
  if (activation === undefined) return scores;
  if (activation === 'sigmoid') return scores.map((score) => 1 / (1 + Math.exp(-score)));
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

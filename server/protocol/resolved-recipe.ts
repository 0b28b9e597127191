/**
 * A recipe completed by the model that it is for: what millrace.json left out follows from the signature, and what contradicts it is
 * refused. Host and replica make it each for themselves, from the same two things. Pictures are resolved-image.ts, tables
 * resolved-table.ts.
 */
import { recipeFault } from './recipe-fault.ts';
import type { BoxRecipe, OutputRecipe, Recipe } from './recipe.ts';
import { resolveImage } from './resolved-image.ts';
import type { ResolvedImage } from './resolved-image.ts';
import { resolveTable } from './resolved-table.ts';
import type { ResolvedTable } from './resolved-table.ts';
import type { Signature, TensorSpec } from './tensors.ts';
import { listed, quoted, shapeText } from './wording.ts';

export interface ResolvedOutput {
  readonly name: string;
  readonly labels: readonly string[] | undefined;
  readonly top: number | undefined;
  readonly activation: 'softmax' | 'sigmoid' | undefined;
  readonly unit: string | undefined;
  readonly boxes: BoxRecipe | undefined;
}

export interface ResolvedRecipe {
  /** Inputs that are made of pictures, in the signature's order. */
  readonly images: readonly ResolvedImage[];
  /** Undefined where no input has a table. */
  readonly table: ResolvedTable | undefined;
  /** Outputs of which something is said, in the signature's order. */
  readonly outputs: readonly ResolvedOutput[];
  /** Equal texts make equal numbers of equal files: part of the key of saved answers. */
  readonly imagesKey: string;
}

/** To be raised when the same file and recipe would become other numbers: a new decoder, another rounding. */
const imagesFormat = 1;

/** Undefined where millrace.json has no recipe. Throws `invalid-manifest` where it does not fit the model. */
export function resolveRecipe(recipe: Recipe | undefined, signature: Signature): ResolvedRecipe | undefined {
  if (recipe === undefined) return undefined;
  const inputs = Object.entries(recipe.inputs);
  const outputs = Object.entries(recipe.outputs);
  if (inputs.length + outputs.length === 0) return undefined;
  for (const [name] of inputs) checkName('input', name, signature.inputs);
  for (const [name] of outputs) checkName('output', name, signature.outputs);
  const images = signature.inputs.flatMap((spec, index) => {
    const image = recipe.inputs[spec.name]?.image;
    return image === undefined ? [] : [resolveImage(image, spec, index)];
  });
  return {
    images,
    table: resolveTable(recipe.inputs, signature),
    outputs: signature.outputs.flatMap((spec) => {
      const given = recipe.outputs[spec.name];
      return given === undefined ? [] : [resolveOutput(given, spec, signature)];
    }),
    imagesKey: images.length === 0 ? '' : `${imagesFormat} ${JSON.stringify(images)}`,
  };
}

/** What a manifest says of recipes; undefined where it says nothing. */
export function recipeOf(manifest: {
  readonly inputs?: Recipe['inputs'] | undefined;
  readonly outputs?: Recipe['outputs'] | undefined;
}): Recipe | undefined {
  const { inputs, outputs } = manifest;
  return inputs === undefined && outputs === undefined ? undefined : { inputs: inputs ?? {}, outputs: outputs ?? {} };
}

/**
 * Names of the columns of a model's only input: those of `features`, else those of its table. The table's are in the same order where
 * both are given; models/manifest.ts sees to it.
 */
export function featureNamesOf(manifest: {
  readonly features?: readonly string[] | undefined;
  readonly inputs?: Recipe['inputs'] | undefined;
}): readonly string[] | undefined {
  if (manifest.features !== undefined) return manifest.features;
  const [only, ...others] = Object.values(manifest.inputs ?? {});
  return others.length === 0 ? only?.table?.columns.map(({ name }) => name) : undefined;
}

function checkName(role: 'input' | 'output', name: string, specs: readonly TensorSpec[]): void {
  if (specs.some((spec) => spec.name === name)) return;
  throw recipeFault(
    `has a recipe for the ${role} ${quoted(name)}, which the model does not have`,
    `Its ${role}s are ${listed(specs.map((spec) => spec.name))}.`,
  );
}

function resolveOutput(recipe: OutputRecipe, spec: TensorSpec, signature: Signature): ResolvedOutput {
  const { labels, top, activation, unit, boxes } = recipe;
  const { name, shape, datatype } = spec;
  if (datatype === 'BYTES') {
    throw recipeFault(
      `reads the output ${quoted(name)}, which gives texts`,
      'Leave it out: texts are answered as they are.',
    );
  }
  const width = shape.at(-1) ?? 1;
  if (labels !== undefined && boxes === undefined && isScores(spec) && width !== labels.length) {
    throw recipeFault(
      `has ${labels.length} labels for the output ${quoted(name)}, which gives ${width} scores`,
      'Give one label for each class, in the order of the model.',
    );
  }
  if (boxes !== undefined) checkBoxes(boxes, spec, signature);
  return { name, labels, top, activation, unit, boxes };
}

/** A float output with a fixed number of scores; whole numbers are the classes themselves. */
function isScores({ datatype, shape }: TensorSpec): boolean {
  return /^(FP|BF)/.test(datatype) && (shape.at(-1) ?? -1) > 1;
}

function checkBoxes(boxes: BoxRecipe, spec: TensorSpec, { outputs }: Signature): void {
  for (const role of ['scores', 'classes'] as const) {
    const name = boxes[role];
    if (name !== undefined) checkName('output', name, outputs);
  }
  if (spec.shape.length !== 3 && spec.shape.length !== 2) {
    throw recipeFault(
      `reads boxes from the output ${quoted(spec.name)}, whose shape is ${shapeText(spec.shape)}`,
      'Boxes are an output of the shape [rows, boxes, numbers], or [boxes, numbers].',
    );
  }
  const numbers = (boxes.transposed === true ? spec.shape.at(-2) : spec.shape.at(-1)) ?? -1;
  const least = boxes.scores !== undefined ? 4 : boxes.columns === 'scores' ? 5 : 6;
  const fits = boxes.scores !== undefined ? numbers === 4 : numbers >= least;
  if (numbers !== -1 && !fits) {
    throw recipeFault(
      `reads boxes from the output ${quoted(spec.name)}, which has ${numbers} numbers for each`,
      boxes.scores !== undefined
        ? 'A box has 4 numbers where its score is another output.'
        : `A box has at least ${least} numbers with these "columns"; "transposed" tells which side is which.`,
    );
  }
}

/**
 * The inputs of one request put into the places of a model's signature: each exactly once, with the shape the model takes
 * and the same number of rows.
 */
import { MillraceError } from '../base/errors.ts';
import type { ModelFacts, Tensor, TensorSpec } from './tensors.ts';
import { listed, quoted, shapeText } from './wording.ts';

/** One per request; claim and fill the inputs in any order, then take them all. */
export class InputSlots {
  readonly #model: ModelFacts;
  readonly #tensors: (Tensor | undefined)[] = [];

  constructor(model: ModelFacts) {
    this.#model = model;
  }

  /** What the model takes under this name; throws `invalid-request` for a name it does not know or that is filled. */
  claim(name: string): TensorSpec {
    const specs = this.#model.signature.inputs;
    for (let index = 0; index < specs.length; index += 1) {
      const spec = specs[index]!;
      if (spec.name !== name) continue;
      if (this.#tensors[index] === undefined) return spec;
      throw new MillraceError('invalid-request', `The request has input ${quoted(name)} twice.`);
    }
    throw new MillraceError(
      'invalid-request',
      `Model ${quoted(this.#model.name)} has no input ${quoted(name)}; it takes ${listed(specs.map((spec) => spec.name))}.`,
    );
  }

  /** Puts a tensor into the place of the spec that `claim` gave for it. */
  fill(spec: TensorSpec, tensor: Tensor): void {
    this.#tensors[this.#model.signature.inputs.indexOf(spec)] = tensor;
  }

  /** All inputs in the order of the signature; throws `invalid-request` where one is missing. */
  take(): Tensor[] {
    return this.#model.signature.inputs.map((spec, index) => {
      const tensor = this.#tensors[index];
      if (tensor !== undefined) return tensor;
      throw new MillraceError(
        'invalid-request',
        `Model ${quoted(this.#model.name)} needs the input ${quoted(spec.name)} (${spec.datatype} ${shapeText(spec.shape)}), which the request does not have.`,
      );
    });
  }
}

/** Throws `invalid-tensor` where a shape is not one the spec allows, naming the first dimension that differs. */
export function checkShape(spec: TensorSpec, shape: readonly number[]): void {
  const expected = spec.shape;
  if (shape.length !== expected.length) {
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(spec.name)} has shape ${shapeText(shape)} with ${shape.length} dimensions, but the model takes ${shapeText(expected)} with ${expected.length}.`,
    );
  }
  for (let index = 0; index < expected.length; index += 1) {
    if (expected[index] === -1 || expected[index] === shape[index]) continue;
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(spec.name)} has shape ${shapeText(shape)}: dimension ${index} is ${shape[index]}, but the model takes ${expected[index]} there (${shapeText(expected)}).`,
    );
  }
}

/**
 * Rows of a request: the first dimension of its inputs where the model can batch, else 1. Throws `invalid-tensor` where
 * the inputs of a model that can batch disagree about it.
 */
export function countRows(model: ModelFacts, inputs: readonly Tensor[]): number {
  if (model.maxBatchSize === 0) return 1;
  let first: Tensor | undefined;
  for (const [index, tensor] of inputs.entries()) {
    if (model.signature.inputs[index]?.shape[0] !== -1) continue;
    first ??= tensor;
    if (tensor.shape[0] !== first.shape[0]) {
      throw new MillraceError(
        'invalid-tensor',
        `Input ${quoted(tensor.name)} has ${tensor.shape[0]} rows, but input ${quoted(first.name)} has ${first.shape[0]}.`,
      );
    }
  }
  return first?.shape[0] ?? 1;
}

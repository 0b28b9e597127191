/** What an import says beyond yes and no: where a config.pbtxt and the model disagree, and how the model will be served. */
import type { TensorSpec } from '../protocol/tensors.ts';
import type { ConfiguredTensor, ModelConfig } from './model-config.ts';
import type { TrialResult } from './version-record.ts';

/** Differences between what config.pbtxt declares and what the model is; the model counts. */
export function configNotes(config: ModelConfig | undefined, name: string, trial: TrialResult): string[] {
  if (config === undefined) return [];
  const notes: string[] = [];
  if (config.name !== undefined && config.name !== name) {
    notes.push(`config.pbtxt calls the model ${config.name}; it is served as ${name}.`);
  }
  const { inputs, outputs } = trial.signature;
  const hasBatch = (config.manifest['maxBatchSize'] ?? 0) > 0;
  return [
    ...notes,
    ...config.inputs.flatMap((each) => tensorNote('input', each, inputs, hasBatch)),
    ...config.outputs.flatMap((each) => tensorNote('output', each, outputs, hasBatch)),
  ];
}

function tensorNote(
  role: string,
  declared: ConfiguredTensor,
  actual: readonly TensorSpec[],
  hasBatch: boolean,
): string[] {
  const found = actual.find(({ name }) => name === declared.name);
  if (found === undefined)
    return [`config.pbtxt declares the ${role} ${declared.name}, which the model does not have.`];
  if (declared.datatype !== undefined && declared.datatype !== found.datatype) {
    return [
      `config.pbtxt declares the ${role} ${declared.name} as ${declared.datatype}; the model has ${found.datatype}.`,
    ];
  }
  const dims = hasBatch ? [-1, ...declared.dims] : declared.dims;
  const fits =
    dims.length === found.shape.length &&
    dims.every((size, at) => size === -1 || found.shape[at] === -1 || size === found.shape[at]);
  return fits
    ? []
    : [
        `config.pbtxt declares the ${role} ${declared.name} as [${dims.join(', ')}]; the model has [${found.shape.join(', ')}].`,
      ];
}

/** How it will be served, where that is not what people expect. */
export function trialNotes({ maxBatchSize, batching, signature }: TrialResult): string[] {
  const notes = maxBatchSize === 0 ? [batching] : [];
  if (signature.inputs.some(({ shape }) => shape[0] === 1)) {
    notes.push(
      'The batch is fixed at 1: each request carries one row, and requests do not share runs. Export it with a free first dimension to change that.',
    );
  }
  return notes;
}

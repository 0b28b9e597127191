/** The documents of the Open Inference Protocol and Triton's extensions that describe a model. Pure. */
import type { Datatype, ModelFacts, TensorSpec } from '../protocol/tensors.ts';
import type { GatewayModel } from './model-catalog.ts';

/** Triton's name for ONNX models; its clients compare it. */
const platform = 'onnxruntime_onnx';

export function modelMetadata(model: GatewayModel, versions: readonly string[]): object {
  return {
    name: model.name,
    versions,
    platform,
    inputs: model.facts?.signature.inputs.map((spec) => inputMetadata(spec, model.facts!)) ?? [],
    outputs: model.facts?.signature.outputs.map(tensorMetadata) ?? [],
  };
}

/** An input that may also be sent as a picture says so beside its own datatype, which stays what the model takes. */
function inputMetadata(spec: TensorSpec, { recipe }: ModelFacts): object {
  const takesPictures = recipe?.images.some(({ name }) => name === spec.name) === true;
  return { ...tensorMetadata(spec), ...(takesPictures && { parameters: pictureParameters }) };
}

/** `BYTES` of one dimension, one file each. */
const pictureParameters = {
  content_type: 'image/jpeg,image/png,image/webp',
  encoded_datatype: 'BYTES',
  encoded_shape: '-1',
} as const;

function tensorMetadata({ name, datatype, shape }: TensorSpec): object {
  return { name, datatype, shape };
}

/** ModelConfig in its JSON form: snake_case names, enums as strings, dims without the batch dimension. */
export function modelConfig(model: GatewayModel): object {
  const { maxBatchSize, maxDelayMs } = model.batching;
  const dims = (shape: readonly number[]): readonly number[] => (maxBatchSize > 0 ? shape.slice(1) : shape);
  return {
    name: model.name,
    platform,
    backend: 'onnxruntime',
    version_policy: { latest: { num_versions: 1 } },
    max_batch_size: maxBatchSize,
    input: (model.facts?.signature.inputs ?? []).map(({ name, datatype, shape }) => ({
      name,
      data_type: configTypes[datatype],
      format: 'FORMAT_NONE',
      dims: dims(shape),
      is_shape_tensor: false,
      allow_ragged_batch: false,
      optional: false,
    })),
    output: (model.facts?.signature.outputs ?? []).map(({ name, datatype, shape }) => ({
      name,
      data_type: configTypes[datatype],
      dims: dims(shape),
      label_filename: model.facts?.labels === undefined ? '' : 'labels.txt',
      is_shape_tensor: false,
    })),
    ...(maxBatchSize > 0 && {
      dynamic_batching: { preferred_batch_size: [], max_queue_delay_microseconds: maxDelayMs * 1000 },
    }),
    instance_group: [{ name: model.name, kind: 'KIND_CPU', count: model.desiredReplicas, gpus: [], profile: [] }],
    default_model_filename: 'model.onnx',
    parameters: { intra_op_thread_count: { string_value: String(model.threads) } },
    model_warmup: [],
  };
}

const configTypes: Readonly<Record<Datatype, string>> = {
  BOOL: 'TYPE_BOOL',
  UINT8: 'TYPE_UINT8',
  UINT16: 'TYPE_UINT16',
  UINT32: 'TYPE_UINT32',
  UINT64: 'TYPE_UINT64',
  INT8: 'TYPE_INT8',
  INT16: 'TYPE_INT16',
  INT32: 'TYPE_INT32',
  INT64: 'TYPE_INT64',
  FP16: 'TYPE_FP16',
  FP32: 'TYPE_FP32',
  FP64: 'TYPE_FP64',
  BF16: 'TYPE_BF16',
  BYTES: 'TYPE_STRING',
};

/** What the trace extension reads. Tracing is off; the level cannot be changed over the network. */
export const traceSettings = {
  trace_level: ['OFF'],
  trace_rate: '1000',
  trace_count: '-1',
  log_frequency: '0',
  trace_file: '',
  trace_mode: 'triton',
};

export function logSettings(level: string): object {
  return {
    log_file: '',
    log_info: ['trace', 'debug', 'info'].includes(level),
    log_warning: ['trace', 'debug', 'info', 'warn'].includes(level),
    log_error: level !== 'silent',
    log_verbose_level: level === 'trace' ? 2 : level === 'debug' ? 1 : 0,
    log_format: 'ISO8601',
  };
}

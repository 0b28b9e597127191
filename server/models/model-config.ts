/**
 * Triton's config.pbtxt, read as far as it means something here: what has a field in millrace.json becomes that field, the
 * rest is listed with the reason. Nothing is dropped in silence, because a setting that does not hold is worse than none.
 *
 * Source: https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto
 */
import type { Datatype } from '../protocol/tensors.ts';
import { parseTextFormat } from './text-format.ts';
import type { TextField, TextValue } from './text-format.ts';

export interface ConfiguredTensor {
  readonly name: string;
  readonly datatype: Datatype | undefined;
  /** Without the batch dimension where the model batches; -1 is free. */
  readonly dims: readonly number[];
}

export interface UnmappedField {
  /** As a path: `dynamic_batching.preferred_batch_size`. */
  readonly field: string;
  readonly line: number;
  /** Completes the sentence "… is not used: ". */
  readonly reason: string;
}

/** Which versions the owner wants served; undefined is Triton's default, the latest. */
export type VersionPolicy = { readonly latest: number } | { readonly specific: readonly string[] } | 'all';

export interface ModelConfig {
  /** Fields of millrace.json, not yet parsed. */
  readonly manifest: Readonly<Record<string, number>>;
  readonly name: string | undefined;
  readonly inputs: readonly ConfiguredTensor[];
  readonly outputs: readonly ConfiguredTensor[];
  /** Relative to the model's folder. */
  readonly labelFile: string | undefined;
  readonly versionPolicy: VersionPolicy | undefined;
  readonly unmapped: readonly UnmappedField[];
}

/** `where` names the file in messages. Throws `invalid-manifest` where the text cannot be read. */
export function parseModelConfig(text: string, where: string): ModelConfig {
  return readModelConfig(parseTextFormat(text, where));
}

export function readModelConfig(config: readonly TextField[]): ModelConfig {
  const reading = new Reading();
  for (const field of config) {
    const read = Object.hasOwn(fields, field.name) ? fields[field.name] : undefined;
    if (read === undefined) reading.leave(field, field.name, 'Millrace has no such setting');
    else read(reading, field);
  }
  return reading.config();
}

const datatypes: Readonly<Record<string, Datatype>> = {
  TYPE_BOOL: 'BOOL',
  TYPE_UINT8: 'UINT8',
  TYPE_UINT16: 'UINT16',
  TYPE_UINT32: 'UINT32',
  TYPE_UINT64: 'UINT64',
  TYPE_INT8: 'INT8',
  TYPE_INT16: 'INT16',
  TYPE_INT32: 'INT32',
  TYPE_INT64: 'INT64',
  TYPE_FP16: 'FP16',
  TYPE_FP32: 'FP32',
  TYPE_FP64: 'FP64',
  TYPE_BF16: 'BF16',
  TYPE_STRING: 'BYTES',
};

type Reader = (reading: Reading, field: TextField) => void;

const fields: Readonly<Record<string, Reader>> = {
  name: (reading, { value }) => void (reading.name = textOf(value)),
  platform: (reading, field) => reading.expectText(field, ['onnxruntime_onnx'], 'the model is run by ONNX Runtime'),
  backend: (reading, field) => reading.expectText(field, ['onnxruntime'], 'the model is run by ONNX Runtime'),
  default_model_filename: (reading, field) =>
    reading.expectText(field, ['model.onnx'], 'the file is always model.onnx'),
  max_batch_size: (reading, field) => reading.map(field, 'max_batch_size', 'maxBatchSize', [0, 4096]),
  input: (reading, field) => reading.tensor(field, reading.inputs),
  output: (reading, field) => reading.tensor(field, reading.outputs),
  version_policy: (reading, field) => reading.policy(field),
  instance_group: (reading, field) => reading.instances(field),
  dynamic_batching: (reading, field) => reading.batching(field),
  parameters: (reading, field) => reading.parameter(field),
  model_warmup: (reading, field) =>
    reading.leave(field, 'model_warmup', 'every copy warms itself up with made-up inputs before it is ready'),
  optimization: (reading, field) => {
    reading.leaveEach(field, 'optimization', 'ONNX Runtime runs with its own defaults');
  },
};

class Reading {
  name: string | undefined;
  readonly inputs: ConfiguredTensor[] = [];
  readonly outputs: ConfiguredTensor[] = [];
  readonly #manifest: Record<string, number> = {};
  readonly #unmapped: UnmappedField[] = [];
  #labelFile: string | undefined;
  #policy: VersionPolicy | undefined;

  config(): ModelConfig {
    return {
      manifest: this.#manifest,
      name: this.name,
      inputs: this.inputs,
      outputs: this.outputs,
      labelFile: this.#labelFile,
      versionPolicy: this.#policy,
      unmapped: this.#unmapped,
    };
  }

  leave({ line }: TextField, field: string, reason: string): void {
    this.#unmapped.push({ field, line, reason });
  }

  leaveEach(field: TextField, path: string, reason: string): void {
    for (const each of members(field)) this.leave(each, `${path}.${each.name}`, reason);
  }

  expectText(field: TextField, expected: readonly string[], reason: string): void {
    if (!expected.includes(textOf(field.value) ?? '')) this.leave(field, field.name, reason);
  }

  /** `scale` turns Triton's unit into ours. */
  map(field: TextField, path: string, target: string, [min, max]: readonly [number, number], scale = 1): void {
    const value = numberOf(field.value);
    const scaled = value === undefined ? undefined : value * scale;
    if (scaled !== undefined && scaled >= min && scaled <= max) this.#manifest[target] = scaled;
    else this.leave(field, path, `${target} takes ${min} to ${max}`);
  }

  tensor(field: TextField, into: ConfiguredTensor[]): void {
    let name = '';
    let datatype: Datatype | undefined;
    const dims: number[] = [];
    for (const each of members(field)) {
      const path = `${field.name}.${each.name}`;
      if (each.name === 'name') name = textOf(each.value) ?? '';
      else if (each.name === 'data_type') datatype = datatypes[wordOf(each.value) ?? ''];
      else if (each.name === 'dims') dims.push(numberOf(each.value) ?? -1);
      else if (each.name !== 'label_filename' || field.name !== 'output')
        this.leave(each, path, 'the model file alone decides');
      else if (this.#labelFile === undefined) this.#labelFile = textOf(each.value);
      else if (this.#labelFile !== textOf(each.value)) this.leave(each, path, 'a model has one list of labels');
    }
    into.push({ name, datatype, dims });
  }

  policy(field: TextField): void {
    for (const each of members(field)) {
      if (each.name === 'all') this.#policy = 'all';
      else if (each.name === 'latest') {
        const count = members(each).find(({ name }) => name === 'num_versions');
        this.#policy = { latest: Math.max(1, (count && numberOf(count.value)) ?? 1) };
      } else if (each.name === 'specific') {
        const listed = members(each).filter(({ name }) => name === 'versions');
        this.#policy = { specific: listed.map(({ value }) => String(numberOf(value))) };
      } else this.leave(each, `version_policy.${each.name}`, 'there is no such policy');
    }
  }

  instances(field: TextField): void {
    let count: number | undefined;
    let kind: string | undefined;
    for (const each of members(field)) {
      const path = `instance_group.${each.name}`;
      if (each.name === 'count') count = numberOf(each.value);
      else if (each.name === 'kind') {
        kind = wordOf(each.value);
        if (kind === 'KIND_GPU') this.leave(each, path, 'models run on the processor in this version');
      } else if (each.name !== 'name') this.leave(each, path, 'Millrace places its copies itself');
    }
    // Triton's ONNX Runtime backend starts two instances on the processor where no number is given.
    const copies = (this.#manifest['replicas'] ?? 0) + (count ?? (kind === 'KIND_CPU' ? 2 : 1));
    if (copies >= 1 && copies <= 64) this.#manifest['replicas'] = copies;
    else this.leave(field, 'instance_group.count', 'replicas takes 1 to 64');
  }

  batching(field: TextField): void {
    for (const each of members(field)) {
      const path = `dynamic_batching.${each.name}`;
      if (each.name === 'max_queue_delay_microseconds') this.map(each, path, 'maxBatchDelayMs', [0, 1000], 0.001);
      else if (each.name === 'preferred_batch_size') {
        this.leave(each, path, 'a free copy takes all rows that wait, up to maxBatchSize');
      } else if (each.name === 'default_queue_policy') {
        for (const rule of members(each)) {
          if (rule.name === 'max_queue_size') this.map(rule, `${path}.${rule.name}`, 'maxQueue', [1, 100_000]);
          else this.leave(rule, `${path}.${rule.name}`, 'the deadline is a setting of its own, timeoutMs');
        }
      } else if (each.name !== 'preserve_ordering' || wordOf(each.value) !== 'false') {
        this.leave(each, path, 'Millrace has no such setting');
      }
    }
  }

  parameter(field: TextField): void {
    let key = '';
    let value: string | undefined;
    for (const each of members(field)) {
      if (each.name === 'key') key = textOf(each.value) ?? '';
      else if (each.name === 'value') {
        const text = members(each).find(({ name }) => name === 'string_value');
        value = text && textOf(text.value);
      }
    }
    const path = `parameters.${key}`;
    if (key === 'intra_op_thread_count' && value === '0') return; // 0 leaves it to the server.
    if (key === 'intra_op_thread_count' && /^\d{1,3}$/.test(value ?? '')) {
      this.map({ ...field, value: { kind: 'number', number: Number(value) } }, path, 'threads', [1, 256]);
      return;
    }
    // The way Millrace runs every model anyway.
    if ((key === 'inter_op_thread_count' && value === '1') || (key === 'execution_mode' && value === '0')) return;
    this.leave(field, path, 'ONNX Runtime runs with its own defaults');
  }
}

function members({ value }: TextField): readonly TextField[] {
  return value.kind === 'message' ? value.fields : [];
}

function textOf(value: TextValue): string | undefined {
  return value.kind === 'text' ? value.text : undefined;
}

function wordOf(value: TextValue): string | undefined {
  return value.kind === 'word' ? value.word : undefined;
}

function numberOf(value: TextValue): number | undefined {
  return value.kind === 'number' ? value.number : undefined;
}

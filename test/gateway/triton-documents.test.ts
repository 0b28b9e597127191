import { describe, expect, it } from 'vitest';
import { logSettings, modelConfig, modelMetadata, traceSettings } from '../../server/gateway/triton-documents.ts';
import type { Datatype } from '../../server/protocol/tensors.ts';
import { fakeModel, spec } from './fake-model.ts';

const inputs = [spec('x', 'FP32', [-1, 4])];
const outputs = [spec('label', 'INT64', [-1]), spec('scores', 'FP32', [-1, 3])];

describe('modelMetadata', () => {
  it('gives shapes in full, the batch included', () => {
    expect(modelMetadata(fakeModel({ name: 'm', inputs, outputs }), ['1', '2'])).toEqual({
      name: 'm',
      versions: ['1', '2'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [
        { name: 'label', datatype: 'INT64', shape: [-1] },
        { name: 'scores', datatype: 'FP32', shape: [-1, 3] },
      ],
    });
  });

  it('has no tensors while the signature is unknown', () => {
    expect(modelMetadata(fakeModel({ unloaded: true }), ['1'])).toMatchObject({ inputs: [], outputs: [] });
  });
});

interface ConfigDocument {
  readonly max_batch_size: number;
  readonly input: readonly { readonly name: string; readonly data_type: string; readonly dims: readonly number[] }[];
  readonly output: readonly { readonly dims: readonly number[]; readonly label_filename: string }[];
  readonly instance_group: readonly { readonly count: number }[];
  readonly dynamic_batching?: { readonly max_queue_delay_microseconds: number };
}

function config(parts: Parameters<typeof fakeModel>[0]): ConfigDocument {
  return modelConfig(fakeModel(parts)) as ConfigDocument;
}

describe('modelConfig', () => {
  it('leaves the batch dimension out where the model batches', () => {
    const document = config({ inputs, outputs, batching: { maxBatchSize: 8, maxDelayMs: 2.5, reason: '' } });
    expect(document.max_batch_size).toBe(8);
    expect(document.input[0]!.dims).toEqual([4]);
    expect(document.output.map(({ dims }) => dims)).toEqual([[], [3]]);
    expect(document.dynamic_batching).toMatchObject({ max_queue_delay_microseconds: 2500 });
  });

  it('gives dims in full where it does not', () => {
    const document = config({ inputs, outputs, batching: { maxBatchSize: 0, maxDelayMs: 5, reason: '' } });
    expect(document.max_batch_size).toBe(0);
    expect(document.input[0]!.dims).toEqual([-1, 4]);
    expect(document.output.map(({ dims }) => dims)).toEqual([[-1], [-1, 3]]);
    expect(document).not.toHaveProperty('dynamic_batching');
  });

  it('names the label file only where there are labels', () => {
    expect(config({ outputs }).output[0]!.label_filename).toBe('');
    expect(config({ outputs, labels: ['a'] }).output[0]!.label_filename).toBe('labels.txt');
  });

  it('says how many replicas should run', () => {
    expect(config({ desiredReplicas: 3 }).instance_group[0]!.count).toBe(3);
  });

  it('writes every datatype as Triton does', () => {
    const names: Record<Datatype, string> = {
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
    for (const [datatype, type] of Object.entries(names)) {
      const document = config({ inputs: [spec('x', datatype as Datatype, [-1])] });
      expect(document.input[0]).toMatchObject({ name: 'x', data_type: type });
    }
  });
});

describe('settings', () => {
  it('of traces are texts, as the extension has them', () => {
    for (const [key, value] of Object.entries(traceSettings)) {
      if (key === 'trace_level') expect(value).toEqual(['OFF']);
      else expect(typeof value).toBe('string');
    }
  });

  it.each([
    ['trace', { log_info: true, log_warning: true, log_error: true, log_verbose_level: 2 }],
    ['debug', { log_info: true, log_warning: true, log_error: true, log_verbose_level: 1 }],
    ['info', { log_info: true, log_warning: true, log_error: true, log_verbose_level: 0 }],
    ['warn', { log_info: false, log_warning: true, log_error: true, log_verbose_level: 0 }],
    ['error', { log_info: false, log_warning: false, log_error: true, log_verbose_level: 0 }],
    ['silent', { log_info: false, log_warning: false, log_error: false, log_verbose_level: 0 }],
  ])('of the log at level %s', (level, settings) => {
    expect(logSettings(level)).toEqual({ log_file: '', log_format: 'ISO8601', ...settings });
  });
});

import { describe, expect, it } from 'vitest';
import { parseModelConfig } from '../../server/models/model-config.ts';

const full = `
name: "iris"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] reshape { shape: [ 4, 1 ] } } ]
output [
  { name: "label" data_type: TYPE_INT64 dims: [ 1 ] label_filename: "labels.txt" },
  { name: "p" data_type: TYPE_FP32 dims: [ -1 ] }
]
dynamic_batching {
  preferred_batch_size: [ 4, 8 ]
  max_queue_delay_microseconds: 500
  preserve_ordering: false
  default_queue_policy { max_queue_size: 16 timeout_action: DELAY }
}
instance_group [ { count: 2 kind: KIND_CPU }, { count: 1 kind: KIND_GPU gpus: [ 0 ] } ]
version_policy: { specific { versions: [ 1, 3 ] } }
model_warmup { name: "w" batch_size: 1 }
optimization { graph { level: 1 } }
parameters { key: "intra_op_thread_count" value: { string_value: "4" } }
parameters { key: "inter_op_thread_count" value: { string_value: "1" } }
parameters { key: "execution_mode" value: { string_value: "1" } }
sequence_batching { }
`;

describe('parseModelConfig', () => {
  it('maps what millrace.json has a field for', () => {
    expect(parseModelConfig(full, 'config.pbtxt')).toMatchObject({
      name: 'iris',
      manifest: { maxBatchSize: 8, maxBatchDelayMs: 0.5, maxQueue: 16, replicas: 3, threads: 4 },
      inputs: [{ name: 'x', datatype: 'FP32', dims: [4] }],
      outputs: [
        { name: 'label', datatype: 'INT64', dims: [1] },
        { name: 'p', datatype: 'FP32', dims: [-1] },
      ],
      labelFile: 'labels.txt',
      versionPolicy: { specific: ['1', '3'] },
    });
  });

  it('lists everything else with its line and a reason', () => {
    const { unmapped } = parseModelConfig(full, 'config.pbtxt');
    expect(unmapped.map(({ field }) => field)).toEqual([
      'input.reshape',
      'dynamic_batching.preferred_batch_size',
      'dynamic_batching.preferred_batch_size',
      'dynamic_batching.default_queue_policy.timeout_action',
      'instance_group.kind',
      'instance_group.gpus',
      'model_warmup',
      'optimization.graph',
      'parameters.execution_mode',
      'sequence_batching',
    ]);
    expect(unmapped[0]).toEqual({ field: 'input.reshape', line: 5, reason: expect.any(String) });
  });

  it.each([
    ['max_batch_size: 0', { maxBatchSize: 0 }],
    ['instance_group { kind: KIND_CPU }', { replicas: 2 }],
    ['instance_group { }', { replicas: 1 }],
    ['parameters { key: "intra_op_thread_count" value { string_value: "0" } }', {}],
    ['dynamic_batching { }', {}],
  ])('reads %s', (text, manifest) => {
    expect(parseModelConfig(text, 'x')).toMatchObject({ manifest, unmapped: [] });
  });

  it.each([
    ['max_batch_size: 100000', 'max_batch_size'],
    ['max_batch_size: "8"', 'max_batch_size'],
    ['instance_group { count: 1000 }', 'instance_group.count'],
    ['dynamic_batching { max_queue_delay_microseconds: 99999999 }', 'dynamic_batching.max_queue_delay_microseconds'],
    ['platform: "tensorrt_plan"', 'platform'],
    ['backend: "python"', 'backend'],
    ['default_model_filename: "net.onnx"', 'default_model_filename'],
    ['a_new_field: 1', 'a_new_field'],
    [
      'output { name: "a" label_filename: "a.txt" } output { name: "b" label_filename: "b.txt" }',
      'output.label_filename',
    ],
    ['constructor: 1', 'constructor'],
  ])('says that %s is not used', (text, field) => {
    const config = parseModelConfig(text, 'x');
    expect(config.unmapped.map((each) => each.field)).toEqual([field]);
    expect(config.manifest['maxBatchSize']).toBeUndefined();
  });

  it('takes the policy of the latest version for the default', () => {
    expect(parseModelConfig('version_policy { latest { num_versions: 1 } }', 'x').unmapped).toEqual([]);
    expect(parseModelConfig('version_policy { all { } }', 'x')).toMatchObject({ versionPolicy: 'all', unmapped: [] });
    expect(parseModelConfig('version_policy { latest { num_versions: 2 } }', 'x')).toMatchObject({
      versionPolicy: { latest: 2 },
      unmapped: [],
    });
  });
});

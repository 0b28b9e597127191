import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import { parseModelConfigJson } from '../../server/models/model-config-json.ts';
import { parseModelConfig } from '../../server/models/model-config.ts';

describe('a ModelConfig as JSON', () => {
  it('means what the same fields mean in config.pbtxt', () => {
    const json = {
      name: 'm',
      backend: 'onnxruntime',
      max_batch_size: 8,
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: ['4'] }],
      output: [{ name: 'y', data_type: 'TYPE_INT64', dims: [-1], label_filename: 'labels.txt' }],
      instance_group: [{ kind: 'KIND_CPU', count: 3 }],
      dynamic_batching: { max_queue_delay_microseconds: '500' },
      parameters: { intra_op_thread_count: { string_value: '2' } },
      version_policy: { specific: { versions: ['1', '3'] } },
    };
    const text = `name: "m" backend: "onnxruntime" max_batch_size: 8
      input { name: "x" data_type: TYPE_FP32 dims: 4 } output { name: "y" data_type: TYPE_INT64 dims: -1 label_filename: "labels.txt" }
      instance_group { kind: KIND_CPU count: 3 } dynamic_batching { max_queue_delay_microseconds: 500 }
      parameters { key: "intra_op_thread_count" value { string_value: "2" } } version_policy { specific { versions: [1, 3] } }`;
    expect(parseModelConfigJson(JSON.stringify(json))).toEqual(parseModelConfig(text, 'x'));
  });

  it('lists what it does not use', () => {
    const { unmapped } = parseModelConfigJson('{"sequence_batching":{},"optimization":{"graph":{"level":1}}}');
    expect(unmapped.map(({ field }) => field)).toEqual(['sequence_batching', 'optimization.graph']);
  });

  it.each(['', '[]', 'null', '"x"', '{'])('refuses %j', (text) => {
    expect(() => parseModelConfigJson(text)).toThrow(MillraceError);
  });

  it('reads or refuses whatever JSON it is given', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          parseModelConfigJson(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid-request' });
        }
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import { ByteSource } from '../../server/models/byte-source.ts';
import { checkValues, inspectModel, summarize } from '../../server/models/inspection.ts';
import type { OnnxModel } from '../../server/models/onnx-reader.ts';
import { externalDataModel, foreignTypeModel } from '../support/foreign-models.ts';
import { identityModel, mlpModel } from '../support/models.ts';
import { model, node, tensorInfo } from '../support/onnx-builder.ts';
import { ProtobufWriter } from '../support/protobuf-writer.ts';

const inspect = (bytes: Uint8Array): OnnxModel => inspectModel(ByteSource.ofBytes(bytes), 'm.onnx');

function refusal(run: () => unknown): MillraceError {
  try {
    run();
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

/** A graph with as many nodes as asked for, each of eight bytes: a model() of a million would take minutes to write. */
function manyNodes(count: number): Buffer {
  const one = Buffer.from(new ProtobufWriter().message(1, new ProtobufWriter().string(4, 'Relu')).finish());
  const nodes = Buffer.alloc(count * one.length, one);
  const values = new ProtobufWriter().message(12, new ProtobufWriter().string(1, 'y')).finish();
  return Buffer.from(
    new ProtobufWriter()
      .varint(1, 8)
      .bytes(7, Buffer.concat([nodes, values]))
      .finish(),
  );
}

describe('inspectModel', () => {
  it('refuses 10 GB of declared weights with number and limit', () => {
    const entries = [['location', 'w']] as const;
    const error = refusal(() => inspect(externalDataModel(entries, [2_500_000_000])));
    expect(error.message).toBe('The model declares 10.0 GB of weights; less than 10.0 GB are served.');
    expect(error.details).toEqual({ reason: 'limit' });
    expect(inspect(externalDataModel(entries, [2_499_999_999])).initializerBytes).toBe(9_999_999_996);
    expect(
      refusal(() =>
        inspect(
          externalDataModel(
            entries,
            Array.from({ length: 64 }, () => 2 ** 50),
          ),
        ),
      ).details,
    ).toEqual({ reason: 'limit' });
  });

  it('refuses a million nodes in a few seconds', { timeout: 20_000 }, () => {
    expect(refusal(() => inspect(manyNodes(1_000_000))).message).toBe(
      'The model has 1000000 nodes; less than 1000000 are served.',
    );
    expect(inspect(manyNodes(1000)).nodeCount).toBe(1000);
  });

  it.each(['outputs', 'inputs'] as const)('refuses a thousand %s', (role) => {
    const some = (count: number): Uint8Array =>
      model({
        name: 'wide',
        inputs: Array.from({ length: role === 'inputs' ? count : 1 }, (_, index) =>
          tensorInfo(`x${index}`, 'FLOAT', [1]),
        ),
        outputs: Array.from({ length: role === 'outputs' ? count : 1 }, (_, index) =>
          tensorInfo(`y${index}`, 'FLOAT', [1]),
        ),
        nodes: [node('Identity', ['x0'], ['y0'])],
      });
    expect(refusal(() => inspect(some(1000))).message).toBe(`The model has 1000 ${role}; less than 1000 are served.`);
    expect(inspect(some(999))[role]).toHaveLength(999);
  });

  it('refuses operators of a set that ONNX Runtime does not have', () => {
    const custom = model({
      name: 'custom',
      inputs: [tensorInfo('x', 'FLOAT', [1])],
      outputs: [tensorInfo('y', 'FLOAT', [1])],
      nodes: [node('Tokenize', ['x'], ['y'], {}, 'com.example')],
    });
    expect(refusal(() => inspect(custom)).message).toContain('"com.example:Tokenize"');
  });

  it('refuses external data before anything is opened', () => {
    expect(refusal(() => inspect(externalDataModel([['location', '../../etc/passwd']]))).details).toEqual({
      reason: 'external-data-location',
    });
  });

  it.each([
    ['<html>', 'm.onnx is a web page (HTML), not an ONNX model.'],
    ['', 'm.onnx is an empty file, not an ONNX model.'],
    ['\b\b', 'The file is no usable ONNX model: it has no graph.'],
  ])('says of %j what it is', (content, message) => {
    expect(refusal(() => inspect(Buffer.from(content))).message).toBe(message);
  });

  it('sums up a model', () => {
    expect(summarize(inspect(mlpModel([4, 8, 2], 1)))).toEqual({
      irVersion: 8,
      producer: 'millrace-test',
      opsets: { 'ai.onnx': 13 },
      nodes: 3,
      operators: ['Gemm × 2', 'Relu × 1'],
      initializers: 4,
      initializerBytes: (4 * 8 + 8 + 8 * 2 + 2) * 4,
      externalFiles: [],
    });
  });
});

describe('checkValues', () => {
  it.each([
    ['bfloat16', /output "y" is of type bfloat16.*cannot carry/, /float32 or float16/],
    ['complex64', /of type complex64/, /real and imaginary part/],
    ['sequence', /is a sequence/, /zipmap/],
    ['map', /is a map/, /zipmap/],
    ['optional', /is an optional/, /plain tensor/],
    ['sparse tensor', /is a sparse tensor/, /to_dense/],
  ] as const)('refuses %s with what to change', (type, words, hint) => {
    const error = refusal(() => checkValues(inspect(foreignTypeModel(type))));
    expect(error.message).toMatch(words);
    expect(error.hint).toMatch(hint);
  });

  it('takes every type that the runtime carries', () => {
    for (const type of ['BOOL', 'INT8', 'UINT64', 'FLOAT16', 'DOUBLE', 'STRING'] as const) {
      expect(() => checkValues(inspect(identityModel(type)))).not.toThrow();
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import { ByteSource } from '../../server/models/byte-source.ts';
import { readOnnx } from '../../server/models/onnx-reader.ts';
import type { OnnxModel } from '../../server/models/onnx-reader.ts';
import { heavyModel } from '../support/models.ts';
import { floats, model, node, tensorInfo } from '../support/onnx-builder.ts';
import { externalDataModel, foreignTypeModel, nestedExternalModel, zipMapModel } from '../support/foreign-models.ts';
import { ProtobufWriter } from '../support/protobuf-writer.ts';

const read = (bytes: Uint8Array): OnnxModel => readOnnx(ByteSource.ofBytes(bytes));

function smallModel(): Uint8Array<ArrayBuffer> {
  return model({
    name: 'small',
    inputs: [tensorInfo('x', 'FLOAT', ['batch', 3]), tensorInfo('w', 'FLOAT', [3])],
    outputs: [tensorInfo('y', 'FLOAT', ['batch', 3])],
    nodes: [node('Mul', ['x', 'w'], ['s']), node('Mul', ['s', 'w'], ['y'])],
    initializers: [floats('w', [3], [1, 2, 3])],
    mlOpset: 2,
  });
}

/** The error's code, or what the reader found. Anything but a MillraceError is thrown on. */
function outcome(bytes: Uint8Array): string {
  try {
    read(bytes);
    return 'read';
  } catch (error) {
    if (error instanceof MillraceError) return error.code;
    throw error;
  }
}

describe('readOnnx', () => {
  it('reads versions, operators, inputs, outputs and sizes without the initialisers among the inputs', () => {
    const found = read(smallModel());
    expect(found).toMatchObject({
      irVersion: 8,
      producer: 'millrace-test',
      opsets: { '': 13, 'ai.onnx.ml': 2 },
      nodeCount: 2,
      inputs: [{ name: 'x', kind: 'tensor', elementType: 1, shape: ['batch', 3] }],
      outputs: [{ name: 'y', shape: ['batch', 3] }],
      initializerCount: 1,
      initializerBytes: 12,
      externalFiles: [],
    });
    expect([...found.operators]).toEqual([['Mul', 2]]);
  });

  it('counts the nodes and weights of graphs within graphs', () => {
    const found = read(heavyModel());
    expect(found.nodeCount).toBe(4);
    expect([...found.operators.keys()].toSorted()).toEqual(['Identity', 'Loop', 'MatMul', 'Tanh']);
    expect(found.initializerBytes).toBe(512 * 512 * 4 + 8);
  });

  it('finds external data with the bytes that the file must have', () => {
    const entries = [
      ['location', 'weights.bin'],
      ['offset', '4096'],
      ['length', '16'],
    ] as const;
    expect(read(externalDataModel(entries)).externalFiles).toEqual([{ location: 'weights.bin', minBytes: 4112 }]);
    expect(read(externalDataModel([['location', 'w']])).externalFiles).toEqual([{ location: 'w', minBytes: 16 }]);
  });

  it('finds external data in an attribute inside a branch', () => {
    expect(read(nestedExternalModel('../hidden')).externalFiles).toEqual([{ location: '../hidden', minBytes: 16 }]);
  });

  it('takes a location that is given twice for two', () => {
    const twice = externalDataModel([
      ['location', '/etc/passwd'],
      ['location', 'weights.bin'],
    ]);
    expect(read(twice).externalFiles.map(({ location }) => location)).toEqual(['/etc/passwd', 'weights.bin']);
  });

  it.each(['-1', '1e3', '99999999999999999999', ' 4'])('refuses the offset %j', (offset) => {
    expect(
      outcome(
        externalDataModel([
          ['location', 'w'],
          ['offset', offset],
        ]),
      ),
    ).toBe('model-refused');
  });

  it('counts what is declared, not what is there', () => {
    expect(read(externalDataModel([['location', 'w']], [1_000_000, 1_000_000])).initializerBytes).toBe(4e12);
    const beyondNumbers = externalDataModel([['location', 'w']], [...Array.from({ length: 60 }, () => 2 ** 52), 0]);
    expect(read(beyondNumbers).initializerBytes).toBe(0);
    expect(
      read(
        externalDataModel(
          [['location', 'w']],
          Array.from({ length: 60 }, () => 2 ** 52),
        ),
      ).initializerBytes,
    ).toBe(Infinity);
  });

  it.each(['bfloat16', 'complex64', 'sequence', 'map', 'optional', 'sparse tensor'] as const)('tells a %s', (type) => {
    const { outputs } = read(foreignTypeModel(type));
    expect(outputs[0]).toMatchObject(
      type === 'bfloat16' || type === 'complex64'
        ? { kind: 'tensor', elementType: type === 'bfloat16' ? 16 : 14 }
        : { kind: type },
    );
  });

  it('finds a ZipMap with its classes', () => {
    expect(read(zipMapModel(['cat', 'dog'])).zipMaps).toMatchObject([
      { input: 'probabilities', output: 'output_probability', classLabels: ['cat', 'dog'] },
    ]);
    expect(read(zipMapModel([3, 5])).zipMaps[0]?.classLabels).toEqual([3, 5]);
  });

  it('refuses graphs nested without end', () => {
    let graph = new ProtobufWriter().string(2, 'leaf');
    for (let depth = 0; depth < 40; depth += 1) {
      const attribute = new ProtobufWriter().string(1, 'body').message(6, graph);
      graph = new ProtobufWriter().message(1, new ProtobufWriter().string(4, 'Loop').message(5, attribute));
    }
    expect(() => read(new ProtobufWriter().varint(1, 8).message(7, graph).finish())).toThrow(
      /nested more than 32 deep/,
    );
  });

  it('refuses a second graph: which one runs is not for a file to leave open', () => {
    const bytes = smallModel();
    expect(() => read(Buffer.concat([bytes, bytes]))).toThrow(/two graphs/);
  });

  it('refuses every truncation of a model, or reads it where the cut falls between two fields', () => {
    const bytes = smallModel();
    const outcomes = Array.from({ length: bytes.length }, (_, length) => outcome(bytes.subarray(0, length)));
    expect(new Set(outcomes)).toEqual(new Set(['read', 'model-refused']));
    // Only the two operator sets at the end can be cut off whole.
    expect(outcomes.filter((each) => each === 'read').length).toBeLessThanOrEqual(3);
  });

  it('says how many bytes are missing', () => {
    expect(() => read(smallModel().subarray(0, 60))).toThrow(/should have \d+ bytes, but \d+ are left/);
  });

  it('throws nothing but its own error on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        outcome(bytes);
      }),
      { numRuns: 3000 },
    );
  });

  it('throws nothing but its own error on a model with any bytes overwritten, in little time', () => {
    const models = [
      smallModel(),
      zipMapModel(['a', 'b']),
      nestedExternalModel('w'),
      externalDataModel([['location', 'w']]),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...models),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }),
        (original, changes) => {
          const bytes = original.slice();
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const startedMs = performance.now();
          outcome(bytes);
          expect(performance.now() - startedMs).toBeLessThan(500);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('holds no more than a window of a large file', () => {
    // 200 MB of weights that are skipped, behind a source that counts what is read.
    const weights = floats('w', [50_000_000], []);
    const bytes = model({
      name: 'large',
      inputs: [tensorInfo('x', 'FLOAT', ['batch'])],
      outputs: [tensorInfo('y', 'FLOAT', ['batch'])],
      nodes: [node('Identity', ['x'], ['y'])],
      initializers: [{ ...weights, elements: new Uint8Array(200_000_000) }],
    });
    const before = process.memoryUsage().arrayBuffers;
    expect(read(bytes).initializerBytes).toBe(200_000_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });
});

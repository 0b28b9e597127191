import { describe, expect, it } from 'vitest';
import { ByteSource } from '../../server/models/byte-source.ts';
import { readOnnx } from '../../server/models/onnx-reader.ts';
import type { OnnxModel } from '../../server/models/onnx-reader.ts';
import { labelLines, planZipMapRemoval } from '../../server/models/zip-map.ts';
import { foreignTypeModel, zipMapModel } from '../support/foreign-models.ts';

const read = (bytes: Uint8Array): OnnxModel => readOnnx(ByteSource.ofBytes(bytes));

/** The bytes that a plan stands for. */
function rewrite(bytes: Uint8Array): Buffer {
  const plan = planZipMapRemoval(read(bytes), bytes.length)!;
  return Buffer.concat(
    plan.pieces.map((piece) => (Buffer.isBuffer(piece) ? piece : bytes.subarray(piece.start, piece.end))),
  );
}

describe('planZipMapRemoval', () => {
  it('puts the tensor before the ZipMap in the place of the map', () => {
    const found = read(rewrite(zipMapModel(['cat', 'dog', 'mouse'])));
    expect([...found.operators.keys()]).toEqual(['ai.onnx.ml:LinearClassifier', 'ai.onnx.ml:Normalizer']);
    expect(found.outputs).toMatchObject([
      { name: 'label', kind: 'tensor', elementType: 8 },
      { name: 'probabilities', kind: 'tensor', elementType: 1, shape: ['', 3] },
    ]);
    expect(found).toMatchObject({ irVersion: 8, producer: 'skl2onnx 1.17.0', opsets: { '': 15, 'ai.onnx.ml': 1 } });
  });

  it('leaves a model without one alone', () => {
    for (const bytes of [rewrite(zipMapModel(['a', 'b'])), foreignTypeModel('sequence')]) {
      expect(planZipMapRemoval(read(bytes), bytes.length)).toBeUndefined();
    }
  });

  it('handles graphs whose length takes more bytes than before or fewer', () => {
    // Around 2^14 bytes the length of the graph goes from two bytes to three.
    for (const length of [1, 100, 5000, 8000, 16_000, 16_300, 16_400]) {
      const labels = [
        'a'.repeat(length % 1000),
        ...Array.from({ length: Math.floor(length / 40) }, (_, index) => `class ${index}`),
      ];
      expect(read(rewrite(zipMapModel(labels))).outputs[1]?.shape).toEqual(['', labels.length]);
    }
  });
});

describe('labelLines', () => {
  it.each([
    [
      ['cat', 'dog'],
      ['cat', 'dog'],
    ],
    [
      [0, 1, 2],
      ['0', '1', '2'],
    ],
    [[1, 2], undefined],
    [[0, 2], undefined],
    [['a\nb', 'c'], undefined],
    [[], undefined],
  ])('makes %j into %j', (classLabels, lines) => {
    expect(labelLines(classLabels)).toEqual(lines);
  });
});

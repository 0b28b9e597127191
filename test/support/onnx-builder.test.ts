/** Ties the ONNX writer to the real ONNX Runtime: what was written is what is read. */

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { scanRepository } from '../../server/models/repository.ts';
import { fixedBatchModel } from './awkward-models.ts';
import { openTestRepository } from './model-repository.ts';
import { floats, model, node, strings, tensorInfo } from './onnx-builder.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { answerOf, float32, int64 } from './run-model.ts';
import { seededRandom } from './seeded-random.ts';

function hex(writer: ProtobufWriter): string {
  return Buffer.from(writer.finish()).toString('hex');
}

describe('ProtobufWriter', () => {
  it('writes the examples of the protobuf documentation', () => {
    expect(hex(new ProtobufWriter().varint(1, 150))).toBe('089601');
    expect(hex(new ProtobufWriter().string(2, 'testing'))).toBe('120774657374696e67');
    expect(hex(new ProtobufWriter().message(3, new ProtobufWriter().varint(1, 150)))).toBe('1a03089601');
    expect(hex(new ProtobufWriter().packedVarints(6, [3, 270, 86_942]))).toBe('3206038e029ea705');
    expect(hex(new ProtobufWriter().varint(1, -2))).toBe('08feffffffffffffffff01');
    expect(hex(new ProtobufWriter().float(2, 1.5))).toBe('150000c03f');
  });
});

function draw(seed: number): number[] {
  return Array.from({ length: 10_000 }, seededRandom(seed));
}

describe('seededRandom', () => {
  it('repeats itself for one seed, differs for another and fills [0, 1) evenly', () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const value of draw(7)) tenths[Math.floor(value * 10)]! += 1;
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('onnx-builder', () => {
  it('writes attributes of every kind so that the runtime reads them as meant', async () => {
    const gemm = model({
      name: 'gemm',
      inputs: [tensorInfo('x', 'FLOAT', ['batch', 2])],
      outputs: [tensorInfo('y', 'FLOAT', ['batch', 1]), tensorInfo('c', 'FLOAT', [2]), tensorInfo('s', 'STRING', [2])],
      nodes: [
        node('Gemm', ['x', 'w', 'b'], ['y'], { alpha: 2, beta: 0.5, transB: 1 }),
        node('Constant', [], ['c'], { value: floats('', [2], [7, 8]) }),
        node('Constant', [], ['s'], { value_strings: ['p', 'q'] }),
      ],
      initializers: [floats('w', [1, 2], [3, 4]), floats('b', [1], [10])],
    });
    expect(await answerOf(gemm, { x: float32([1, 1], [1, 2]) })).toEqual({ y: [19], c: [7, 8], s: ['p', 'q'] });
  });

  it('writes a list of fractions and a Float32Array as FLOATS, also where every number is whole', async () => {
    const scaler = model({
      name: 'scaler',
      mlOpset: 2,
      inputs: [tensorInfo('x', 'FLOAT', ['batch', 2])],
      outputs: [tensorInfo('y', 'FLOAT', ['batch', 2])],
      nodes: [node('Scaler', ['x'], ['y'], { scale: Float32Array.of(2, 4), offset: [0.5, 1] }, 'ai.onnx.ml')],
    });
    expect(await answerOf(scaler, { x: float32([1, 1], [1, 2]) })).toEqual({ y: [1, 0] });
  });

  it('writes text initializers', async () => {
    const greeting = model({
      name: 'greeting',
      inputs: [tensorInfo('i', 'INT64', [1])],
      outputs: [tensorInfo('y', 'STRING', [1])],
      nodes: [node('Gather', ['words', 'i'], ['y'])],
      initializers: [strings('words', [2], ['hello', 'größe'])],
    });
    expect(await answerOf(greeting, { i: int64([1], [1]) })).toEqual({ y: ['größe'] });
  });
});

describe('openTestRepository', () => {
  it('writes what the repository scan reads, and adds a version later', async () => {
    const bytes = fixedBatchModel();
    const repository = await openTestRepository([
      { name: 'double', bytes, labels: ['a', 'b'], manifest: { maxBatchSize: 0 } },
    ]);
    await repository.add({ name: 'double', bytes, version: '2' });
    const { models, problems } = await scanRepository(repository.directory);
    expect(problems).toEqual([]);
    expect(models).toMatchObject([
      {
        name: 'double',
        labels: ['a', 'b'],
        manifest: { maxBatchSize: 0 },
        versions: [{ version: '1' }, { version: '2' }],
      },
    ]);
    expect(await readFile(models[0]!.versions[1]!.modelPath)).toEqual(Buffer.from(bytes));
    await repository.remove();
    await expect(scanRepository(repository.directory)).rejects.toMatchObject({ code: 'invalid-config' });
  });
});

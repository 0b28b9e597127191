import { describe, expect, it } from 'vitest';
import { readInferAnswer } from '../../server/protocol/oip-answer.ts';
import { encodeInferResponse } from '../../server/protocol/oip-response.ts';
import { body, facts, spec, tensor } from './facts.ts';

const outputs = [
  tensor('y', 'FP32', [1, 3], Float32Array.of(0.1, Number.NaN, -0)),
  tensor('n', 'INT64', [1], BigInt64Array.of(2n ** 63n - 1n)),
  tensor('t', 'BYTES', [2], ['ü', '']),
  tensor('b', 'BOOL', [2], Uint8Array.of(1, 0)),
];
const model = facts(
  [],
  outputs.map(({ name, datatype, shape }) => spec(name, datatype, shape)),
  { version: '7' },
);

function answer(binary: readonly boolean[]): { bytes: Buffer; jsonLength: number | undefined } {
  const wishes = outputs.map(({ name }, index) => ({ name, binary: binary[index]!, classification: 0 }));
  const request = { id: 'x', inputs: [], outputs: wishes, parameters: {}, rows: 1 };
  const { chunks, jsonLength } = encodeInferResponse(request, model, outputs);
  return { bytes: Buffer.concat(chunks), jsonLength };
}

describe("another server's answer", () => {
  it.each([[[false, false, false, false]], [[true, true, true, true]], [[true, false, true, false]]])(
    'is read to the last bit, binary: %j',
    (binary) => {
      const { bytes, jsonLength } = answer(binary);
      const read = readInferAnswer(bytes, jsonLength)!;
      expect(read.version).toBe('7');
      expect(read.outputs).toEqual(outputs);
    },
  );

  it.each([
    ['no JSON', '<html>'],
    ['an error', { error: 'no' }],
    ['parameters of its own', { outputs: [], parameters: { sequence_id: 1 } }],
    [
      'an output with a parameter',
      { outputs: [{ name: 'y', datatype: 'FP32', shape: [1], data: [1], parameters: { a: 1 } }] },
    ],
    ['an unknown datatype', { outputs: [{ name: 'y', datatype: 'FP8', shape: [1], data: [1] }] }],
    ['too few elements', { outputs: [{ name: 'y', datatype: 'FP32', shape: [2], data: [1] }] }],
    ['a negative dimension', { outputs: [{ name: 'y', datatype: 'FP32', shape: [-1], data: [] }] }],
    ['no data', { outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }] }],
  ])('with %s is not', (_what, document) => {
    expect(readInferAnswer(body(document), undefined)).toBeUndefined();
  });

  it('that is cut off, or longer than it says, is not', () => {
    const { bytes, jsonLength } = answer([true, true, true, true]);
    expect(readInferAnswer(bytes.subarray(0, -1), jsonLength)).toBeUndefined();
    expect(readInferAnswer(Buffer.concat([bytes, Buffer.of(0)]), jsonLength)).toBeUndefined();
  });
});

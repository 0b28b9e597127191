import { describe, expect, it } from 'vitest';
import { decodeStrings } from '../../server/protocol/datatypes.ts';
import type { InferRequest, RequestedOutput } from '../../server/protocol/oip-request.ts';
import { encodeInferResponse, type EncodedResponse } from '../../server/protocol/oip-response.ts';
import { facts, refusal, tensor } from './facts.ts';

const MODEL = facts([], [], { labels: ['cat', 'dog', 'cow'] });
const LABEL = tensor('label', 'INT64', [1], new BigInt64Array([2n ** 63n - 1n]));
const PROBABILITIES = tensor('probabilities', 'FP32', [1, 3], new Float32Array([0.1, 0.7, 0.2]));
const TEXT = tensor('text', 'BYTES', [1], ['a"🏭']);

function asking(outputs: readonly (Partial<RequestedOutput> & { readonly name: string })[], id?: string): InferRequest {
  const full = outputs.map((output) => ({ binary: false, classification: 0, ...output }));
  return { id, inputs: [], outputs: full, parameters: {}, rows: 1 };
}

function jsonOf({ chunks }: EncodedResponse): string {
  return Buffer.from(chunks[0]!).toString();
}

describe('an inference response', () => {
  it('is JSON with its keys in order and its data flat', () => {
    const answer = encodeInferResponse(asking([{ name: 'label' }, { name: 'probabilities' }], 'r"1'), MODEL, [
      LABEL,
      PROBABILITIES,
    ]);
    expect(answer.jsonLength).toBeUndefined();
    expect(answer.chunks).toHaveLength(1);
    expect(jsonOf(answer)).toBe(
      '{"id":"r\\"1","model_name":"iris","model_version":"1","outputs":[' +
        '{"name":"label","datatype":"INT64","shape":[1],"data":[9223372036854775807]},' +
        '{"name":"probabilities","datatype":"FP32","shape":[1,3],"data":[0.1,0.7,0.2]}]}',
    );
  });

  it('has no id where the request has none, and an empty one where it is empty', () => {
    expect(jsonOf(encodeInferResponse(asking([]), MODEL, []))).toBe(
      '{"model_name":"iris","model_version":"1","outputs":[]}',
    );
    expect(jsonOf(encodeInferResponse(asking([], ''), MODEL, []))).toMatch(/^\{"id":"","model_name"/);
  });

  it('holds what was asked for in the order of the request', () => {
    const answer = encodeInferResponse(asking([{ name: 'text' }, { name: 'label' }]), MODEL, [
      LABEL,
      PROBABILITIES,
      TEXT,
    ]);
    const names = (JSON.parse(jsonOf(answer)) as { outputs: { name: string }[] }).outputs.map(({ name }) => name);
    expect(names).toEqual(['text', 'label']);
  });

  it('carries binary outputs after the JSON, in order, between JSON ones', () => {
    const wishes = [{ name: 'text', binary: true }, { name: 'label' }, { name: 'probabilities', binary: true }];
    const answer = encodeInferResponse(asking(wishes), MODEL, [LABEL, PROBABILITIES, TEXT]);
    expect(answer.jsonLength).toBe(answer.chunks[0]!.length);
    expect(jsonOf(answer)).toBe(
      '{"model_name":"iris","model_version":"1","outputs":[' +
        '{"name":"text","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":10}},' +
        '{"name":"label","datatype":"INT64","shape":[1],"data":[9223372036854775807]},' +
        '{"name":"probabilities","datatype":"FP32","shape":[1,3],"parameters":{"binary_data_size":12}}]}',
    );
    expect(decodeStrings(Buffer.from(answer.chunks[1]!), 1, 'text')).toEqual(['a"🏭']);
    expect(Buffer.from(answer.chunks[2]!)).toEqual(Buffer.from(new Float32Array([0.1, 0.7, 0.2]).buffer));
  });

  it('counts the length of its JSON in bytes', () => {
    const answer = encodeInferResponse(asking([{ name: 'label', binary: true }], '🏭'), MODEL, [LABEL]);
    expect(answer.jsonLength).toBe(Buffer.byteLength(jsonOf(answer)));
  });

  it('writes NaN, Infinity and -0 as tokens', () => {
    const output = tensor('x', 'FP64', [4], new Float64Array([Number.NaN, Infinity, -Infinity, -0]));
    expect(jsonOf(encodeInferResponse(asking([{ name: 'x' }]), MODEL, [output]))).toContain(
      '"data":[NaN,Infinity,-Infinity,-0]',
    );
  });

  it('writes an empty tensor', () => {
    const output = tensor('x', 'FP32', [0, 3], new Float32Array());
    expect(jsonOf(encodeInferResponse(asking([{ name: 'x' }]), MODEL, [output]))).toContain('"shape":[0,3],"data":[]');
    const answer = encodeInferResponse(asking([{ name: 'x', binary: true }]), MODEL, [output]);
    expect([answer.chunks.length, answer.chunks[1]!.length]).toEqual([2, 0]);
  });

  it('classifies where asked, as JSON or binary', () => {
    const json = encodeInferResponse(asking([{ name: 'probabilities', classification: 2 }]), MODEL, [PROBABILITIES]);
    expect(jsonOf(json)).toContain('"datatype":"BYTES","shape":[1,2],"data":["0.700000:1:dog","0.200000:2:cow"]');
    const raw = encodeInferResponse(asking([{ name: 'probabilities', classification: 1, binary: true }]), MODEL, [
      PROBABILITIES,
    ]);
    expect(decodeStrings(Buffer.from(raw.chunks[1]!), 1, 'p')).toEqual(['0.700000:1:dog']);
  });

  it.each(['FP16', 'BF16'] as const)('carries %s as binary and refuses it as JSON', (datatype) => {
    const output = tensor('x', datatype, [1], new Uint16Array([0x3c00]));
    expect(encodeInferResponse(asking([{ name: 'x', binary: true }]), MODEL, [output]).chunks[1]).toEqual(
      new Uint8Array([0x00, 0x3c]),
    );
    const error = refusal(() => encodeInferResponse(asking([{ name: 'x' }]), MODEL, [output]));
    expect([error.code, error.message]).toEqual([
      'invalid-request',
      expect.stringContaining('binary tensor data extension'),
    ]);
  });
});

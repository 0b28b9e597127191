import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheKey } from '../../server/cache/cache-key.ts';
import type { KeyedRequest } from '../../server/cache/cache-key.ts';
import { rawElements } from '../../server/protocol/datatypes.ts';
import { parseInferRequest } from '../../server/protocol/oip-request.ts';
import { parsePredictRequest } from '../../server/protocol/predict-request.ts';
import type { Tensor } from '../../server/protocol/tensors.ts';
import { body, facts, spec, tensor } from '../protocol/facts.ts';

const digest = 'd'.repeat(64);
const one: Tensor = tensor('x', 'FP32', [1, 2], Float32Array.of(1, 2));

function keyOf(changes: Partial<KeyedRequest> = {}): string {
  return cacheKey({
    digest,
    partition: '',
    inputs: [one],
    outputs: [{ name: 'y', classification: 0 }],
    parameters: {},
    ...changes,
  });
}

describe('the key of a request', () => {
  it('is 64 hexadecimal digits', () => {
    expect(keyOf()).toMatch(/^[0-9a-f]{64}$/);
  });

  const others: Record<string, Partial<KeyedRequest>> = {
    'another model': { digest: 'e'.repeat(64) },
    'another partition': { partition: 'k1' },
    'another input name': { inputs: [{ ...one, name: 'X' }] },
    'another shape': { inputs: [{ ...one, shape: [2, 1] }] },
    'another datatype': {
      inputs: [tensor('x', 'INT32', [1, 2], new Int32Array(rawElements(one.data).slice().buffer))],
    },
    'another value': { inputs: [tensor('x', 'FP32', [1, 2], Float32Array.of(1, 3))] },
    'a negative zero': { inputs: [tensor('x', 'FP32', [1, 2], Float32Array.of(0, -0))] },
    'a zero': { inputs: [tensor('x', 'FP32', [1, 2], Float32Array.of(0, 0))] },
    'one input more': { inputs: [one, { ...one, name: 'z' }] },
    'another output': { outputs: [{ name: 'z', classification: 0 }] },
    'one output more': {
      outputs: [
        { name: 'y', classification: 0 },
        { name: 'z', classification: 0 },
      ],
    },
    'a classification': { outputs: [{ name: 'y', classification: 3 }] },
    'a parameter': { parameters: { beam: 4 } },
    'the same parameter as a text': { parameters: { beam: '4' } },
    'the parameter negative': { parameters: { beam: -0 } },
    'the parameter zero': { parameters: { beam: 0 } },
  };

  it('differs wherever the answer might', () => {
    const keys = new Map(Object.entries(others).map(([name, changes]) => [keyOf(changes), name]));
    keys.set(keyOf(), 'the request itself');
    expect(keys.size).toBe(Object.keys(others).length + 1);
  });

  it('cannot be made equal by moving characters from one part to the next', () => {
    expect(keyOf({ digest: `${digest}a`, partition: 'b' })).not.toBe(keyOf({ digest, partition: 'ab' }));
    expect(keyOf({ parameters: { a: 'b' } })).not.toBe(keyOf({ parameters: { ab: '' } }));
    const split = (first: string, second: string): string =>
      keyOf({
        inputs: [tensor('x', 'BYTES', [2], [first, second])],
      });
    expect(split('a', 'bc')).not.toBe(split('ab', 'c'));
    expect(split('', 'abc')).not.toBe(split('abc', ''));
  });

  it('leaves out how and when the answer is wanted', () => {
    const parameters = { binary_data_output: true, timeout: 5, priority: 2, sequence_id: 0, sequence_start: false };
    expect(keyOf({ parameters })).toBe(keyOf());
  });
});

const model = facts(
  [spec('a', 'FP32', [-1, 3]), spec('b', 'INT64', [-1, 2])],
  [spec('y', 'FP32', [-1]), spec('z', 'INT64', [-1])],
);
/** What JSON can carry of a float32: every finite one, and NaN and the infinities as Millrace's tokens. */
const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });
const int64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);

interface Values {
  readonly a: readonly number[];
  readonly b: readonly bigint[];
}

const values: fc.Arbitrary<Values> = fc.record({
  a: fc.array(float32, { minLength: 3, maxLength: 3 }),
  b: fc.array(int64, { minLength: 2, maxLength: 2 }),
});

const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** The same tensors as a client may write them. */
function jsonForm({ a, b }: Values, form: { reversed: boolean; spaced: boolean; nested: boolean; id: string }): Buffer {
  const space = form.spaced ? ' \n' : '';
  const list = (texts: readonly string[]): string => {
    const flat = `[${space}${texts.join(`,${space}`)}]`;
    return form.nested ? `[${flat}]` : flat;
  };
  const inputs = [
    `{"name":"a","shape":[1,3],"datatype":"FP32","data":${list(a.map(numberText))}}`,
    `{"data":${list(b.map(String))},"datatype":"INT64","name":"b",${space}"shape":[1,2]}`,
  ];
  const ordered = form.reversed ? inputs.toReversed() : inputs;
  return body(`{"id":${JSON.stringify(form.id)},${space}"inputs":[${ordered.join(`${space},`)}]}`);
}

function binaryForm({ a, b }: Values, outputs: object | undefined): { body: Buffer; jsonLength: number } {
  const raw = Buffer.concat([rawElements(BigInt64Array.from(b)), rawElements(Float32Array.from(a))]);
  const json = body({
    inputs: [
      { name: 'b', shape: [1, 2], datatype: 'INT64', parameters: { binary_data_size: 16 } },
      { name: 'a', shape: [1, 3], datatype: 'FP32', parameters: { binary_data_size: 12 } },
    ],
    parameters: { binary_data_output: true },
    ...outputs,
  });
  return { body: Buffer.concat([json, raw]), jsonLength: json.length };
}

function requestKey(bytes: Buffer, jsonLength?: number): string {
  const { inputs, outputs, parameters } = parseInferRequest(bytes, jsonLength, model);
  return cacheKey({ digest, partition: '', inputs, outputs, parameters });
}

describe('the keys of requests as they are sent', () => {
  it('are equal for equal tensors, whatever the form, and for no others', () => {
    const form = fc.record({ reversed: fc.boolean(), spaced: fc.boolean(), nested: fc.boolean(), id: fc.string() });
    fc.assert(
      fc.property(values, values, form, form, (first, second, formA, formB) => {
        const key = requestKey(jsonForm(first, formA));
        expect(requestKey(jsonForm(first, formB))).toBe(key);
        const binary = binaryForm(first, {});
        expect(requestKey(binary.body, binary.jsonLength)).toBe(key);
        const asked = binaryForm(first, {
          outputs: [{ name: 'z', parameters: { binary_data: false } }, { name: 'y' }],
        });
        expect(requestKey(asked.body, asked.jsonLength)).toBe(key);
        const isSame =
          Buffer.from(rawElements(Float32Array.from(first.a))).equals(rawElements(Float32Array.from(second.a))) &&
          first.b.every((value, index) => value === second.b[index]);
        expect(requestKey(jsonForm(second, formA)) === key).toBe(isSame);
      }),
    );
  });

  it('are equal for /predict and the protocol, where all outputs are wanted', () => {
    fc.assert(
      fc.property(values, (sent) => {
        const text = `{"inputs":{"b":[${sent.b.join()}],"a":[[${sent.a.map(numberText).join()}]]}}`;
        const { inputs, outputs, parameters } = parsePredictRequest(body(text), model);
        expect(cacheKey({ digest, partition: '', inputs, outputs, parameters })).toBe(
          requestKey(jsonForm(sent, { reversed: false, spaced: false, nested: false, id: '' })),
        );
      }),
    );
  });

  it('are equal for NaN and infinities as JSON writes them and as their usual bits', () => {
    const sent = { a: [Number.NaN, Infinity, -Infinity], b: [0n, 1n] };
    const binary = binaryForm(sent, {});
    expect(requestKey(jsonForm(sent, { reversed: true, spaced: true, nested: true, id: 'x' }))).toBe(
      requestKey(binary.body, binary.jsonLength),
    );
  });

  it('tell texts apart that only look alike', () => {
    const texts = facts([spec('t', 'BYTES', [-1])], [spec('y', 'FP32', [-1])]);
    const key = (text: string): string => {
      const request = parseInferRequest(
        body({ inputs: [{ name: 't', shape: [1], datatype: 'BYTES', data: [text] }] }),
        undefined,
        texts,
      );
      return cacheKey({ digest, partition: '', ...request });
    };
    // Composed and decomposed, and a look-alike from another alphabet.
    expect(new Set(['é', 'e\u0301', 'е́', 'e'].map(key)).size).toBe(4);
    expect(key('é')).toBe(key('\u00e9'));
  });
});

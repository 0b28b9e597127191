import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSamples } from '../../server/models/samples.ts';

const text = (value: unknown): string => JSON.stringify(value);

describe('parseSamples', () => {
  it('reads the files that come with Millrace', () => {
    const samples = parseSamples(
      readFileSync(join(import.meta.dirname, '../../resources/models/iris/samples.json'), 'utf8'),
    );
    expect(samples.inputs['']).toHaveLength(32);
    expect(Object.keys(samples.expected)).toEqual(['label', 'probabilities']);
    expect(samples.tolerance).toBe(1e-4);
  });

  it('reads several inputs by name and keeps 200 rows', () => {
    const rows = Array.from({ length: 300 }, (_, index) => [index]);
    const samples = parseSamples(text({ inputs: { a: rows, b: rows }, expected: { y: rows } }));
    expect(samples.inputs['a']).toHaveLength(200);
    expect(samples.expected['y']).toHaveLength(200);
  });

  it.each([
    ['{', /not valid JSON/],
    ['[]', /no JSON object/],
    [text({ expected: { y: [1] } }), /needs "inputs"/],
    [text({ inputs: [1] }), /needs "expected"/],
    [text({ inputs: [1], expected: {} }), /needs "expected"/],
    [text({ inputs: [], expected: { y: [] } }), /at least one/],
    [text({ inputs: [1, 2], expected: { y: [1] } }), /as many/],
    [text({ inputs: { a: [1], b: [1, 2] }, expected: { y: [1] } }), /as many/],
    [text({ inputs: [1], expected: { y: [1] }, tolerance: -1 }), /tolerance/],
  ])('refuses %s', (content, words) => {
    expect(() => parseSamples(content)).toThrow(words);
  });
});

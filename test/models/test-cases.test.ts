/** Test cases as they are kept: what is added comes back, the same is known again, and other files are read as they came. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSamples, plainInputs } from '../../server/models/samples.ts';
import { caseId, casesText, listCases, withCase, withoutCase } from '../../server/models/test-cases.ts';
import type { TestCase } from '../../server/models/test-cases.ts';

const testCase = (value: number, rest: Partial<TestCase> = {}): TestCase => ({
  inputs: { x: [value] },
  expected: { y: value },
  about: { savedAt: '2026-11-24T09:00:00.000Z', version: '1' },
  tolerance: 0.001,
  ...rest,
});

describe('test cases', () => {
  it('come back from their file', () => {
    const cases = [
      testCase(1, { about: { name: 'one', savedAt: '2026-11-24T09:00:00.000Z', version: '1' } }),
      testCase(2, { expected: { z: [1, 2] }, tolerance: 0.5 }),
      testCase(3, { inputs: { x: { b64: 'AAAA' } } }),
    ];
    const samples = parseSamples(casesText(cases));
    expect(samples).toMatchObject({
      expected: { y: [1, null, 3], z: [null, [1, 2], null] },
      tolerances: [0.001, 0.5, 0.001],
    });
    expect(
      listCases(samples, 'x').map(({ inputs, expected, tolerance, about: { name } }) => ({
        inputs,
        expected,
        tolerance,
        name,
      })),
    ).toEqual(cases.map(({ inputs, expected, tolerance, about: { name } }) => ({ inputs, expected, tolerance, name })));
    expect(plainInputs(samples)).toBeUndefined();
  });

  it('are read from a file that names no input and says nothing of its rows', () => {
    const samples = parseSamples(
      '{"inputs":[[1],[2]],"expected":{"y":[1,2]},"tolerance":0.1,"about":[7,{"tolerance":-1}]}',
    );
    expect(listCases(samples, 'only')).toEqual([
      { inputs: { only: [1] }, expected: { y: 1 }, about: {}, tolerance: 0.1 },
      { inputs: { only: [2] }, expected: { y: 2 }, about: {}, tolerance: 0.1 },
    ]);
    expect(plainInputs(samples)).toEqual({ '': [[1], [2]] });
    expect(listCases(undefined, 'x')).toEqual([]);
  });

  it('are added once and up to what is run, and removed by what they are', () => {
    const one = withCase([], testCase(1));
    expect(() => withCase(one, testCase(1, { expected: { y: 5 } }))).toThrow(
      expect.objectContaining({ code: 'conflict' }),
    );
    const two = withCase(one, testCase(2));
    expect(withoutCase(two, caseId(testCase(1)))).toEqual([testCase(2)]);
    expect(() => withoutCase(two, 'ffffffff')).toThrow(expect.objectContaining({ code: 'not-found' }));
    const full = Array.from({ length: 200 }, (_, at) => testCase(at));
    expect(withCase(full.slice(1), testCase(-1))).toHaveLength(200);
    expect(() => withCase(full, testCase(-1))).toThrow('more than 200 are not run');
  });

  it('have the same id whatever the order of their values, and another where a value differs', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer(), { minKeys: 2 }), fc.integer(), (inputs, y) => {
        const reversed = Object.fromEntries(Object.entries(inputs).toReversed());
        const id = caseId({ inputs, expected: { y } });
        expect(id).toMatch(/^[0-9a-f]{8}$/);
        expect(caseId({ inputs: reversed, expected: { y } })).toBe(id);
        expect(caseId({ inputs, expected: { y: y + 1 } })).not.toBe(id);
      }),
    );
  });
});

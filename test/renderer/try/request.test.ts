import { describe, expect, it } from 'vitest';
import { fieldOf } from '../../../renderer/try/form-model.ts';
import { parseArray, requestOf } from '../../../renderer/try/request.ts';

const row = fieldOf({ name: 'x', datatype: 'FP32', shape: [-1, 2] }, ['a', 'b'], undefined);
const bare = fieldOf({ name: 'x', datatype: 'FP32', shape: [-1, 2] }, undefined, undefined);
const matrix = fieldOf({ name: 'm', datatype: 'INT64', shape: [-1, 2, 3] }, undefined, undefined);

describe('the request of a form', () => {
  it('names the numbers of one row', () => {
    expect(requestOf([row], [{ shape: [1, 2], elements: [1, 2] }], true)).toEqual({
      kind: 'predict',
      body: { features: { a: 1, b: 2 } },
    });
  });

  it('sends rows as lists where there are many, or no names', () => {
    expect(requestOf([row], [{ shape: [2, 2], elements: [1, 2, 3, 4] }], true).body).toEqual({
      features: [
        [1, 2],
        [3, 4],
      ],
    });
    expect(requestOf([bare], [{ shape: [1, 2], elements: [1, 2] }], true).body).toEqual({ features: [1, 2] });
  });

  it('nests other inputs by their shape under their names', () => {
    expect(requestOf([matrix], [{ shape: [1, 2, 3], elements: [1, 2, 3, 4, 5, 6] }], true).body).toEqual({
      inputs: {
        m: [
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
        ],
      },
    });
  });

  it('is the Open Inference Protocol for a model that does not take predict', () => {
    expect(requestOf([row], [{ shape: [1, 2], elements: [1, 2] }], false)).toEqual({
      kind: 'infer',
      body: { inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }] },
    });
  });
});

describe('a typed array', () => {
  const declared = [-1, 2, 3];
  const read = (text: string): unknown => parseArray(text, declared, [1, 2, 3], false);

  it('is taken flat with any separators', () => {
    expect(read('1, 2 3;4\n5,6')).toEqual({ shape: [1, 2, 3], elements: [1, 2, 3, 4, 5, 6] });
  });

  it('is taken nested, with its own length where that is free', () => {
    expect(read('[[[1,2,3],[4,5,6]],[[7,8,9],[1,2,3]]]')).toMatchObject({ shape: [2, 2, 3] });
  });

  it.each([
    ['[[1,2', { kind: 'not-json' }],
    ['[[1],[2,3]]', { kind: 'ragged' }],
    ['[[[1,2],[3,4]]]', { kind: 'shape', found: [1, 2, 2] }],
    ['[[1,2,3],[4,5,6]]', { kind: 'shape', found: [2, 3] }],
    ['1,2,3', { kind: 'count', found: 3, wanted: 6 }],
    ['1,2,x,4,5,6', { kind: 'element', element: 'x' }],
    ['["a"]', { kind: 'element', element: 'a' }],
    ['', { kind: 'count', found: 0, wanted: 6 }],
  ])('%j is refused', (text, fault) => {
    expect(read(text)).toEqual(fault);
  });

  it('reads flags as words or numbers', () => {
    expect(parseArray('true, 0', [2], [2], true)).toEqual({ shape: [2], elements: [true, false] });
  });
});

describe('a request with a picture', () => {
  const file = { file: new Blob(['x'], { type: 'image/png' }), fileName: 'x.png', b64: 'eA==' };

  it('is the file itself where it is the only input, and Base64 beside others', () => {
    expect(requestOf([row], [file], true)).toEqual({ kind: 'predict', file: { file: file.file, fileName: 'x.png' } });
    expect(requestOf([row, matrix], [file, { shape: [1, 1], elements: [5] }], true).body).toEqual({
      inputs: { x: { b64: 'eA==' }, m: [[5]] },
    });
    expect(requestOf([row], [file], false).body).toEqual({
      inputs: [{ name: 'x', datatype: 'BYTES', shape: [1], data: ['eA=='] }],
    });
  });
});

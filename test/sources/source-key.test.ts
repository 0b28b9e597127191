import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSourceKey, quoted } from '../../server/sources/source-key.ts';

describe('a key', () => {
  it('of a version names model, version and path', () => {
    expect(parseSourceKey('iris/3/model.onnx')).toEqual({
      kind: 'version-file',
      model: 'iris',
      version: '3',
      path: 'model.onnx',
    });
    expect(parseSourceKey('iris/3/weights/part.bin')).toMatchObject({ kind: 'version-file', path: 'weights/part.bin' });
  });

  it('at the model’s own level is one of four names', () => {
    expect(parseSourceKey('iris/labels.txt')).toEqual({ kind: 'model-file', model: 'iris', path: 'labels.txt' });
    expect(parseSourceKey('iris/notes.txt')).toEqual({ kind: 'other' });
  });

  it.each([
    'readme.txt',
    'iris/',
    'iris/3/',
    'iris/v3/model.onnx',
    'iris/0/model.onnx',
    'iris/3/.DS_Store',
    '-x/1/model.onnx',
    'con/1/model.onnx',
  ])('%s belongs to no model', (key) => {
    expect(parseSourceKey(key).kind).toBe(key === 'con/1/model.onnx' ? 'hostile' : 'other');
  });

  it.each([
    '../../etc/x',
    'iris/../../etc/x',
    'iris/1/../../../x',
    '/etc/passwd',
    'iris//model.onnx',
    'iris/1/a\\b',
    'iris/1/C:x',
    'iris/1/x\0y',
    'iris/1/x ',
    'iris/1/x.',
    'iris/1/.',
    'iris/1/aux.onnx',
    'iris/1/\u202Exnno.ledom',
    'a/1/2/3/4/5/6/7/8/9/10',
    `iris/1/${'x'.repeat(1100)}`,
  ])('%j is hostile', (key) => {
    expect(parseSourceKey(key)).toMatchObject({ kind: 'hostile', why: expect.any(String) });
  });

  it('that is taken never leaves its folder, whatever it is', () => {
    const part = fc.oneof(fc.constantFrom('..', '.', '', 'iris', '1', 'a\\b', 'model.onnx', 'C:', '~'), fc.string());
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const key = parseSourceKey(parts.join('/'));
        if (key.kind !== 'version-file' && key.kind !== 'model-file') return true;
        return !/(^|\/)\.{0,2}(\/|$)|\\|\0|:/.test(key.path) && /^[A-Za-z0-9][\w.-]*$/.test(key.model);
      }),
    );
  });

  it('is shown in printable ASCII only', () => {
    expect(quoted('a\u202Eb\u001B[31m')).toBe('"a\\u202eb\\u001b[31m"');
    expect(quoted('x'.repeat(500)).length).toBeLessThan(130);
  });
});

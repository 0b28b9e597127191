import { assert, constantFrom, pre, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import { modelNameKey, parseModelName } from '../../server/models/model-name.ts';

function refusal(raw: unknown): MillraceError {
  try {
    parseModelName(raw);
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(raw)} was accepted`);
}

describe('parseModelName', () => {
  it.each([
    'iris',
    'a',
    '7',
    'breast-cancer',
    'resnet50_v1.5',
    'A'.repeat(64),
    'console',
    'com10',
    'auxiliary',
    'x.con',
  ])('accepts %j unchanged', (name) => {
    expect(parseModelName(name)).toBe(name);
  });

  it.each([
    ['a parent folder', '../x'],
    ['an encoded slash', '..%2fx'],
    ['a doubly encoded parent', '%252e%252e'],
    ['a slash', 'a/b'],
    ['a backslash', 'a\\b'],
    ['a drive', 'C:\\x'],
    ['a device', 'CON'],
    ['a trailing dot', 'x.'],
    ['a trailing space', 'x '],
    ['a trailing newline', 'x\n'],
    ['a NUL', 'x\0y'],
    ['a right-to-left override', 'abc\u202Egpj'],
    ['a composed letter', 'caf\u00e9'],
    ['its decomposed twin', 'cafe\u0301'],
    ['a full-width letter', '\uff41'],
    ['300 characters', 'a'.repeat(300)],
    ['65 characters', 'a'.repeat(65)],
    ['a prototype', '__proto__'],
    ['the folder itself', '.'],
    ['its parent', '..'],
    ['a hidden folder', '.git'],
    ['an option', '-x'],
    ['nothing', ''],
    ['a number', 5],
    ['null', null],
    ['a list', ['iris']],
  ])('refuses %s', (_what, raw) => {
    const error = refusal(raw);
    expect(error.code).toBe('invalid-name');
    expect(error.message).toContain('1 to 64 characters');
  });

  it.each(['con', 'Prn', 'AUX', 'nul', 'COM0', 'com1', 'COM9', 'lpt0', 'LPT9', 'con.txt', 'COM1.a.b', 'nul.onnx'])(
    'refuses the Windows device name %s',
    (name) => {
      expect(refusal(name).message).toContain('Windows device name');
    },
  );

  it('shows a refused name in printable ASCII only, and not all of a long one', () => {
    expect(refusal('abc\u202Egpj').message).toContain('"abc\\u202egpj"');
    expect(refusal('b'.repeat(5000)).message.length).toBeLessThan(400);
    assert(
      property(
        string({
          unit: constantFrom('\u0000', '\u007f', '\u00e9', '\u202e', '\ud800', '\u{1f600}', '"', '\\', '\r', 'a'),
        }),
        (text) => {
          pre(!/^[A-Za-z0-9]/.test(text));
          expect(refusal(text).message).toMatch(/^[ -~]*$/);
        },
      ),
    );
  });

  it('accepts nothing that a path or a URL would read otherwise', () => {
    assert(
      property(string({ unit: constantFrom(...'aZ0._-%/\\:~ \n?#'), maxLength: 8 }), (text) => {
        try {
          parseModelName(text);
        } catch {
          return;
        }
        expect(encodeURIComponent(text)).toBe(text);
        expect(new URL(`http://h/v2/models/${text}/infer`).pathname).toBe(`/v2/models/${text}/infer`);
      }),
    );
  });
});

describe('modelNameKey', () => {
  it('is equal for names that differ in case only', () => {
    expect(modelNameKey('IRIS-v2')).toBe(modelNameKey('iris-V2'));
    expect(modelNameKey('iris')).not.toBe(modelNameKey('iris2'));
  });
});

/** Links and files that the system hands over: a link goes to a place and does nothing (S63). */
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOfLink, readArguments } from '../../electron/deep-link.ts';

describe('a link', () => {
  it.each([
    ['millrace://models', '/models'],
    ['millrace://models/', '/models'],
    ['MILLRACE://Models/iris', '/models/iris'],
    ['millrace://models/iris/versions', '/models/iris/versions'],
    ['millrace://try/yolo.v8-n', '/try/yolo.v8-n'],
    ['millrace://home', '/'],
    ['millrace://', '/'],
    ['millrace://settings', '/settings'],
  ])('%s goes to %s', (link, place) => {
    expect(placeOfLink(link)).toBe(place);
  });

  it.each([
    'millrace://import?url=https://evil.example/m.onnx',
    'millrace://models/iris?promote=2',
    'millrace://models/iris#t=code',
    'millrace://models/../settings',
    'millrace://models/..',
    'millrace://models/%2e%2e/settings',
    'millrace://models//iris',
    'millrace://models/a/b/c',
    String.raw`millrace://models/..\..\x`,
    'millrace://window-failed',
    'millrace://api/v1/status',
    'millrace://user@models',
    'millrace://home/x',
    'millrace:models',
    'https://models/iris',
    `millrace://models/${'a'.repeat(1_000_000)}`,
    'millrace://models/ evil',
    'millrace://models/iris\n',
    'javascript:alert(1)//millrace://models',
  ])('%s goes nowhere', (link) => {
    expect(placeOfLink(link)).toBeUndefined();
  });

  it('is never more than names between slashes, whatever is in it', () => {
    const part = fc.constantFrom('models', 'try', 'iris', '..', '.', '%2e%2e', 'a b', '?x=1', '#t', '');
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 8 })), { maxLength: 5 }), (parts) => {
        const place = placeOfLink(`millrace://${parts.join('/')}`);
        expect(place ?? '/').toMatch(/^\/(?:[a-z]+(?:\/[\w-][\w.-]*){0,2})?$/);
      }),
    );
  });
});

describe('the words of a start', () => {
  it('hold a link, a file, or both, among what Electron adds', () => {
    const words = ['--allow-file-access', '/opt/millrace', '--hidden', 'millrace://models', 'model.onnx'];
    expect(readArguments(words, '/home/petra')).toEqual({
      link: 'millrace://models',
      file: resolve('/home/petra', 'model.onnx'),
    });
  });

  it('take a file as it is where it says where it lies, with any ending of a model or an archive', () => {
    const path = resolve('/media/stick/Defects.TAR.GZ');
    expect(readArguments([path], '/home').file).toBe(path);
    expect(readArguments(['notes.txt', 'weights.pt'], '/home').file).toBeUndefined();
  });

  it('take no file from an address and no link from a switch', () => {
    const words = ['--user-data-dir=millrace://models', 'https://evil.example/m.onnx', 'file:///etc/m.onnx'];
    expect(readArguments(words, '/home')).toEqual({ link: undefined, file: undefined });
  });
});

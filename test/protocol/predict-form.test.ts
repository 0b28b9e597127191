/** In which form a body comes: by its bytes first, then by what is said of it. */
import { describe, expect, it } from 'vitest';
import { readMultipart } from '../../server/protocol/multipart.ts';
import { predictFormOf } from '../../server/protocol/predict-form.ts';
import fc from 'fast-check';
import { image } from '../support/images.ts';

const of = (type: string | undefined, body: string | Buffer): string => predictFormOf(type, Buffer.from(body));

describe('the form of a body', () => {
  it('is JSON where it begins so, whatever is said', () => {
    for (const type of [undefined, 'application/x-www-form-urlencoded', 'text/csv', 'image/png']) {
      expect(of(type, ' \r\n\t{"features":[1]}')).toBe('json');
      expect(of(type, '')).toBe('json');
    }
  });

  it('is a picture by its first bytes, whatever is said', () => {
    for (const type of [undefined, 'text/csv', 'application/json', 'application/x-www-form-urlencoded']) {
      for (const name of ['photo.jpg', 'rgb.png', 'lossy.webp']) expect(of(type, image(name))).toBe('image');
    }
  });

  it('is else what Content-Type says, in any case and with parameters', () => {
    expect(of('Text/CSV; charset=utf-8', '1,2')).toBe('csv');
    expect(of('text/tab-separated-values', '1\t2')).toBe('csv');
    expect(of('multipart/form-data; boundary=x', '--x')).toBe('multipart');
    expect(of('application/x-www-form-urlencoded', 'a=1')).toBe('fields');
    expect(of(undefined, 'nonsense')).toBe('json');
    expect(of('image/png', 'nonsense')).toBe('image');
  });

  it('is refused where it is a picture in a format that is not read', () => {
    for (const [type, body] of [
      ['image/png', image('animated.gif')],
      [undefined, image('photo.tiff')],
      ['image/svg+xml', Buffer.from('<svg/>')],
      ['image/avif', Buffer.from('nonsense')],
    ] as const) {
      expect(() => predictFormOf(type, body)).toThrow(expect.objectContaining({ code: 'unsupported-media-type' }));
    }
  });
});

describe('multipart/form-data', () => {
  const names = fc.stringMatching(/^[^\0\r\n]{1,20}$/);
  const contents = fc.uint8Array({ maxLength: 60 });

  it('is read as Node writes it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(names, contents, fc.boolean()), { minLength: 1, maxLength: 6 }),
        async (parts) => {
          const form = new FormData();
          for (const [name, content, isFile] of parts) {
            if (isFile) form.append(name, new Blob([new Uint8Array(content)], { type: 'image/PNG' }), 'a;"b".png');
            else form.append(name, Buffer.from(content).toString('hex'));
          }
          const read = readMultipart(Buffer.from(await new Response(form).arrayBuffer()));
          expect(read.map((part) => ({ ...part, content: [...part.content] }))).toEqual(
            parts.map(([name, content, isFile]) => ({
              // What is no pair of surrogates cannot be sent.
              name: name.toWellFormed(),
              fileName: isFile ? 'a;"b".png' : undefined,
              type: isFile ? 'image/png' : '',
              content: isFile ? [...content] : [...Buffer.from(Buffer.from(content).toString('hex'))],
            })),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is refused where it is cut anywhere, has no names, too many parts or a head without end', async () => {
    const form = new FormData();
    form.append('a', '1');
    form.append('b', new Blob(['xyz']), 'x');
    const whole = Buffer.from(await new Response(form).arrayBuffer());
    const end = whole.lastIndexOf('--') + 2;
    for (let length = 0; length < end; length += 1) {
      expect(() => readMultipart(whole.subarray(0, length)), String(length)).toThrow(
        expect.objectContaining({ code: 'invalid-request' }),
      );
    }
    const part = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n';
    for (const body of [
      '--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--',
      `${part.repeat(2001)}--b--`,
      `--b\r\nContent-Disposition: form-data; name="a"; x=${'y'.repeat(5000)}\r\n\r\n1\r\n--b--`,
      `--${'b'.repeat(71)}\r\n`,
      `${part}--bx`,
    ]) {
      expect(() => readMultipart(Buffer.from(body))).toThrow(expect.objectContaining({ code: 'invalid-request' }));
    }
    expect(readMultipart(Buffer.from(`${part.repeat(2000)}--b--`))).toHaveLength(2000);
  });

  it('reads a body of boundaries in time', () => {
    const began = performance.now();
    expect(() => readMultipart(Buffer.from('--b\r\n'.repeat(2_000_000)))).toThrow('form');
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

import { describe, expect, it } from 'vitest';
import { cookieValue, rawHeader, readRequestHead } from '../../server/gateway/request-head.ts';

describe('readRequestHead', () => {
  it('finds every header that matters, whatever its case and place', () => {
    const upper = (name: string): string => name.toUpperCase();
    for (const write of [(name: string): string => name, upper]) {
      expect(
        readRequestHead([
          write('x-unknown'),
          'a',
          write('host'),
          'localhost:8000',
          write('content-length'),
          '12',
          write('content-encoding'),
          'gzip',
          write('accept-encoding'),
          'deflate',
          write('inference-header-content-length'),
          '7',
          write('origin'),
          'http://localhost',
          write('sec-fetch-site'),
          'same-origin',
          write('via'),
          '1.1 proxy',
        ]),
      ).toEqual({
        host: 'localhost:8000',
        hostCount: 1,
        contentLength: 12,
        contentEncoding: 'gzip',
        acceptEncoding: 'deflate',
        inferenceHeaderContentLength: '7',
        origin: 'http://localhost',
        secFetchSite: 'same-origin',
        via: '1.1 proxy',
      });
    }
  });

  it('leaves undefined what was not sent', () => {
    const { hostCount, ...others } = readRequestHead([]);
    expect(hostCount).toBe(0);
    for (const [name, value] of Object.entries(others)) expect(value, name).toBeUndefined();
  });

  it('counts Host headers', () => {
    expect(readRequestHead(['Host', 'localhost', 'hOsT', 'evil.example'])).toMatchObject({ hostCount: 2 });
  });

  it('takes no header for another of the same length', () => {
    expect(
      readRequestHead([
        'Hest',
        'x',
        'Oregin',
        'x',
        'Content-Lengthy',
        '1',
        'x-fetch-site-x',
        'x',
        'accept-languages',
        'x',
      ]),
    ).toEqual(readRequestHead([]));
  });

  it('keeps an empty value apart from a missing header', () => {
    expect(readRequestHead(['Host', '', 'Origin', ''])).toMatchObject({ host: '', hostCount: 1, origin: '' });
  });
});

describe('rawHeader', () => {
  it('gives the first value of a header by its name in lower case', () => {
    expect(rawHeader(['X-Session', 'a', 'x-session', 'b'], 'x-session')).toBe('a');
    expect(rawHeader(['X-Session', 'a'], 'x-other')).toBeUndefined();
    // A value is no name.
    expect(rawHeader(['a', 'x-session', 'x-session', 'c'], 'x-session')).toBe('c');
  });
});

describe('cookieValue', () => {
  it.each([
    ['sid=1', 'sid', '1'],
    ['a=b; sid=1; c=d', 'sid', '1'],
    ['sid = 1 ', 'sid', '1'],
    ['sid=a=b', 'sid', 'a=b'],
    ['sid=', 'sid', ''],
    ['xsid=1', 'sid', undefined],
    ['SID=1', 'sid', undefined],
    ['sid', 'sid', undefined],
    ['', 'sid', undefined],
    [undefined, 'sid', undefined],
  ])('of %j has %s = %j', (header, name, value) => {
    expect(cookieValue(header, name)).toBe(value);
  });
});

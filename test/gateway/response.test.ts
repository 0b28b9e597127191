import { describe, expect, it } from 'vitest';
import { chooseEncoding } from '../../server/gateway/response.ts';

describe('chooseEncoding', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['gzip', 'gzip'],
    ['deflate', 'deflate'],
    ['identity', undefined],
    ['gzip, deflate', 'gzip'],
    ['deflate, gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'gzip'],
    ['br', undefined],
    ['*', undefined],
    ['gzip;q=0', undefined],
    ['gzip;q=0, deflate', 'deflate'],
    ['gzip;q=0.5, deflate;q=0.8', 'deflate'],
    ['gzip;q=0.8, deflate;q=0.5', 'gzip'],
    ['gzip;q=0.5, identity', undefined],
    ['gzip;q=0.5, identity;q=0.2', 'gzip'],
    ['deflate;q=0.5, identity;q=0.5', 'deflate'],
    ['GZIP ; Q=0.9', 'gzip'],
    [' gzip ;\tq=1.0 ', 'gzip'],
    ['gzip;q=high', undefined],
    ['gzip;level=9;q=0.1, deflate;q=0.2', 'deflate'],
    ['xgzip, gzipx', undefined],
    [`${'a,'.repeat(1000)}gzip`, 'gzip'],
  ])('of %j is %s', (header, coding) => {
    expect(chooseEncoding(header)).toBe(coding);
  });
});

import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import { RouteCache, matchRoute } from '../../server/gateway/routes.ts';

function codeOf(method: string, path: string): string {
  try {
    return matchRoute(method, path).name;
  } catch (error) {
    return (error as MillraceError).code;
  }
}

describe('matchRoute', () => {
  it.each([
    ['GET', '/', { name: 'landing' }],
    ['GET', '/health', { name: 'health' }],
    ['GET', '/ready', { name: 'ready' }],
    ['GET', '/metrics', { name: 'metrics' }],
    ['POST', '/predict', { name: 'predict-any' }],
    ['GET', '/v2', { name: 'server-metadata' }],
    ['GET', '/v2/', { name: 'server-metadata' }],
    ['GET', '/v2/health/live', { name: 'server-live' }],
    ['GET', '/v2/health/ready', { name: 'server-ready' }],
    ['GET', '/v2/models', { name: 'model-list' }],
    ['GET', '/v2/models/stats', { name: 'all-statistics' }],
    ['POST', '/v2/repository/index', { name: 'repository-index' }],
    ['GET', '/v2/trace/setting', { name: 'trace-settings' }],
    ['GET', '/v2/logging', { name: 'log-settings' }],
    ['POST', '/v2/repository/models/m/load', { name: 'repository-load', model: 'm' }],
    ['POST', '/v2/repository/models/m/unload', { name: 'repository-unload', model: 'm' }],
    ['GET', '/v2/models/m/trace/setting', { name: 'model-trace-settings', model: 'm', version: undefined }],
  ])('%s %s', (method, path, route) => {
    expect(matchRoute(method, path)).toEqual(route);
  });

  it.each([
    ['GET', '', 'model-metadata'],
    ['GET', '/ready', 'model-ready'],
    ['GET', '/config', 'model-config'],
    ['GET', '/stats', 'model-statistics'],
    ['POST', '/infer', 'infer'],
  ])('%s /v2/models/<name>%s, with and without a version', (method, end, name) => {
    expect(matchRoute(method, `/v2/models/m.1_a-b${end}`)).toEqual({ name, model: 'm.1_a-b', version: undefined });
    expect(matchRoute(method, `/v2/models/m/versions/12${end}`)).toEqual({ name, model: 'm', version: '12' });
  });

  it('matches /predict/<name> with and without a version', () => {
    expect(matchRoute('POST', '/predict/m')).toEqual({ name: 'predict', model: 'm', version: undefined });
    expect(matchRoute('POST', '/predict/m/versions/3')).toEqual({ name: 'predict', model: 'm', version: '3' });
  });

  it('ignores the query', () => {
    expect(matchRoute('GET', '/v2?a=/v2/models/x')).toEqual({ name: 'server-metadata' });
    expect(matchRoute('POST', '/v2/models/m/infer?')).toMatchObject({ name: 'infer', model: 'm' });
    expect(codeOf('GET', '/v2/models/m?/ready')).toBe('model-metadata');
  });

  it('decodes a name once, and then holds it against the rule for names', () => {
    expect(matchRoute('GET', '/v2/models/%6D%2e1')).toMatchObject({ model: 'm.1' });
    for (const name of [
      '..',
      '.',
      '%2e%2e',
      '..%2fx',
      'a%2fb',
      '%252e%252e',
      '%256D',
      'CON',
      'x.',
      'x%20',
      'x%00',
      '%E2%80%AE',
      '__proto__',
      '%zz',
      '%ff',
    ]) {
      expect(codeOf('GET', `/v2/models/${name}`), name).toBe('invalid-name');
      expect(codeOf('POST', `/v2/models/${name}/infer`), name).toBe('invalid-name');
      expect(codeOf('POST', `/predict/${name}`), name).toBe('invalid-name');
      expect(codeOf('POST', `/v2/repository/models/${name}/load`), name).toBe('invalid-name');
    }
  });

  it.each([
    '/nope',
    '//',
    '/V2',
    '/v2/models/',
    '/v2//models/m',
    '/v2/models/m/',
    '/v2/models/m/nope',
    '/v2/models/m/versions/x',
    '/v2/models/m/versions/-1',
    '/v2/models/m/versions/1/versions/2',
    '/v2/models/a/b',
    '/v2/models/m/versions/1/trace/setting',
    '/predict/',
    '/predict/m/n',
    '/constructor',
    '/__proto__',
    '/toString',
  ])('finds nothing at %s', (path) => {
    expect(codeOf('GET', path)).toBe('not-found');
    expect(codeOf('POST', path)).toBe('not-found');
  });

  it('names the verbs that a path has where another was used', () => {
    for (const [method, path, allowed] of [
      ['POST', '/v2', ['GET']],
      ['GET', '/predict', ['POST']],
      ['DELETE', '/v2/models/m', ['GET']],
      ['GET', '/v2/models/m/infer', ['POST']],
      ['get', '/v2', ['GET']],
    ] as const) {
      const error = (() => {
        try {
          return matchRoute(method, path);
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toBeInstanceOf(MillraceError);
      expect(error).toMatchObject({ code: 'method-not-allowed', details: { method, allowed } });
    }
  });

  it('answers HEAD where it answers GET, and only there', () => {
    expect(codeOf('HEAD', '/v2')).toBe('server-metadata');
    expect(codeOf('HEAD', '/v2/models/m/infer')).toBe('method-not-allowed');
  });
});

describe('the route cache', () => {
  it('answers as the table does, the first time and later', () => {
    const cache = new RouteCache();
    for (let time = 0; time < 2; time++) {
      expect(cache.match('POST', '/v2/models/m/infer')).toEqual({ name: 'infer', model: 'm', version: undefined });
      expect(cache.match('GET', '/v2/models/m')).toMatchObject({ name: 'model-metadata' });
      expect(() => cache.match('GET', '/v2/models/m/infer')).toThrow('Method Not Allowed');
    }
  });

  it('remembers a match and no refusal', () => {
    const cache = new RouteCache();
    expect(cache.match('POST', '/predict/m')).toBe(cache.match('POST', '/predict/m'));
    for (let time = 0; time < 2; time++)
      expect(() => cache.match('POST', '/predict/..')).toThrow('cannot name a model');
  });

  it('forgets rather than grows', () => {
    const cache = new RouteCache();
    const first = cache.match('POST', '/predict/m?0');
    for (let index = 1; index <= 1024; index++) cache.match('POST', `/predict/m?${index}`);
    const again = cache.match('POST', '/predict/m?0');
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
  });
});

import { expect, it } from 'vitest';
import { purePaths } from '../../server/export/pure-paths.ts';
import { matchRoute } from '../../server/gateway/routes.ts';

const isPure = (path: string): boolean => purePaths.some((pattern) => new RegExp(pattern).test(path));

/** Every route that takes a POST, with what it does. */
const posts: readonly [path: string, route: string, changes: boolean][] = [
  ['/predict', 'predict-any', false],
  ['/predict/iris', 'predict', false],
  ['/predict/iris/versions/3', 'predict', false],
  ['/v2/models/iris/infer', 'infer', false],
  ['/v2/models/iris.v2/versions/12/infer', 'infer', false],
  ['/v2/repository/index', 'repository-index', false],
  ['/v1/features/patients:get', 'features-get', false],
  ['/v1/features/patients:write', 'features-write', true],
  ['/v2/repository/models/iris/load', 'repository-load', true],
  ['/v2/repository/models/iris/unload', 'repository-unload', true],
];

it.each(posts)('POST %s, which is %s, changes something: %s', (path, route, changes) => {
  expect(matchRoute('POST', path).name).toBe(route);
  expect(isPure(path)).toBe(!changes);
});

it('names no path that a write of another method has', () => {
  for (const [method, path] of [
    ['PUT', '/v1/features/patients/42'],
    ['DELETE', '/v1/features/patients'],
    ['DELETE', '/v1/features/patients/infer'],
  ] as const) {
    expect(matchRoute(method, path).name).toMatch(/write|remove/);
    expect(isPure(path), path).toBe(false);
  }
});

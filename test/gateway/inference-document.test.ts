import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { inferenceDocument, inferenceRoutes } from '../../server/gateway/inference-document.ts';
import { fixedPaths, matchRoute } from '../../server/gateway/routes.ts';

const document = inferenceDocument('1.2.3');

describe('the OpenAPI document of the inference listener', () => {
  it('keeps the rules of OpenAPI 3.1', async () => {
    expect(await new Validator().validate({ ...structuredClone(document) })).toEqual({ valid: true });
  });

  it('says what the router does: each path and method is the route of its entry', () => {
    const wrong = Object.entries(inferenceRoutes).flatMap(([name, { at, method = 'GET' }]) =>
      at
        .map((path) =>
          path
            .replace('{model}', 'iris')
            .replace('{version}', '3')
            .replace('{set}', 'patients')
            .replace('{entity}', '42'),
        )
        .filter((path) => matchRoute(method, path).name !== name),
    );
    expect(wrong).toEqual([]);
  });

  it('has every path of the router', () => {
    const documented = new Set(
      Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method} ${path}`),
      ),
    );
    const fixed = Object.entries(fixedPaths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toLowerCase()} ${path}`),
    );
    // `/v2/` is `/v2` as some clients write it.
    expect(fixed.filter((each) => !documented.has(each))).toEqual(['get /v2/']);
    for (const path of [
      '/v2/models/{model}',
      '/v2/models/{model}/versions/{version}',
      '/predict/{model}/versions/{version}',
    ]) {
      expect(document.paths).toHaveProperty([path]);
    }
  });

  it('gives each operation a name of its own', () => {
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

it('the validator refuses a document that breaks the rules', async () => {
  const broken = { ...structuredClone(document), paths: { '/x': { get: { responses: { 200: {} } } } } };
  expect((await new Validator().validate(broken)).valid).toBe(false);
});

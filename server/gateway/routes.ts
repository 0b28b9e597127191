/**
 * The inference listener's paths as data: what a method and a path mean. Pure.
 *
 * Model names are decoded once and then checked by the one rule for names, so that `..%2fx` and `%252e` are refused here
 * and nothing behind this file ever sees a path.
 */
import { MillraceError } from '../base/errors.ts';
import { parseModelName } from '../models/model-name.ts';
import type { PairingRouteName } from './pairing-handler.ts';

export type Route =
  | { readonly name: 'openapi' | 'reference' | 'reference-style' }
  | { readonly name: PairingRouteName }
  | { readonly name: 'landing' | 'health' | 'ready' | 'metrics' | 'predict-any' }
  | { readonly name: 'server-metadata' | 'server-live' | 'server-ready' | 'model-list' | 'repository-index' }
  | { readonly name: 'all-statistics' | 'trace-settings' | 'log-settings' }
  | { readonly name: 'repository-load' | 'repository-unload'; readonly model: string }
  | FeatureRoute
  | ModelRoute;

export interface FeatureRoute {
  readonly name:
    | 'feature-sets'
    | 'feature-set'
    | 'feature-set-write'
    | 'feature-set-remove'
    | 'features-get'
    | 'features-write'
    | 'features-export'
    | 'entity'
    | 'entity-write'
    | 'entity-remove';
  /** Decoded once, and checked by whoever handles it. */
  readonly set: string;
  readonly entity: string;
}

export interface ModelRoute {
  readonly name:
    | 'predict'
    | 'infer'
    | 'model-metadata'
    | 'model-ready'
    | 'model-config'
    | 'model-statistics'
    | 'model-trace-settings';
  readonly model: string;
  /** Undefined means the version that is served by default. */
  readonly version: string | undefined;
}

type Methods = Partial<Record<'GET' | 'POST' | 'PUT' | 'DELETE', Route>>;

export const fixedPaths: Readonly<Record<string, Methods>> = {
  '/': { GET: { name: 'landing' } },
  '/openapi.json': { GET: { name: 'openapi' } },
  '/v2/openapi.json': { GET: { name: 'openapi' } },
  '/reference': { GET: { name: 'reference' } },
  '/reference.css': { GET: { name: 'reference-style' } },
  '/pair': { GET: { name: 'pair' } },
  '/pair/claim': { POST: { name: 'pair-claim' } },
  '/pair/key': { POST: { name: 'pair-key' } },
  '/authority.pem': { GET: { name: 'authority' } },
  '/v1/features': { GET: { name: 'feature-sets', set: '', entity: '' } },
  '/health': { GET: { name: 'health' } },
  '/ready': { GET: { name: 'ready' } },
  '/metrics': { GET: { name: 'metrics' } },
  '/predict': { POST: { name: 'predict-any' } },
  '/v2': { GET: { name: 'server-metadata' } },
  '/v2/': { GET: { name: 'server-metadata' } },
  '/v2/health/live': { GET: { name: 'server-live' } },
  '/v2/health/ready': { GET: { name: 'server-ready' } },
  '/v2/models': { GET: { name: 'model-list' } },
  '/v2/models/stats': { GET: { name: 'all-statistics' } },
  '/v2/repository/index': { POST: { name: 'repository-index' } },
  '/v2/trace/setting': { GET: { name: 'trace-settings' } },
  '/v2/logging': { GET: { name: 'log-settings' } },
};

const modelPath = /^\/v2\/models\/([^/]+)(?:\/versions\/(\d+))?(?:\/(ready|infer|config|stats|trace\/setting))?$/;
const repositoryPath = /^\/v2\/repository\/models\/([^/]+)\/(load|unload)$/;
const featurePath = /^\/v1\/features\/([^/:]+)(?:\/([^/]+)|:(get|write|export))?$/;
/** With the name of one of several repositories, which Millrace does not have. */
const namedRepositoryPath = /^\/v2\/repository\/[^/]+\/(?:index|models\/[^/]+\/(?:load|unload))$/;
const predictPath = /^\/predict\/([^/]+)(?:\/versions\/(\d+))?$/;

/** Throws `not-found`, `method-not-allowed` or `invalid-name`. `target` is the request's path, with or without a query. */
export function matchRoute(method: string, target: string): Route {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  const methods = fixedPaths[path] ?? modelMethods(path);
  if (methods === undefined)
    throw new MillraceError('not-found', 'Not Found', { details: { path: path.slice(0, 200) } });
  // HEAD is answered like GET; node:http leaves the body out.
  const route = methods[method === 'HEAD' ? 'GET' : (method as 'GET')];
  if (route === undefined) {
    throw new MillraceError('method-not-allowed', 'Method Not Allowed', {
      details: { method, allowed: Object.keys(methods) },
    });
  }
  return route;
}

function modelMethods(path: string): Methods | undefined {
  const model = modelPath.exec(path);
  if (model !== null) {
    const target = { model: decodeName(model[1]!), version: model[2] };
    switch (model[3]) {
      case undefined:
        return { GET: { name: 'model-metadata', ...target } };
      case 'ready':
        return { GET: { name: 'model-ready', ...target } };
      case 'infer':
        return { POST: { name: 'infer', ...target } };
      case 'config':
        return { GET: { name: 'model-config', ...target } };
      case 'stats':
        return { GET: { name: 'model-statistics', ...target } };
      default:
        return target.version === undefined ? { GET: { name: 'model-trace-settings', ...target } } : undefined;
    }
  }
  const predict = predictPath.exec(path);
  if (predict !== null) return { POST: { name: 'predict', model: decodeName(predict[1]!), version: predict[2] } };
  const feature = featurePath.exec(path);
  if (feature !== null) return featureMethods(decoded(feature[1]!), decoded(feature[2] ?? ''), feature[3]);
  const repository = repositoryPath.exec(path);
  if (repository !== null) {
    const name = repository[2] === 'load' ? 'repository-load' : 'repository-unload';
    return { POST: { name, model: decodeName(repository[1]!) } };
  }
  if (namedRepositoryPath.test(path)) {
    throw new MillraceError('unsupported', "'repository_name' specification is not supported", {
      hint: 'Leave the name of the repository out of the path.',
    });
  }
  return undefined;
}

function featureMethods(set: string, entity: string, action: string | undefined): Methods {
  const target = { set, entity };
  switch (action) {
    case 'get':
      return { POST: { name: 'features-get', ...target } };
    case 'write':
      return { POST: { name: 'features-write', ...target } };
    case 'export':
      return { GET: { name: 'features-export', ...target } };
  }
  if (entity === '') {
    return {
      GET: { name: 'feature-set', ...target },
      PUT: { name: 'feature-set-write', ...target },
      DELETE: { name: 'feature-set-remove', ...target },
    };
  }
  return {
    GET: { name: 'entity', ...target },
    PUT: { name: 'entity-write', ...target },
    DELETE: { name: 'entity-remove', ...target },
  };
}

function decodeName(raw: string): string {
  return parseModelName(decoded(raw));
}

function decoded(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new MillraceError('invalid-name', 'A name in the path is not valid percent-encoding.');
  }
}

/** Remembers what recent targets mean, so that a steady client costs one map lookup. Only matches are remembered. */
export class RouteCache {
  readonly #limit = 1024;
  #routes = new Map<string, Route>();

  match(method: string, target: string): Route {
    // Inference is the path that is hot, and it is POST; one map per method would be the same with more parts.
    if (method !== 'POST') return matchRoute(method, target);
    const known = this.#routes.get(target);
    if (known !== undefined) return known;
    const route = matchRoute(method, target);
    if (this.#routes.size >= this.#limit) this.#routes = new Map();
    this.#routes.set(target, route);
    return route;
  }
}

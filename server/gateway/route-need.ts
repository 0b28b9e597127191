/** What a route of the inference listener asks of a client where clients have keys. Pure; every route has a line. */
import type { RouteNeed } from '../security/client-access.ts';
import type { Route } from './routes.ts';

const nothing: RouteNeed = { right: undefined, model: undefined };
const infer: RouteNeed = { right: 'infer', model: undefined };
const metrics: RouteNeed = { right: 'metrics', model: undefined };
const admin: RouteNeed = { right: 'admin', model: undefined };

const needs: Readonly<Record<Route['name'], RouteNeed>> = {
  // That a server lives can be seen from its open port; whoever watches over it should need no key.
  health: nothing,
  ready: nothing,
  'server-live': nothing,
  'server-ready': nothing,
  // How a device gets its key; each guards itself by a code.
  pair: nothing,
  'pair-claim': nothing,
  'pair-key': nothing,
  authority: nothing,
  landing: infer,
  openapi: infer,
  reference: infer,
  'reference-style': infer,
  'server-metadata': infer,
  'model-list': infer,
  'repository-index': infer,
  'all-statistics': infer,
  'trace-settings': infer,
  'log-settings': infer,
  'predict-any': infer,
  predict: infer,
  infer,
  'model-metadata': infer,
  'model-ready': infer,
  'model-config': infer,
  'model-statistics': infer,
  'model-trace-settings': infer,
  'feature-sets': infer,
  'feature-set': infer,
  'features-get': infer,
  entity: infer,
  metrics,
  // What changes the answers of everybody.
  'feature-set-write': admin,
  'feature-set-remove': admin,
  'features-write': admin,
  'features-export': admin,
  'entity-write': admin,
  'entity-remove': admin,
  'repository-load': admin,
  'repository-unload': admin,
};

/** The routes of one model, by model, so that a steady client costs no object. Bounded by what the route cache holds. */
const ofModels = new WeakMap<Route, RouteNeed>();

/** Whether a client without a key gets nothing from it, where keys are needed. */
export function needsKey(name: Route['name']): boolean {
  return needs[name].right !== undefined;
}

export function needOf(route: Route): RouteNeed {
  const need = needs[route.name];
  if (!('model' in route) || need.right !== 'infer') return need;
  let own = ofModels.get(route);
  if (own === undefined) ofModels.set(route, (own = { right: 'infer', model: route.model }));
  return own;
}

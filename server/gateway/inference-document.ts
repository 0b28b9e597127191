/** The OpenAPI document of the inference listener: one entry per route of routes.ts, which does not compile without it. */
import type { ApiOperation, JsonSchema, OpenApiDocument } from '../openapi/openapi-document.ts';
import { openApiDocument } from '../openapi/openapi-document.ts';
import { inferenceSchemas, inferenceShapes as shapes } from './inference-schemas.ts';
import { needsKey } from './route-need.ts';
import type { Route } from './routes.ts';

interface RouteFacts {
  /** The first is what most use; the others mean the same. */
  readonly at: readonly string[];
  /** Default GET. */
  readonly method?: 'POST' | 'PUT' | 'DELETE';
  readonly tag: 'features' | 'predict' | 'inference' | 'health' | 'server' | 'repository' | 'pairing';
  readonly summary: string;
  readonly takes?: NonNullable<ApiOperation['takes']>;
  readonly gives: ApiOperation['gives'];
  readonly parameters?: NonNullable<ApiOperation['parameters']>;
}

const json = (schema: JsonSchema): Record<string, JsonSchema> => ({ 'application/json': schema });
const html = { 'text/html': { type: 'string' } };

/** A path of one model, with and without its version. */
const versioned = (before: string, after = ''): readonly string[] => [
  `${before}/{model}${after}`,
  `${before}/{model}/versions/{version}${after}`,
];

const rawTensors = {
  name: 'Inference-Header-Content-Length',
  in: 'header',
  required: false,
  description: 'Bytes of JSON before the raw tensors; 0: the body is the tensor of the only input.',
  schema: { type: 'integer' },
} as const;

const routeFacts = {
  predict: {
    at: versioned('/predict'),
    method: 'POST',
    tag: 'predict',
    summary: 'Ask a model in plain JSON: features in, labels and probabilities out',
    takes: json(shapes.predictRequest),
    gives: json(shapes.predictAnswer),
  },
  'predict-any': {
    at: ['/predict'],
    method: 'POST',
    tag: 'predict',
    summary: 'Ask a model that the body names',
    takes: json(shapes.predictRequest),
    gives: json(shapes.predictAnswer),
  },
  infer: {
    at: versioned('/v2/models', '/infer'),
    method: 'POST',
    tag: 'inference',
    summary: 'Ask a model by tensors, as JSON or with raw tensors behind it',
    parameters: [rawTensors],
    takes: { 'application/json': shapes.inferRequest, 'application/octet-stream': {} },
    gives: { 'application/json': shapes.inferAnswer, 'application/octet-stream': {} },
  },
  'feature-sets': {
    at: ['/v1/features'],
    tag: 'features',
    summary: 'The feature sets with their schemas',
    gives: json(shapes.settings),
  },
  'feature-set': {
    at: ['/v1/features/{set}'],
    tag: 'features',
    summary: 'One feature set: schema, its version, time to live, number of entities',
    gives: json(shapes.settings),
  },
  'feature-set-write': {
    at: ['/v1/features/{set}'],
    method: 'PUT',
    tag: 'features',
    summary: 'Set how long entities of a set are found (ttlSeconds), and make it where it is not there',
    takes: json(shapes.settings),
    gives: json(shapes.settings),
  },
  'feature-set-remove': {
    at: ['/v1/features/{set}'],
    method: 'DELETE',
    tag: 'features',
    summary: 'Remove a set with everything in it',
    gives: json(shapes.settings),
  },
  'features-get': {
    at: ['/v1/features/{set}:get'],
    method: 'POST',
    tag: 'features',
    summary: 'Up to 1000 entities by their ids, null for those that are not there',
    takes: json(shapes.settings),
    gives: json(shapes.settings),
  },
  'features-write': {
    at: ['/v1/features/{set}:write'],
    method: 'POST',
    tag: 'features',
    summary: 'Write up to 1000 entities, all or none',
    takes: json(shapes.settings),
    gives: json(shapes.settings),
  },
  'features-export': {
    at: ['/v1/features/{set}:export'],
    tag: 'features',
    summary: 'All entities of a set, one on each line',
    gives: { 'application/x-ndjson': { type: 'string' } },
  },
  entity: {
    at: ['/v1/features/{set}/{entity}'],
    tag: 'features',
    summary: 'The features of one entity',
    gives: json(shapes.settings),
  },
  'entity-write': {
    at: ['/v1/features/{set}/{entity}'],
    method: 'PUT',
    tag: 'features',
    summary: 'Write the features of one entity, replacing those that were there',
    takes: json(shapes.settings),
    gives: json(shapes.settings),
  },
  'entity-remove': {
    at: ['/v1/features/{set}/{entity}'],
    method: 'DELETE',
    tag: 'features',
    summary: 'Remove one entity',
    gives: json(shapes.settings),
  },
  'model-metadata': {
    at: versioned('/v2/models'),
    tag: 'inference',
    summary: 'What a model takes and gives',
    gives: json(shapes.metadata),
  },
  'model-config': {
    at: versioned('/v2/models', '/config'),
    tag: 'inference',
    summary: "Triton's ModelConfig as JSON",
    gives: json(shapes.settings),
  },
  'model-statistics': {
    at: versioned('/v2/models', '/stats'),
    tag: 'inference',
    summary: 'Counts and durations of a model',
    gives: json(shapes.statistics),
  },
  'model-list': {
    at: ['/v2/models'],
    tag: 'inference',
    summary: 'The names of the models',
    gives: json(shapes.models),
  },
  'all-statistics': {
    at: ['/v2/models/stats'],
    tag: 'inference',
    summary: 'Counts and durations of all models',
    gives: json(shapes.statistics),
  },
  health: { at: ['/health'], tag: 'health', summary: 'Whether the server lives', gives: json(shapes.live) },
  ready: {
    at: ['/ready'],
    tag: 'health',
    summary: 'Whether every model answers; 503 where not',
    gives: json(shapes.ready),
  },
  'model-ready': {
    at: versioned('/v2/models', '/ready'),
    tag: 'health',
    summary: 'Whether a model answers; 503 where not',
    gives: json(shapes.modelReady),
  },
  'server-live': {
    at: ['/v2/health/live'],
    tag: 'health',
    summary: 'Whether the server lives',
    gives: json(shapes.live),
  },
  'server-ready': {
    at: ['/v2/health/ready'],
    tag: 'health',
    summary: 'Whether every model answers; 503 where not',
    gives: json(shapes.ready),
  },
  'repository-index': {
    at: ['/v2/repository/index'],
    method: 'POST',
    tag: 'repository',
    summary: 'All models with their state',
    gives: json(shapes.index),
  },
  'repository-load': {
    at: ['/v2/repository/models/{model}/load'],
    method: 'POST',
    tag: 'repository',
    summary:
      'Load a model, with a config and files perhaps; refused unless compatibility.repositoryControl is explicit',
    gives: {},
  },
  'repository-unload': {
    at: ['/v2/repository/models/{model}/unload'],
    method: 'POST',
    tag: 'repository',
    summary: 'Unload a model; refused unless compatibility.repositoryControl is explicit',
    gives: {},
  },
  metrics: {
    at: ['/metrics'],
    tag: 'server',
    summary: 'Metrics for Prometheus',
    gives: { 'text/plain': { type: 'string' } },
  },
  'model-trace-settings': {
    at: ['/v2/models/{model}/trace/setting'],
    tag: 'server',
    summary: 'Trace settings of a model, which cannot be changed',
    gives: json(shapes.settings),
  },
  'server-metadata': {
    at: ['/v2'],
    tag: 'server',
    summary: 'Name, version and extensions',
    gives: json(shapes.server),
  },
  'trace-settings': {
    at: ['/v2/trace/setting'],
    tag: 'server',
    summary: 'Trace settings, which cannot be changed',
    gives: json(shapes.settings),
  },
  'log-settings': {
    at: ['/v2/logging'],
    tag: 'server',
    summary: 'Log settings, which cannot be changed',
    gives: json(shapes.settings),
  },
  landing: { at: ['/'], tag: 'server', summary: 'A page with an example for each model', gives: html },
  reference: { at: ['/reference'], tag: 'server', summary: 'This document as a page', gives: html },
  'reference-style': {
    at: ['/reference.css'],
    tag: 'server',
    summary: 'The style of that page',
    gives: { 'text/css': { type: 'string' } },
  },
  openapi: {
    at: ['/openapi.json', '/v2/openapi.json'],
    tag: 'server',
    summary: 'This document',
    gives: json(shapes.document),
  },
  pair: {
    at: ['/pair'],
    tag: 'pairing',
    summary: 'The page for a device that has scanned a code; there while a person waits for one',
    gives: html,
  },
  'pair-claim': {
    at: ['/pair/claim'],
    method: 'POST',
    tag: 'pairing',
    summary: 'Come with the code of a pairing; a person at the PC then compares the number',
    takes: json(shapes.pairingClaim),
    gives: json(shapes.pairingClaimed),
  },
  'pair-key': {
    at: ['/pair/key'],
    method: 'POST',
    tag: 'pairing',
    summary: 'Fetch the key once the pairing is confirmed, once',
    takes: json(shapes.pairingQuestion),
    gives: json(shapes.pairingAnswer),
  },
  authority: {
    at: ['/authority.pem'],
    tag: 'pairing',
    summary: "The certificate of this Millrace's own authority",
    gives: { 'application/x-x509-ca-cert': { type: 'string' } },
  },
} as const satisfies Record<Route['name'], RouteFacts>;

export const inferenceRoutes: Readonly<Record<Route['name'], RouteFacts>> = routeFacts;

export function inferenceDocument(version: string): OpenApiDocument {
  return openApiDocument({
    title: 'Millrace inference API',
    version,
    description:
      'The Open Inference Protocol (/v2), as the clients of Triton and KServe speak it, and plain JSON (/predict). ' +
      'Bodies and answers may be gzip or deflate.',
    serverUrl: '/',
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'A key, where keys are needed: always over the network.' },
      header: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'The same.' },
    },
    operations: (Object.entries(inferenceRoutes) as [Route['name'], RouteFacts][]).flatMap(
      ([name, { at, method = 'GET', ...facts }]) =>
        at.map((path): ApiOperation => ({ ...facts, method, path, status: 200, isOpen: !needsKey(name) })),
    ),
    schemas: inferenceSchemas,
  });
}

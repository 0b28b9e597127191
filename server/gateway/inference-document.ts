/** The OpenAPI document of the inference listener: one entry per route of routes.ts, which does not compile without it. */
import type { ApiOperation, JsonSchema, OpenApiDocument } from '../openapi/openapi-document.ts';
import { openApiDocument } from '../openapi/openapi-document.ts';
import { inferenceSchemas, inferenceShapes as shapes } from './inference-schemas.ts';
import type { Route } from './routes.ts';

interface RouteFacts {
  /** The first is what most use; the others mean the same. */
  readonly at: readonly string[];
  /** Default GET. */
  readonly method?: 'POST';
  readonly tag: 'predict' | 'inference' | 'health' | 'server' | 'repository';
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
    operations: Object.values(inferenceRoutes).flatMap(({ at, method = 'GET', ...facts }) =>
      at.map((path): ApiOperation => ({ ...facts, method, path, status: 200 })),
    ),
    schemas: inferenceSchemas,
  });
}

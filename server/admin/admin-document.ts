/** The OpenAPI document of the admin API, from the route table and its schemas, and the pages that show it. */
import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { ApiOperation, ApiParameter, JsonSchema, OpenApiDocument } from '../openapi/openapi-document.ts';
import { openApiDocument } from '../openapi/openapi-document.ts';
import { referencePolicy, referenceStyle, referenceStylePath, renderReference } from '../openapi/reference-page.ts';
import { errorBodySchema } from '../protocol/admin/error-body.ts';
import { hostEventSchema } from '../protocol/admin/host-event.ts';
import { hostViewSchema, modelViewSchema } from '../protocol/admin/host-view.ts';
import { importReportSchema } from '../protocol/admin/import-report.ts';
import { jobViewSchema } from '../protocol/admin/job-view.ts';
import { uploadViewSchema } from '../protocol/admin/upload-view.ts';
import { csrfHeader } from '../security/admin-access.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute, JsonRoute, StreamRoute } from './route.ts';

export const apiPath = '/api/v1';
const documentPath = '/openapi.json';

/** Schemas that have a name in the document; others are written where they are used. */
const named: Readonly<Record<string, z.ZodType>> = {
  Error: errorBodySchema,
  Host: hostViewSchema,
  Model: modelViewSchema,
  Job: jobViewSchema,
  Event: hostEventSchema,
  Upload: uploadViewSchema,
  ImportReport: importReportSchema,
};

/** The table with the route of its own document. */
export function withDocument(routes: readonly AdminRoute[], version: string): readonly AdminRoute[] {
  const all: AdminRoute[] = [
    ...routes,
    jsonRoute({
      method: 'GET',
      path: documentPath,
      noun: 'host',
      summary: 'This document',
      answer: z.looseObject({ openapi: z.literal('3.1.0') }),
      handle: () => ({ ...adminDocument(all, version) }),
    }),
  ];
  return all;
}

export function adminDocument(routes: readonly AdminRoute[], version: string): OpenApiDocument {
  return openApiDocument({
    title: 'Millrace admin API',
    version,
    description:
      'On loopback only. Programs send the token of run.json in the data folder as a bearer token; the GUI has a session cookie, ' +
      `and with it sends ${csrfHeader} on every request that changes something.`,
    serverUrl: apiPath,
    operations: routes.map((route) => (route.kind === 'json' ? jsonOperation(route) : streamOperation(route))),
    schemas: Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, jsonSchema(schema)])),
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer' },
      session: { type: 'apiKey', in: 'cookie', name: 'millrace-session-8090' },
    },
  });
}

/** `/reference` and its style. Mounted before the GUI. */
export function referencePages(routes: readonly AdminRoute[], version: string): RequestHandler {
  let page: string | undefined;
  return (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    if (request.path === referenceStylePath) {
      response.type('css').send(referenceStyle);
    } else if (request.path === '/reference') {
      const where = { documentUrl: apiPath + documentPath, prefix: apiPath };
      page ??= renderReference(adminDocument(routes, version), where);
      response.set('Content-Security-Policy', referencePolicy).type('html').send(page);
    } else {
      next();
    }
  };
}

function jsonOperation(route: JsonRoute): ApiOperation {
  return {
    ...head(route),
    parameters: route.query === undefined ? [] : queryParameters(route.query),
    ...(route.body !== undefined && { takes: { 'application/json': schemaOf(route.body) } }),
    status: route.status,
    gives: { 'application/json': schemaOf(route.answer) },
  };
}

function streamOperation(route: StreamRoute): ApiOperation {
  const headers = Object.entries(route.headers ?? {}).map(([name, description]): ApiParameter => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }));
  return {
    ...head(route),
    parameters: headers,
    ...(route.takes !== undefined && { takes: { [route.takes]: {} } }),
    status: 200,
    gives: { [route.gives]: route.answer === undefined ? {} : schemaOf(route.answer) },
  };
}

function head({
  method,
  path,
  noun,
  summary,
  isOpen,
}: AdminRoute): Pick<ApiOperation, 'method' | 'path' | 'tag' | 'summary' | 'isOpen'> {
  return { method, path, tag: noun, summary, ...(isOpen === true && { isOpen }) };
}

function queryParameters(query: z.ZodType): ApiParameter[] {
  const { properties = {}, required = [] } = jsonSchema(query) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

/** By reference where it has a name, and lists of those too. */
function schemaOf(schema: z.ZodType): JsonSchema {
  const name = Object.keys(named).find((each) => named[each] === schema);
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  if (schema instanceof z.ZodArray) return { type: 'array', items: schemaOf(schema.element as z.ZodType) };
  return jsonSchema(schema);
}

function jsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}

/**
 * A route of the admin API as data: what it takes, what it answers, and the function behind it. The listener mounts the
 * table, and the OpenAPI document is written from it, so neither can say what the other does not.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Access } from '../security/admin-access.ts';

export type AdminMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface RouteHead {
  readonly method: AdminMethod;
  /** Below `/api/v1`, parameters in braces: `/jobs/{id}`. */
  readonly path: string;
  /** One sentence for the documents, without a full stop. */
  readonly summary: string;
  /** Group in the documents. */
  readonly noun: string;
  /** True for the one route that opens a session. Default false: a token or a session is needed. */
  readonly isOpen?: boolean;
}

/** What a handler gets beside its body. */
export interface RouteCall {
  /** Decoded once. Handlers check them as what they are: names by the rule for names. */
  readonly params: Readonly<Record<string, string>>;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  /** Undefined on an open route. */
  readonly access: Access | undefined;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A route whose bodies are JSON. */
export interface JsonRoute extends RouteHead {
  readonly kind: 'json';
  /** Undefined: a body is not read. Strict objects, so that a misspelt member is refused. */
  readonly body: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  /** Status of success: 200, 201 for what was made, 202 for a job. */
  readonly status: 200 | 201 | 202;
  readonly answer: z.ZodType;
  handle(input: { readonly body: unknown; readonly query: unknown; readonly call: RouteCall }): unknown;
}

/** A route that reads or writes its bytes itself. */
export interface StreamRoute extends RouteHead {
  readonly kind: 'stream';
  /** Media type of the body; undefined: none is read; any: the route judges. */
  readonly takes: string | undefined;
  /** Media type of the answer. */
  readonly gives: string;
  /** Of an answer in JSON, for the documents. */
  readonly answer?: z.ZodType;
  /** Request headers that matter, for the documents. */
  readonly headers?: Readonly<Record<string, string>>;
  /** May throw before it has answered; the listener then answers with the error. */
  serve(call: RouteCall): void | Promise<void>;
}

export type AdminRoute = JsonRoute | StreamRoute;

interface JsonRouteInput<Body extends z.ZodType, Query extends z.ZodType, Answer extends z.ZodType> extends RouteHead {
  readonly body?: Body;
  readonly query?: Query;
  readonly status?: JsonRoute['status'];
  readonly answer: Answer;
  handle(input: {
    readonly body: z.infer<Body>;
    readonly query: z.infer<Query>;
    readonly call: RouteCall;
  }): z.infer<Answer> | Promise<z.infer<Answer>>;
}

/** A route of JSON bodies; the handler's types follow from its schemas. */
export function jsonRoute<Answer extends z.ZodType, Body extends z.ZodType, Query extends z.ZodType>(
  route: JsonRouteInput<Body, Query, Answer>,
): JsonRoute {
  return {
    ...route,
    kind: 'json',
    body: route.body,
    query: route.query,
    status: route.status ?? 200,
    handle: (input) => route.handle(input as Parameters<typeof route.handle>[0]),
  };
}

/** A route that streams. */
export function streamRoute(route: Omit<StreamRoute, 'kind'>): StreamRoute {
  return { ...route, kind: 'stream' };
}

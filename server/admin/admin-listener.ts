/**
 * The admin listener: loopback only, whatever the settings say. It mounts the route table and the GUI's files on Express and
 * decides nothing about what they do.
 *
 * Order on each request: Host, preflight, Origin; below `/api` then token or session, CSRF, route, media type, body, handler.
 * Every error leaves through `#fail`.
 */
import express from 'express';
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { MillraceError, asMillraceError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { csrfHeader } from '../security/admin-access.ts';
import type { Access, AdminAccess } from '../security/admin-access.ts';
import { HostCheck } from '../security/host-check.ts';
import { apiPath } from './admin-document.ts';
import { parseInput, readJsonBody, requireMediaType } from './json-body.ts';
import type { AdminRoute, RouteCall } from './route.ts';
import { sessionCookie } from './session-cookie.ts';

export interface AdminOptions {
  readonly routes: readonly AdminRoute[];
  readonly access: AdminAccess;
  readonly log: Log;
  /** Answers everything that is not the API; mounted behind the checks of Host and Origin. */
  readonly pages: readonly RequestHandler[];
  /** How an error is sent; statuses are assigned in one place for both listeners. */
  errorResponse(error: MillraceError): {
    readonly status: number;
    /** Alternating names and values. */
    readonly headers: readonly string[];
    readonly body: Buffer;
    readonly requestId: string | undefined;
  };
  /** Answers what is no HTTP. */
  refuseUnparsed(error: Error, socket: Socket): void;
}

/** A whole request, an hour: an upload may be one request of many gigabytes. Other bodies have ten seconds of their own. */
const requestTimeoutMs = 3_600_000;

export class AdminListener {
  /** For the host to bind. */
  readonly server: Server;
  readonly #options: AdminOptions;
  readonly #hosts = new HostCheck();
  readonly #open: ReadonlySet<string>;

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#open = new Set(
      options.routes.flatMap(({ isOpen, method, path }) => (isOpen === true ? [`${method} ${apiPath}${path}`] : [])),
    );
    this.server = createServer(
      {
        headersTimeout: 10_000,
        requestTimeout: requestTimeoutMs,
        connectionsCheckingInterval: 1000,
        requireHostHeader: false,
        maxHeaderSize: 16 * 1024,
      },
      this.#app(),
    );
    this.server.on('clientError', options.refuseUnparsed);
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  #app(): Express {
    const app = express();
    app.disable('x-powered-by');
    app.enable('case sensitive routing');
    app.enable('strict routing');
    app.use((request, response, next) => {
      response.set(safeHeaders);
      this.#checkHost(request);
      if (request.method === 'OPTIONS') {
        // No origin is allowed: the preflight's answer names none.
        response.status(204).end();
        return;
      }
      this.#checkOrigin(request);
      next();
    });
    app.use('/api', (request, response, next) => {
      const path = request.originalUrl.split('?')[0]!;
      response.locals['access'] = this.#open.has(`${request.method} ${path}`) ? undefined : this.#checkAccess(request);
      next();
    });
    for (const [path, routes] of byPath(this.#options.routes)) {
      app.all(apiPath + path.replaceAll(/\{(\w+)\}/g, ':$1'), (request, response) =>
        this.#run(routes, request, response),
      );
    }
    app.use('/api', () => {
      throw new MillraceError('not-found', 'There is nothing at this path of the API.', {
        hint: 'The page /reference lists all routes.',
      });
    });
    for (const pages of this.#options.pages) app.use(pages);
    app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
      this.#fail(request, response, error);
    });
    return app;
  }

  #checkHost(request: Request): void {
    const hostHeaders = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
    const { host } = request.headers;
    // A target with a host of its own would overrule the header.
    const plainTarget = request.url.startsWith('/') && request.originalUrl === request.url;
    if (hostHeaders.length <= 1 && plainTarget && this.#hosts.accepts(host)) return;
    const received =
      hostHeaders.length > 1
        ? 'more than one host'
        : plainTarget
          ? `'${(host ?? '').slice(0, 100)}'`
          : 'a host in its target';
    throw new MillraceError('misdirected-host', `The request was addressed to ${received}, which is not this server.`, {
      hint: "Use http://127.0.0.1 or http://localhost. No setting opens this listener to other names; allowedHosts is for the apps' listener.",
    });
  }

  #checkOrigin(request: Request): void {
    const site = request.get('sec-fetch-site');
    // A link on another page, or a file that the desktop opened, may lead a person here: a page of ours, in no frame.
    const isNavigation =
      request.method === 'GET' &&
      !request.path.startsWith('/api') &&
      request.get('sec-fetch-mode') === 'navigate' &&
      request.get('sec-fetch-dest') === 'document' &&
      request.headers.origin === undefined;
    if (isNavigation || this.#hosts.acceptsOrigin(request.headers.origin, site)) return;
    throw new MillraceError('forbidden-origin', 'Pages of other sites may not call this server.', {
      hint: 'Open Millrace at its own address.',
    });
  }

  #checkAccess(request: Request): Access {
    return this.#options.access.check({
      method: request.method,
      address: request.socket.remoteAddress ?? '',
      authorization: request.headers.authorization,
      cookie: sessionCookie(request),
      csrf: request.get(csrfHeader),
    });
  }

  async #run(routes: readonly AdminRoute[], request: Request, response: Response): Promise<void> {
    const isHead = request.method === 'HEAD';
    const route = routes.find(
      ({ method, kind }) => method === request.method || (isHead && method === 'GET' && kind === 'json'),
    );
    if (route === undefined) {
      throw new MillraceError('method-not-allowed', 'Method Not Allowed', {
        details: { method: request.method, allowed: routes.map(({ method }) => method) },
      });
    }
    const abort = new AbortController();
    response.on('close', () => abort.abort());
    const call: RouteCall = {
      params: request.params as Record<string, string>,
      signal: abort.signal,
      access: response.locals['access'] as Access | undefined,
      request,
      response,
    };
    if (route.kind === 'stream') {
      if (route.takes !== undefined && route.takes !== '*/*') requireMediaType(request, route.takes);
      await route.serve(call);
      return;
    }
    if (route.method !== 'GET' && (route.method !== 'DELETE' || hasBody(request))) {
      requireMediaType(request, 'application/json');
    }
    const body = route.body === undefined ? undefined : parseInput(route.body, await readJsonBody(request), 'body');
    const query = route.query === undefined ? undefined : parseInput(route.query, request.query, 'query');
    const answer = await route.handle({ body, query, call });
    if (response.destroyed) return;
    response.status(route.status).setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(answer));
  }

  #fail(request: IncomingMessage, response: Response, raw: unknown): void {
    const error = isBadPath(raw)
      ? new MillraceError('invalid-request', 'The path is not valid percent-encoding.')
      : asMillraceError(raw);
    if (response.headersSent || response.destroyed || error.code === 'client-gone') {
      response.destroy();
      return;
    }
    const { status, headers, body, requestId } = this.#options.errorResponse(error);
    response.status(status);
    for (let at = 0; at < headers.length; at += 2) response.setHeader(headers[at]!, headers[at + 1]!);
    // What is left of a refused body is not worth reading.
    if (!request.complete && hasBody(request)) response.setHeader('Connection', 'close');
    response.end(body);
    if (requestId !== undefined)
      this.#options.log.error({ requestId, error: error.cause ?? error }, 'An admin request failed inside.');
  }
}

const safeHeaders = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

function byPath(routes: readonly AdminRoute[]): ReadonlyMap<string, AdminRoute[]> {
  const groups = new Map<string, AdminRoute[]>();
  for (const route of routes) groups.set(route.path, [...(groups.get(route.path) ?? []), route]);
  return groups;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Express's own complaint about a path that cannot be decoded. */
function isBadPath(error: unknown): boolean {
  return error instanceof URIError;
}

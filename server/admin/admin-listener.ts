/**
 * The admin listener: loopback only, whatever the settings say. In this version it reads; it changes nothing.
 */
import express from 'express';
import type { Express } from 'express';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { HostCheck } from '../security/host-check.ts';

export interface AdminOptions {
  readonly version: string;
  /** A snapshot of the host, JSON-ready. */
  status(): unknown;
}

export class AdminListener {
  /** For the host to bind. */
  readonly server: Server;

  constructor(options: AdminOptions) {
    this.server = createServer(
      { headersTimeout: 10_000, requestTimeout: 30_000, requireHostHeader: false, maxHeaderSize: 16 * 1024 },
      adminApp(options),
    );
    this.server.maxConnections = 128;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}

function adminApp(options: AdminOptions): Express {
  const hosts = new HostCheck();
  const app = express();
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    response.set({
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Cache-Control': 'no-store',
    });
    const hostHeaders = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
    // A target with a host of its own would overrule the header.
    const plainTarget = request.url.startsWith('/') && request.originalUrl === request.url;
    if (hostHeaders.length > 1 || !plainTarget || !hosts.accepts(request.headers.host)) {
      response.status(421).json({ error: 'The request was addressed to another host.', code: 'misdirected-host' });
      return;
    }
    if (request.method === 'OPTIONS') {
      // No origin is allowed: the preflight's answer names none.
      response.status(204).end();
      return;
    }
    if (!hosts.acceptsOrigin(request.headers.origin, request.get('sec-fetch-site'))) {
      response.status(403).json({ error: 'Pages of other sites may not call this server.', code: 'forbidden-origin' });
      return;
    }
    next();
  });
  app.get('/api/v1/status', (_request, response) => {
    response.json(options.status());
  });
  app.use((_request, response) => {
    response.status(404).json({ error: 'Not Found', code: 'not-found' });
  });
  return app;
}

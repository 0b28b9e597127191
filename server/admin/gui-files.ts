/**
 * The GUI's files, as Vite builds them into `dist/gui`: assets whose names hold a hash are kept for good, the page itself is
 * asked for each time, and any other path that a person opens is the page, which knows its own places.
 */
import express from 'express';
import type { RequestHandler } from 'express';
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { MillraceError } from '../base/errors.ts';

/** Nothing but our own files, and pictures that the page makes itself. No inline script or style, no frame, no form. */
export const guiPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
  "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface GuiFilesOptions {
  /** Folder with index.html. Looked at on each request, so that a build while the host runs is served. */
  readonly folder: string;
  /** Where apps call, for those who come to the wrong port. */
  inferenceUrl(): string;
}

export function guiFiles({ folder, inferenceUrl }: GuiFilesOptions): RequestHandler {
  const page = join(folder, 'index.html');
  const files = express.static(folder, {
    index: false,
    redirect: false,
    dotfiles: 'ignore',
    setHeaders(response, path) {
      const isHashed = relative(folder, path).replaceAll('\\', '/').startsWith('assets/');
      response.setHeader('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      response.setHeader('Content-Security-Policy', guiPolicy);
    },
  });
  return (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new MillraceError('method-not-allowed', 'Method Not Allowed', { details: { allowed: ['GET', 'HEAD'] } });
    }
    files(request, response, (error?: unknown) => {
      if (error !== undefined) {
        next(error);
        return;
      }
      if (!isPlace(request.path, request.headers.accept)) {
        next(
          new MillraceError('not-found', 'There is nothing at this path.', {
            hint: `This is the admin listener. Apps call ${inferenceUrl()}.`,
          }),
        );
        return;
      }
      response.set({ 'Content-Security-Policy': guiPolicy, 'Cache-Control': 'no-cache' }).type('html');
      if (existsSync(page)) response.sendFile('index.html', { root: folder, cacheControl: false });
      else response.send(notBuilt);
    });
  };
}

/** A path that a person opens in a browser: neither a file nor something for programs. */
function isPlace(path: string, accept: string | undefined): boolean {
  if (path === '/') return true;
  return (
    accept?.includes('text/html') === true &&
    !/^\/assets\/|\.\w+$/.test(path) &&
    !/^\/(?:v2|predict|metrics)(?:\/|$)/.test(path)
  );
}

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Millrace</title>
<h1>Millrace runs. Its interface has not been built.</h1>
<p>Build it once with <code>npm run build:gui</code>, then load this page again.</p>
<p>Everything works without it: <code>millrace --help</code> lists the commands, and <a href="/reference">the reference</a> lists the API.</p>
</html>
`;

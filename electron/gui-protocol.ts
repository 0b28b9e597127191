/**
 * `app://gui`: the window's page comes from the server folder, and its calls below `/api` go to the host with the token added. So
 * the page has the addresses that it has in a browser, never sees the token, and is there while no host is.
 */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { isGuiUrl } from './window-policy.ts';

type Host = { readonly adminUrl: string; readonly adminToken: string } | undefined;

/** As the host sends it with the same page; a test compares them. */
export const guiPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
  "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What the GUI is built of; nothing else is given out. */
const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** What a page may send along; never an Authorization, Cookie or Origin of its own. */
const passedOn = ['accept', 'content-type', 'last-event-id', 'upload-offset', 'cache-control'];
/** What is true of the connection to the host and not of ours. */
const notPassedBack = [
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'content-encoding',
  'set-cookie',
];

/** Shown when the page's process has died twice within a minute. */
export const failedPage = '/window-failed';
const failed = '<h1>This window failed twice</h1><p>Millrace serves on. <a href="/">Load it again</a></p>';
const notBuilt = '<h1>The interface has not been built</h1><p>Build it with <code>npm run build:gui</code>.</p>';

/** `host` is undefined while none answers. */
export function answerGui(guiFolder: string, host: () => Host): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    if (!isGuiUrl(request.url)) return give('There is nothing here.', 'text/plain', 404);
    if (/^\/api(?:\/|$)/.test(pathname)) return askHost(host(), request, pathname + search);
    if (!['GET', 'HEAD'].includes(request.method)) return give('Method Not Allowed', 'text/plain', 405);
    return pathname === failedPage ? givePage(failed) : readGui(guiFolder, pathname);
  };
}

async function askHost(host: Host, request: Request, path: string): Promise<Response> {
  const headers = new Headers({ Authorization: `Bearer ${host?.adminToken}` });
  for (const name of passedOn) if (request.headers.has(name)) headers.set(name, request.headers.get(name)!);
  try {
    if (host === undefined) throw new Error('no host');
    const { method, body, signal } = request;
    const sent = body === null ? {} : { body, duplex: 'half' as const };
    const answer = await fetch(host.adminUrl + path, { method, headers, signal, redirect: 'manual', ...sent });
    const given = new Headers(answer.headers);
    for (const name of notPassedBack) given.delete(name);
    return new Response(answer.body, { status: answer.status, headers: given });
  } catch {
    const hint = 'Start it from the window or the tray.';
    return Response.json({ error: 'No Millrace is running.', code: 'host-not-running', hint }, { status: 503 });
  }
}

/** A file of the GUI, or its page for a place of the GUI. */
async function readGui(folder: string, pathname: string): Promise<Response> {
  const isAsset = pathname.startsWith('/assets/');
  const type = types[extname(pathname)];
  // Names that the build gives. Whatever else is in a path, encoded or not, names no file.
  const isFile = type !== undefined && /^(?:\/[\w-][\w.-]*)+$/.test(pathname);
  const bytes = isFile ? await readFile(join(folder, pathname)).catch(() => undefined) : undefined;
  if (bytes !== undefined) return give(new Uint8Array(bytes), type!, 200, isAsset);
  if (isAsset) return give('There is nothing here.', 'text/plain', 404);
  const page = await readFile(join(folder, 'index.html'), 'utf8').catch(() => undefined);
  return page === undefined ? givePage(notBuilt) : give(page, 'text/html; charset=utf-8');
}

const givePage = (body: string): Response =>
  give(`<!doctype html><html lang="en"><title>Millrace</title>${body}</html>`, 'text/html; charset=utf-8');

function give(body: string | Uint8Array<ArrayBuffer>, type: string, status = 200, isKept = false): Response {
  const headers = {
    'Content-Type': type,
    'Content-Security-Policy': guiPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': isKept ? 'max-age=31536000, immutable' : 'no-cache',
  };
  return new Response(body, { status, headers });
}

/** The cookie of an admin session. Its name holds the port: cookies do not know ports, and two hosts may share a machine. */
import type { IncomingMessage } from 'node:http';

function cookieName(request: IncomingMessage): string {
  return `millrace-session-${request.socket.localPort}`;
}

/** Undefined where the request has none, or several of the name. */
export function sessionCookie(request: IncomingMessage): string | undefined {
  const start = `${cookieName(request)}=`;
  const found = (request.headers.cookie ?? '').split(';').flatMap((part) => {
    const pair = part.trim();
    return pair.startsWith(start) ? [pair.slice(start.length)] : [];
  });
  return found.length === 1 && /^[\w-]{1,128}$/.test(found[0]!) ? found[0] : undefined;
}

/** For scripts unreadable, for other sites unsendable, for nothing but the API. */
export function setSessionCookie(request: IncomingMessage, secret: string, maxAgeMs: number): string {
  const attributes = `Path=/api; Max-Age=${Math.floor(maxAgeMs / 1000)}; HttpOnly; SameSite=Strict`;
  return `${cookieName(request)}=${secret}; ${attributes}`;
}

export function clearSessionCookie(request: IncomingMessage): string {
  return setSessionCookie(request, '', 0);
}

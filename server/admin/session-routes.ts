/** How a browser gets in and out: a one-time code for a session, the page's CSRF token, and the list of sessions. */
import { z } from 'zod';
import { MillraceError } from '../base/errors.ts';
import { launchLinkSchema, sessionListSchema, sessionViewSchema } from '../protocol/admin/session-view.ts';
import { csrfTokenOf, endOfSession, sessionLifeMs } from '../security/admin-sessions.ts';
import type { AdminAccess } from '../security/admin-access.ts';
import { printedCodeMs } from '../security/launch-codes.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';
import { clearSessionCookie, sessionCookie, setSessionCookie } from './session-cookie.ts';

/** A link that a program opens itself is used within seconds; until then others on the machine could read it. */
const openedCodeMs = 60_000;

export interface SessionRouteParts {
  readonly access: AdminAccess;
  /** Address of this listener. */
  adminUrl(): string;
}

export function sessionRoutes({ access, adminUrl }: SessionRouteParts): AdminRoute[] {
  const link = (lifeMs: number): string => `${adminUrl()}/#t=${access.makeCode(lifeMs)}`;
  return [
    jsonRoute({
      method: 'POST',
      path: '/session',
      noun: 'sessions',
      summary: 'Exchange the one-time code of a launch link for a session cookie',
      isOpen: true,
      status: 201,
      body: z.strictObject({ code: z.string().min(1).max(128) }),
      answer: sessionViewSchema,
      handle({ body, call: { request, response } }) {
        const { secret, csrfToken, endsMs } = access.openSession(body.code, request.socket.remoteAddress ?? '');
        const previous = sessionCookie(request);
        const replaced = access.sessionOf(previous);
        if (replaced !== undefined) access.revoke(replaced.id);
        response.setHeader('Set-Cookie', setSessionCookie(request, secret, sessionLifeMs));
        return { csrfToken, endsAt: new Date(endsMs).toISOString() };
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/session',
      noun: 'sessions',
      summary: 'Tell a page that was loaded again its CSRF token',
      answer: sessionViewSchema,
      handle({ call: { request } }) {
        const cookie = sessionCookie(request);
        const session = access.sessionOf(cookie);
        if (cookie === undefined || session === undefined) {
          throw new MillraceError('not-found', 'The request has a token and no session.');
        }
        return { csrfToken: csrfTokenOf(cookie), endsAt: new Date(endOfSession(session)).toISOString() };
      },
    }),
    jsonRoute({
      method: 'DELETE',
      path: '/session',
      noun: 'sessions',
      summary: "End the caller's session",
      answer: z.object({ ended: z.boolean() }),
      handle({ call }) {
        call.response.setHeader('Set-Cookie', clearSessionCookie(call.request));
        return { ended: call.access?.sessionId !== undefined && access.revoke(call.access.sessionId) };
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/sessions',
      noun: 'sessions',
      summary: 'List the browsers that are signed in',
      answer: sessionListSchema,
      handle({ call }) {
        return access.sessions().map((session) => ({
          id: session.id,
          createdAt: new Date(session.createdMs).toISOString(),
          lastUsedAt: new Date(session.lastUsedMs).toISOString(),
          endsAt: new Date(endOfSession(session)).toISOString(),
          isOwn: session.id === call.access?.sessionId,
        }));
      },
    }),
    jsonRoute({
      method: 'DELETE',
      path: '/sessions/{id}',
      noun: 'sessions',
      summary: 'Sign a browser out',
      answer: z.object({ ended: z.boolean() }),
      handle({ call }) {
        if (access.revoke(call.params['id']!)) return { ended: true };
        throw new MillraceError('not-found', 'No session has this id.');
      },
    }),
    jsonRoute({
      method: 'POST',
      path: '/launch-links',
      noun: 'sessions',
      summary: 'Make links that open the GUI once',
      status: 201,
      body: z.strictObject({}),
      answer: launchLinkSchema,
      handle: () => ({ printed: link(printedCodeMs), opened: link(openedCodeMs) }),
    }),
  ];
}

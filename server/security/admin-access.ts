/**
 * Who may use the admin API: the command line by the token of run.json, a browser by a session that a one-time code opened.
 * Decides from headers alone, for every route alike; throws coded errors.
 */
import { MillraceError } from '../base/errors.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { KeyRight } from '../protocol/admin/key-view.ts';
import { AdminSessions, csrfTokenOf, endOfSession } from './admin-sessions.ts';
import type { SavedSession } from './admin-sessions.ts';
import { LaunchCodes } from './launch-codes.ts';
import { LockOut } from './lock-out.ts';
import { hashSecret, makeSecret, sameHash } from './secret.ts';

/** Methods that change nothing. An allow-list: every other method needs what a foreign page cannot send. */
const safeMethods = new Set(['GET', 'HEAD']);

export const csrfHeader = 'X-Millrace-CSRF';

export interface AccessRequest {
  readonly method: string;
  /** Of the peer as the socket knows it, never from a header. */
  readonly address: string;
  readonly authorization: string | undefined;
  /** The session's cookie. */
  readonly cookie: string | undefined;
  readonly csrf: string | undefined;
}

export interface Access {
  readonly by: 'token' | 'session' | 'key';
  /** Of the browser that asks; undefined for the command line. */
  readonly sessionId: string | undefined;
}

export interface GrantedSession {
  readonly id: string;
  readonly secret: string;
  readonly csrfToken: string;
  readonly endsMs: number;
}

export interface AdminAccessOptions {
  /** Sessions of the run before. */
  readonly saved?: readonly SavedSession[];
  /** Keeps the sessions for the next run; called when one is opened or revoked. */
  save?(sessions: readonly SavedSession[]): void;
  /** Hears who was let in and who has been wrong too often. */
  onEvent?(event: NewHostEvent): void;
  /** Wall clock, milliseconds. */
  readonly now?: () => number;
  /** What a key of a client program may do here; undefined where the text is no key that is good. */
  rightsOfKey?(text: string): readonly KeyRight[] | undefined;
}

export class AdminAccess {
  /** For run.json and nowhere else. */
  readonly token: string;
  readonly #tokenHash: string;
  readonly #codes = new LaunchCodes();
  readonly #sessions: AdminSessions;
  readonly #lockOut = new LockOut();
  readonly #save: (sessions: readonly SavedSession[]) => void;
  readonly #onEvent: (event: NewHostEvent) => void;
  readonly #now: () => number;
  readonly #rightsOfKey: (text: string) => readonly KeyRight[] | undefined;

  constructor({
    saved,
    save = () => {},
    onEvent = () => {},
    now = Date.now,
    rightsOfKey = () => undefined,
  }: AdminAccessOptions = {}) {
    this.token = makeSecret();
    this.#tokenHash = hashSecret(this.token);
    this.#sessions = new AdminSessions(saved);
    this.#save = save;
    this.#onEvent = onEvent;
    this.#now = now;
    this.#rightsOfKey = rightsOfKey;
  }

  /** Throws `unauthenticated`, `locked-out`, or `forbidden` for a change without the CSRF header. */
  check(request: AccessRequest): Access {
    const bearer = /^Bearer +(\S+)$/i.exec(request.authorization ?? '')?.[1];
    if (bearer !== undefined) {
      if (sameHash(hashSecret(bearer), this.#tokenHash)) return { by: 'token', sessionId: undefined };
      const rights = this.#rightsOfKey(bearer);
      if (rights === undefined) throw this.#wrong(request.address, 'token');
      if (rights.includes('admin')) return { by: 'key', sessionId: undefined };
      throw new MillraceError('forbidden', 'This key has no right to manage the host.', {
        hint: 'Use a key with the right admin, or the token of run.json.',
      });
    }
    if (request.authorization !== undefined) throw this.#wrong(request.address, 'token');
    if (request.cookie === undefined) throw unauthenticated('This needs a token or a session.');
    const session = this.#sessions.use(request.cookie, this.#now());
    if (session === undefined) throw this.#wrong(request.address, 'session');
    const csrf = hashSecret(request.csrf ?? '');
    if (!safeMethods.has(request.method) && !sameHash(csrf, hashSecret(csrfTokenOf(request.cookie)))) {
      throw new MillraceError(
        'forbidden',
        `A page that changes something sends ${csrfHeader}; this request has none that fits.`,
        {
          hint: 'Ask GET /api/v1/session for the token and send it as this header.',
        },
      );
    }
    return { by: 'session', sessionId: session.id };
  }

  /** A code for a link, good once within `lifeMs`. */
  makeCode(lifeMs: number): string {
    return this.#codes.make(this.#now(), lifeMs);
  }

  /** Exchanges a code; where it `isOwn` for a check of this program, nobody hears of it. Throws `unauthenticated` where it has been used, has ended or never was, and `locked-out`. */
  openSession(code: string, address: string, isOwn = false): GrantedSession {
    const nowMs = this.#now();
    if (!this.#codes.take(code, nowMs)) throw this.#wrong(address, 'link');
    const { secret, session } = this.#sessions.open(nowMs);
    this.#save(this.#sessions.list(nowMs));
    if (!isOwn) {
      this.#onEvent({
        kind: 'access',
        severity: 'info',
        sentence: `A browser was signed in by a link, from ${address}.`,
        facts: { sessionId: session.id, address },
      });
    }
    return { id: session.id, secret, csrfToken: csrfTokenOf(secret), endsMs: endOfSession(session) };
  }

  /** The session of a cookie, undefined where there is none. */
  sessionOf(cookie: string | undefined): SavedSession | undefined {
    return cookie === undefined ? undefined : this.#sessions.use(cookie, this.#now());
  }

  /** False where no session has this id. Its next request is refused. */
  revoke(id: string): boolean {
    const revoked = this.#sessions.revoke(id);
    if (revoked) this.#save(this.sessions());
    return revoked;
  }

  sessions(): readonly SavedSession[] {
    return this.#sessions.list(this.#now());
  }

  #wrong(address: string, what: 'token' | 'session' | 'link'): MillraceError {
    const locked = this.#lockOut.onWrong(address, this.#now());
    if (locked !== undefined) {
      const { waitSeconds, isFirst } = locked;
      if (isFirst) {
        this.#onEvent({
          kind: 'access',
          severity: 'attention',
          sentence: `More than twenty wrong tokens or links came from ${address} within a minute; they are answered 429 for now.`,
          hint: 'Look for a script or a browser tab with an old token. Right ones are let in all the same.',
          facts: { address },
        });
      }
      return new MillraceError('locked-out', 'Too many wrong tokens came from this address.', {
        hint: `Wait ${waitSeconds} s, then use the right one: \`millrace open\` makes a new link.`,
        retryAfterSeconds: waitSeconds,
        retryable: true,
      });
    }
    return unauthenticated(
      what === 'token'
        ? 'The token is not that of this host.'
        : what === 'session'
          ? 'The session has ended.'
          : 'The link has been used before, or its time has passed.',
    );
  }
}

function unauthenticated(message: string): MillraceError {
  return new MillraceError('unauthenticated', message, {
    hint: 'Open the link that `millrace open` prints, or send the token of run.json as `Authorization: Bearer`.',
  });
}

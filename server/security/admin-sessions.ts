/**
 * The browsers that may use the admin API: each holds a secret in a cookie that scripts cannot read. Here are their hashes.
 *
 * A session ends a day after its last use, a week after it was made, when it is revoked, or when newer ones need its place.
 * Times are milliseconds of the wall clock: sessions outlive a restart of the host.
 */
import { hashSecret, makeSecret, sameHash } from './secret.ts';

/** A day: who was here yesterday need not open a link again. */
const idleMs = 24 * 3_600_000;

/** A week, however busy. */
export const sessionLifeMs = 7 * idleMs;

/** One person's browsers and windows; the one that was used longest ago makes room. */
const maxSessions = 16;

export interface SavedSession {
  /** Public name, for the list and for revoking. */
  readonly id: string;
  /** SHA-256 of the secret. */
  readonly hash: string;
  readonly createdMs: number;
  readonly lastUsedMs: number;
}

export interface OpenedSession {
  /** For the cookie; known nowhere else. */
  readonly secret: string;
  readonly session: SavedSession;
}

export class AdminSessions {
  #sessions: readonly SavedSession[];

  constructor(saved: readonly SavedSession[] = []) {
    this.#sessions = saved.slice(-maxSessions);
  }

  open(nowMs: number): OpenedSession {
    const secret = makeSecret();
    const hash = hashSecret(secret);
    const session = { id: makeSecret().slice(0, 12), hash, createdMs: nowMs, lastUsedMs: nowMs };
    const others = this.list(nowMs).toSorted((a, b) => a.lastUsedMs - b.lastUsedMs);
    this.#sessions = [...others, session].slice(-maxSessions);
    return { secret, session };
  }

  /** The session of a secret, marked as used; undefined where there is none or it has ended. */
  use(secret: string, nowMs: number): SavedSession | undefined {
    const hash = hashSecret(secret);
    const found = this.list(nowMs).find((session) => sameHash(session.hash, hash));
    if (found === undefined) return undefined;
    const used = { ...found, lastUsedMs: nowMs };
    this.#sessions = this.#sessions.map((session) => (session === found ? used : session));
    return used;
  }

  /** False where there was none. */
  revoke(id: string): boolean {
    const before = this.#sessions.length;
    this.#sessions = this.#sessions.filter((session) => session.id !== id);
    return this.#sessions.length < before;
  }

  /** Those that have not ended. */
  list(nowMs: number): readonly SavedSession[] {
    return this.#sessions.filter((session) => endOfSession(session) > nowMs);
  }
}

/** When it ends if it is not used again. */
export function endOfSession({ createdMs, lastUsedMs }: SavedSession): number {
  return Math.min(createdMs + sessionLifeMs, lastUsedMs + idleMs);
}

/**
 * What a page sends beside its cookie when it changes something. It follows from the secret, so a page that is loaded again
 * can be told it again, and nobody has to keep it.
 */
export function csrfTokenOf(secret: string): string {
  return hashSecret(`csrf ${secret}`);
}

/**
 * Who may call the inference listener, and for what: decides from the headers of a request, its address and its route. Throws
 * coded errors; what it refuses it tells, for the list of refused clients.
 *
 * The key of a connection's last request is remembered, so that a steady client costs a comparison and not a hash.
 */
import { MillraceError } from '../base/errors.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { KeyRight } from '../protocol/admin/key-view.ts';
import { hasRight, plainAddress } from './client-key.ts';
import { isExpired } from './key-ring.ts';
import type { ClientKey, KeyRing } from './key-ring.ts';
import { LockOut } from './lock-out.ts';

/** What a route asks of a client. */
export interface RouteNeed {
  /** Undefined: anybody may have it. */
  readonly right: KeyRight | undefined;
  /** The one model that it is about; undefined: none, or all. */
  readonly model: string | undefined;
}

/** The headers that may hold a key. */
export interface KeyHeaders {
  readonly authorization: string | undefined;
  readonly apiKey: string | undefined;
}

export type KeyTrouble = 'no-key' | 'wrong-key' | 'revoked-key' | 'expired-key' | 'right' | 'address' | 'rate';

/** A request that was refused for its key. */
export interface KeyRefusal {
  readonly reason: KeyTrouble;
  readonly address: string;
  /** Of the key, where the right secret was sent. */
  readonly keyName: string | undefined;
  readonly model: string | undefined;
}

export interface ClientAccessOptions {
  readonly keys: KeyRing;
  onRefusal?(refusal: KeyRefusal): void;
  onEvent?(event: NewHostEvent): void;
  /** Wall clock, milliseconds. */
  readonly now?: () => number;
}

interface Remembered {
  readonly authorization: string | undefined;
  readonly apiKey: string | undefined;
  readonly generation: number;
  readonly key: ClientKey;
}

export class ClientAccess {
  readonly #keys: KeyRing;
  readonly #options: ClientAccessOptions;
  readonly #lockOut = new LockOut();
  readonly #remembered = new WeakMap<object, Remembered>();
  readonly #now: () => number;

  constructor(options: ClientAccessOptions) {
    this.#options = options;
    this.#keys = options.keys;
    this.#now = options.now ?? Date.now;
  }

  /** The wall clock that keys are judged by, milliseconds. */
  get nowMs(): number {
    return this.#now();
  }

  /**
   * The key of a request; undefined where its route needs none. `connection` is the same object for every request of a
   * connection. Throws `unauthenticated`, `locked-out`, `forbidden` and `rate-limited`.
   */
  admit(
    headers: KeyHeaders,
    need: RouteNeed,
    connection: object,
    remoteAddress: string | undefined,
  ): ClientKey | undefined {
    if (need.right === undefined) return undefined;
    const nowMs = this.#now();
    const key = this.#keyOf(headers, connection, remoteAddress, nowMs);
    const { record, addresses, limit } = key;
    // Its address does not change while a connection lasts, but it costs little to look.
    if (addresses !== undefined && !addresses.has(plainAddress(remoteAddress))) {
      this.#refused('address', remoteAddress, record.name, undefined);
      throw forbidden(`The key '${record.name}' is not taken from this address.`);
    }
    if (!hasRight(record.rights, need.right)) {
      this.#refused('right', remoteAddress, record.name, need.model);
      throw forbidden(`The key '${record.name}' has no right to ${rightWords[need.right]}.`);
    }
    if (need.model !== undefined) this.checkModel(key, need.model, remoteAddress);
    const waitMs = limit === undefined ? 0 : limit.take(nowMs);
    if (waitMs > 0) {
      this.#refused('rate', remoteAddress, record.name, need.model);
      throw new MillraceError(
        'rate-limited',
        `The key '${record.name}' may send ${record.ratePerSecond} requests per second.`,
        {
          hint: 'Send fewer, or ask the owner of this machine for a higher rate.',
          retryable: true,
          retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
        },
      );
    }
    key.onUse(nowMs, plainAddress(remoteAddress));
    return key;
  }

  /** Throws `forbidden` where the key is for other models. Whether there is such a model is not told. */
  checkModel(key: ClientKey | undefined, model: string, remoteAddress: string | undefined): void {
    if (key?.models === undefined || key.models.has(model)) return;
    this.#refused('right', remoteAddress, key.record.name, model);
    throw forbidden(`The key '${key.record.name}' is for other models than '${model}'.`);
  }

  /** The key of a text that came another way; undefined where it is none. Counts what is wrong like any other. */
  lookUp(text: string): ClientKey | undefined {
    const found = this.#keys.find(text, this.#now());
    return found.state === 'good' ? found.key : undefined;
  }

  #keyOf(
    { authorization, apiKey }: KeyHeaders,
    connection: object,
    remoteAddress: string | undefined,
    nowMs: number,
  ): ClientKey {
    const remembered = this.#remembered.get(connection);
    if (
      remembered !== undefined &&
      remembered.generation === this.#keys.generation &&
      remembered.authorization === authorization &&
      remembered.apiKey === apiKey &&
      !isExpired(remembered.key, nowMs)
    ) {
      return remembered.key;
    }
    const text = bearerOf(authorization) ?? apiKey;
    if (text === undefined && authorization === undefined) {
      this.#refused('no-key', remoteAddress, undefined, undefined);
      throw unauthenticated('This request has no key.');
    }
    const found = this.#keys.find(text ?? '', nowMs);
    if (found.state === 'good') {
      this.#remembered.set(connection, { authorization, apiKey, generation: this.#keys.generation, key: found.key });
      return found.key;
    }
    if (found.state === 'expired') {
      this.#refused('expired-key', remoteAddress, found.name, undefined);
      throw unauthenticated('The key has ended.');
    }
    this.#refused(found.state === 'revoked' ? 'revoked-key' : 'wrong-key', remoteAddress, found.name, undefined);
    throw this.#wrong(plainAddress(remoteAddress), nowMs);
  }

  #wrong(address: string, nowMs: number): MillraceError {
    const locked = this.#lockOut.onWrong(address, nowMs);
    if (locked === undefined) return unauthenticated('The key is not one of this server.');
    const { waitSeconds, isFirst } = locked;
    if (isFirst) {
      this.#options.onEvent?.({
        kind: 'access',
        severity: 'attention',
        sentence: `More than twenty wrong keys came from ${address} within a minute; they are answered 429 for now.`,
        hint: 'Look which program there has an old key. Right ones are let in all the same.',
        facts: { address },
      });
    }
    return new MillraceError('locked-out', 'Too many wrong keys came from this address.', {
      hint: `Wait ${waitSeconds} s, then send the right one.`,
      retryAfterSeconds: waitSeconds,
      retryable: true,
    });
  }

  #refused(
    reason: KeyTrouble,
    remoteAddress: string | undefined,
    keyName: string | undefined,
    model: string | undefined,
  ): void {
    this.#options.onRefusal?.({ reason, address: plainAddress(remoteAddress), keyName, model });
  }
}

const rightWords: Readonly<Record<KeyRight, string>> = {
  infer: 'ask models',
  metrics: 'read the metrics',
  admin: 'change anything',
};

/** Undefined where there is no such header or its scheme is another. */
function bearerOf(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization)?.[1];
}

function unauthenticated(message: string): MillraceError {
  return new MillraceError('unauthenticated', message, {
    hint: 'Send a key as `Authorization: Bearer …` or as `x-api-key`. The owner of this machine makes keys: in Millrace under Connect, or with `millrace keys create`.',
  });
}

function forbidden(message: string): MillraceError {
  return new MillraceError('forbidden', message, { hint: 'The owner of this machine decides what a key may do.' });
}

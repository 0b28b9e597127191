/**
 * Who may call this host, put together: keys, rules, the list of refused clients, and what the inference listener asks of
 * programs of this machine.
 */
import { join } from 'node:path';
import type { AccessDesk } from '../admin/access-routes.ts';
import { MillraceError } from '../base/errors.ts';
import type { Config } from '../config.ts';
import type { DoorRules, Face } from '../gateway/front-door.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { MadeKey, NewKey } from '../protocol/admin/key-view.ts';
import type { RefusedClient } from '../protocol/admin/refused-client.ts';
import { AccessDatabase } from '../security/access-database.ts';
import { CallerRules } from '../security/caller-rules.ts';
import { ClientAccess } from '../security/client-access.ts';
import type { HostCheck } from '../security/host-check.ts';
import { KeyRing } from '../security/key-ring.ts';
import { RefusedClients } from '../security/refused-clients.ts';

export function accessPath(dataDirectory: string): string {
  return join(dataDirectory, 'access.db');
}

export class Access {
  readonly database: AccessDatabase;
  readonly keys: KeyRing;
  readonly rules: CallerRules;
  readonly clients: ClientAccess;
  readonly refused: RefusedClients;
  readonly #onEvent: (event: NewHostEvent) => void;
  #isLanOn = false;
  /** The host attacks itself: that is no news. */
  #isChecking = false;
  #needsKeyHere = false;
  #seenGeneration = -1;

  constructor(config: Config, onEvent: (event: NewHostEvent) => void) {
    this.#onEvent = onEvent;
    this.database = AccessDatabase.open(accessPath(config.dataDirectory));
    this.keys = new KeyRing(this.database, config.keys);
    this.rules = new CallerRules(this.database, config.allowedHosts);
    this.refused = new RefusedClients((client) => onEvent(refusalEvent(client)));
    this.clients = new ClientAccess({
      keys: this.keys,
      onEvent: (event) => {
        if (!this.#isChecking) onEvent(event);
      },
      onRefusal: ({ keyName, ...refusal }) => this.refused.add({ ...refusal, subject: keyName }, Date.now()),
    });
  }

  /** While it holds, a request from this machine needs a key: the network may call, or somebody made a key. */
  get needsKeyHere(): boolean {
    // Asked at each request, and changed by few commands.
    if (this.#seenGeneration !== this.keys.generation) {
      this.#seenGeneration = this.keys.generation;
      this.#needsKeyHere = this.rules.localNeedsKey && (this.#isLanOn || this.keys.hasAny);
    }
    return this.#needsKeyHere;
  }

  /** Tells nobody of what comes from these addresses until the returned function is called. */
  ignoreChecks(addresses: readonly string[]): () => void {
    this.#isChecking = true;
    const heedAgain = this.refused.ignore(addresses);
    return () => {
      this.#isChecking = false;
      heedAgain();
    };
  }

  get isLanOn(): boolean {
    return this.#isLanOn;
  }

  setLanOn(isOn: boolean): void {
    this.#isLanOn = isOn;
    this.keys.generation++;
  }

  /** What the inference listener asks of programs of this machine. */
  get here(): Face {
    const needsKey = (): boolean => this.needsKeyHere;
    const hosts = (): HostCheck => this.rules.here;
    return {
      scheme: 'http',
      isClosing: false,
      get hosts() {
        return hosts();
      },
      get needsKey() {
        return needsKey();
      },
    };
  }

  get doorRules(): DoorRules {
    return {
      clients: this.clients,
      allowsOrigin: (origin) => this.rules.allowsOrigin(origin),
      onRefused: (refusal) => this.refused.add(refusal, Date.now()),
    };
  }

  /** Makes a key and says so. */
  makeKey(wish: NewKey): MadeKey {
    const made = this.keys.make(wish, Date.now());
    const { id, name, rights } = made.key;
    this.#onEvent({
      kind: 'access',
      severity: 'info',
      sentence: `The key '${name}' was made.`,
      facts: { keyId: id, rights },
    });
    return made;
  }

  /** A key for a program of this machine's owner, taken from this machine only. */
  makePassing(right: 'infer' | 'admin'): string {
    const limits = { rights: [right], addresses: ['127.0.0.1', '::1'] };
    return this.keys.makePassing('This computer', passingLifeMs, Date.now(), limits);
  }

  /** What the admin API does with all of it. */
  get desk(): AccessDesk {
    const { keys, rules, refused } = this;
    return {
      keys: () => keys.views(Date.now()),
      make: (wish) => this.makeKey(wish),
      revoke: (id) => {
        const key = keys.revoke(id, Date.now());
        this.#onEvent({
          kind: 'access',
          severity: 'info',
          sentence: `The key '${key.name}' was revoked.`,
          facts: { keyId: key.id },
        });
        return key;
      },
      makePassing: (right) => this.makePassing(right),
      rules: () => rules.view(),
      changeRules: (change) => {
        const view = rules.change(change);
        keys.generation++;
        this.#onEvent({
          kind: 'access',
          severity: 'info',
          sentence: 'Who may call this host was changed.',
          facts: { change },
        });
        return view;
      },
      refused: () => refused.list(),
      dismiss: (id) => {
        if (refused.get(id) === undefined) throw unknownRefusal();
        refused.forget((each) => each.id === id);
      },
      fix: (id) => this.#fix(id),
    };
  }

  close(): void {
    this.keys.close();
    this.database.close();
  }

  /** Does what helps this one client and no other. */
  #fix(id: string): MadeKey | undefined {
    const client = this.refused.get(id);
    if (client === undefined) throw unknownRefusal();
    const { fix, subject, address } = client;
    switch (fix) {
      case 'make-key': {
        const made = this.makeKey({
          name: this.#freeName(address),
          rights: ['infer'],
          addresses: [address],
          share: 1,
          hasPrivateCache: false,
        });
        const keyReasons = new Set(['no-key', 'wrong-key', 'revoked-key', 'expired-key', 'address']);
        this.refused.forget((each) => each.address === address && keyReasons.has(each.reason));
        return made;
      }
      case 'allow-host':
        this.desk.changeRules({ add: { host: withoutPort(subject ?? '') } });
        this.refused.forget((each) => each.reason === 'host' && each.subject === subject);
        return undefined;
      case 'allow-origin':
        this.desk.changeRules({ add: { origin: subject ?? '' } });
        this.refused.forget((each) => each.reason === 'origin' && each.subject === subject);
        return undefined;
      default:
        throw new MillraceError('conflict', 'Nothing can be done for this client from here.', { hint: client.hint });
    }
  }

  /** Named after the address; a second one with a number. IPv6 has colons, which names do not. */
  #freeName(address: string): string {
    const base = `Client ${address.replaceAll(':', '-').replaceAll('%', '-')}`.slice(0, 56);
    const taken = new Set(this.keys.views(Date.now()).map(({ name }) => name));
    for (let number = 1; ; number++) {
      const name = number === 1 ? base : `${base} (${number})`;
      if (!taken.has(name)) return name;
    }
  }
}

/** Longer than the longest load test, a day. */
const passingLifeMs = 25 * 3_600_000;

function withoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, '');
}

function unknownRefusal(): MillraceError {
  return new MillraceError('not-found', 'This client is no longer in the list.');
}

function refusalEvent({ sentence, hint, address, reason }: RefusedClient): NewHostEvent {
  return { kind: 'access', severity: 'attention', sentence, hint, facts: { address, reason } };
}

/**
 * Who may call the inference listener, as a person has decided: names of this machine, pages, blocked addresses, whether local
 * programs need a key. Kept in access.db; read at every request, so all answers are ready.
 */
import { isIP } from 'node:net';
import { MillraceError } from '../base/errors.ts';
import type { CallerRulesChange, CallerRulesView } from '../protocol/admin/refused-client.ts';
import type { AccessDatabase } from './access-database.ts';
import { HostCheck } from './host-check.ts';

const maxEntries = 64;

const hostPattern = /^[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?$/;

interface Saved {
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  readonly blocked: readonly string[];
  readonly localNeedsKey: boolean;
}

const none: Saved = { hosts: [], origins: [], blocked: [], localNeedsKey: true };

export class CallerRules {
  readonly #database: AccessDatabase;
  /** Of the settings file. */
  readonly #fixedHosts: readonly string[];
  #networkNames: readonly string[] = [];
  #saved: Saved;
  #origins: ReadonlySet<string> = new Set();
  #blocked: ReadonlySet<string> = new Set();
  /** For requests from this machine. */
  here: HostCheck;
  /** For requests over the network: the machine's own names and addresses as well. */
  network: HostCheck;

  constructor(database: AccessDatabase, fixedHosts: readonly string[]) {
    this.#database = database;
    this.#fixedHosts = fixedHosts;
    this.#saved = { ...none, ...(database.setting('caller-rules') as Partial<Saved> | undefined) };
    this.here = new HostCheck();
    this.network = this.here;
    this.#apply();
  }

  /** True where programs of this machine need a key while there are keys. */
  get localNeedsKey(): boolean {
    return this.#saved.localNeedsKey;
  }

  allowsOrigin(origin: string): boolean {
    return this.#origins.size > 0 && this.#origins.has(origin);
  }

  isBlocked(address: string): boolean {
    return this.#blocked.has(address);
  }

  view(): CallerRulesView {
    const { hosts, origins, blocked, localNeedsKey } = this.#saved;
    return { hosts: [...hosts], origins: [...origins], blocked: [...blocked], localNeedsKey };
  }

  /** What this machine is called on the network now. */
  setNetworkNames(names: readonly string[]): void {
    this.#networkNames = names;
    this.#apply();
  }

  /** Throws `invalid-request` for what is no host, origin or address, and where there are too many. */
  change({ add = {}, remove = {}, localNeedsKey }: CallerRulesChange): CallerRulesView {
    const { hosts, origins, blocked } = this.#saved;
    const saved: Saved = {
      hosts: changed(hosts, checkedBy(checkedHost, add.host), remove.host?.toLowerCase()),
      origins: changed(origins, checkedBy(checkedOrigin, add.origin), remove.origin),
      blocked: changed(blocked, checkedBy(checkedAddress, add.blocked), remove.blocked),
      localNeedsKey: localNeedsKey ?? this.#saved.localNeedsKey,
    };
    this.#database.set('caller-rules', saved);
    this.#saved = saved;
    this.#apply();
    return this.view();
  }

  #apply(): void {
    const named = [...this.#fixedHosts, ...this.#saved.hosts];
    this.here = new HostCheck(named);
    this.network = new HostCheck([...named, ...this.#networkNames]);
    this.#origins = new Set(this.#saved.origins);
    this.#blocked = new Set(this.#saved.blocked);
  }
}

function checkedBy(check: (text: string) => string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : check(text);
}

function changed(list: readonly string[], added: string | undefined, removed: string | undefined): readonly string[] {
  const kept = list.filter((each) => each !== removed && each !== added);
  if (added === undefined) return kept;
  if (kept.length >= maxEntries) {
    throw new MillraceError('invalid-request', `There are ${maxEntries} of these already.`, {
      hint: 'Remove those nobody needs.',
    });
  }
  return [...kept, added];
}

/** A name without a port, or an address; IPv6 in brackets, as a Host header has it. */
function checkedHost(text: string): string {
  const host = text.trim().toLowerCase();
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  if (isIP(bare) === 6) return `[${bare}]`;
  if (isUnspecified(bare) || !hostPattern.test(host) || host.includes('..')) {
    throw new MillraceError('invalid-request', `'${text.slice(0, 100)}' is no name of a machine.`, {
      hint: 'Name it without http:// and without a port, such as vision.factory.lan. There are no wildcards.',
    });
  }
  return host;
}

function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || /^0+$/.test(host);
}

function checkedOrigin(text: string): string {
  const url = URL.parse(text.trim());
  const isWeb = url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
  if (!isWeb || url.username !== '' || url.password !== '' || url.origin === 'null') {
    throw new MillraceError('invalid-request', `'${text.slice(0, 100)}' is no origin of a web page.`, {
      hint: 'Write it as the browser does: https://panel.example, with the port where it has one.',
    });
  }
  return url.origin;
}

function checkedAddress(text: string): string {
  const address = text.trim().toLowerCase();
  if (isIP(address) !== 0) return address;
  throw new MillraceError('invalid-request', `'${text.slice(0, 45)}' is no address.`, {
    hint: 'Write it as 10.0.3.7.',
  });
}

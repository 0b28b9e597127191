/**
 * The keys of client programs: made, found, revoked. The one owner of which keys are good now; access-database.ts keeps them.
 *
 * When a key was last used is noted in memory at each request and written every half minute.
 */
import { MillraceError } from '../base/errors.ts';
import type { KeyView, NewKey } from '../protocol/admin/key-view.ts';
import type { AccessDatabase } from './access-database.ts';
import { isKey, keyIdOf, makeKeyText } from './client-key.ts';
import type { KeyRecord } from './client-key.ts';
import { RateLimit } from './rate-limit.ts';
import { hashSecret } from './secret.ts';

/** More are no longer a list that a person can look through. */
const maxKeys = 1000;

const dayMs = 86_400_000;
const flushMs = 30_000;

/** Keys of the program itself that live at once, such as one for each load test; the oldest makes room. */
const maxPassing = 16;

/** A key that is good, with what its requests need at hand. */
export class ClientKey {
  readonly record: KeyRecord;
  /** For queues and saved answers. */
  readonly client: { readonly id: string; readonly share: number; readonly partition: string };
  readonly models: ReadonlySet<string> | undefined;
  readonly addresses: ReadonlySet<string> | undefined;
  readonly limit: RateLimit | undefined;
  /** `settings`: of the settings file; `passing`: made by the program for itself, in no list. */
  readonly origin: 'made' | 'settings' | 'passing';
  lastUsedMs: number | undefined;
  lastAddress: string | undefined;
  isNoted = true;

  constructor(record: KeyRecord, origin: ClientKey['origin']) {
    const { id, share, hasPrivateCache, models, addresses, ratePerSecond } = record;
    this.record = record;
    this.origin = origin;
    this.client = { id, share, partition: hasPrivateCache ? id : '' };
    this.models = models && new Set(models);
    this.addresses = addresses && new Set(addresses);
    this.limit = ratePerSecond === undefined ? undefined : new RateLimit(ratePerSecond);
  }

  onUse(nowMs: number, address: string): void {
    this.lastUsedMs = nowMs;
    this.lastAddress = address;
    this.isNoted = false;
  }
}

export type FoundKey =
  | { readonly state: 'good'; readonly key: ClientKey }
  /** `name` is for the owner of this machine, not for the client. */
  | { readonly state: 'unknown' | 'expired' | 'revoked'; readonly name: string | undefined };

/** A key whose hash the settings name, for machines that nobody sits at. */
export interface SettingsKey extends Omit<NewKey, 'days'> {
  readonly id: string;
  readonly sha256: string;
}

const dummyHash = hashSecret('no key has this hash');

export class KeyRing {
  readonly #database: AccessDatabase;
  readonly #keys = new Map<string, ClientKey>();
  readonly #revoked = new Map<string, KeyRecord>();
  readonly #timer: NodeJS.Timeout;
  /** Changes whenever a key that was good may no longer be. */
  generation = 0;

  constructor(database: AccessDatabase, fromSettings: readonly SettingsKey[] = []) {
    this.#database = database;
    for (const { record, lastUsedMs, lastAddress, revokedMs } of database.keys()) {
      if (revokedMs !== undefined) {
        this.#revoked.set(record.id, record);
        continue;
      }
      const key = new ClientKey(record, 'made');
      key.lastUsedMs = lastUsedMs;
      key.lastAddress = lastAddress;
      this.#keys.set(record.id, key);
    }
    for (const { id, sha256, ...limits } of fromSettings) {
      this.#keys.set(id, new ClientKey(recordOf({ id, hash: sha256 }, limits, 0, undefined), 'settings'));
    }
    this.#timer = setInterval(() => this.flush(), flushMs);
    this.#timer.unref();
  }

  /** True while there is a key that a person made, be it one that has ended: that opens nothing. */
  get hasAny(): boolean {
    for (const key of this.#keys.values()) if (key.origin !== 'passing') return true;
    return false;
  }

  /** Keys that let somebody in. */
  countGood(nowMs: number): number {
    return this.#list().filter((key) => !isExpired(key, nowMs)).length;
  }

  /** Makes a key. Its text is in the answer and nowhere else. Throws `invalid-request` and `conflict`. */
  make(wish: NewKey, nowMs: number): { readonly key: KeyView; readonly secret: string } {
    if (wish.models !== undefined && wish.rights.includes('admin')) {
      throw new MillraceError('invalid-request', 'A key for administration cannot be limited to models.', {
        hint: 'Leave the models out, or the right admin.',
      });
    }
    if (this.#list().length >= maxKeys) {
      throw new MillraceError('conflict', `There are ${maxKeys} keys already.`, { hint: 'Revoke those nobody uses.' });
    }
    if (this.#list().some(({ record }) => record.name === wish.name)) {
      throw new MillraceError('conflict', `There is a key of the name ${wish.name} already.`, {
        hint: 'Choose another name, or revoke that key first.',
      });
    }
    const { id, text } = this.#freshText();
    const expiresMs = wish.days === undefined ? undefined : nowMs + Math.round(wish.days * dayMs);
    const record = recordOf({ id, hash: hashSecret(text) }, wish, nowMs, expiresMs);
    this.#database.add(record);
    const key = new ClientKey(record, 'made');
    this.#keys.set(id, key);
    this.generation++;
    return { key: viewOf(key, nowMs), secret: text };
  }

  /** A key for the program's own tools: kept in memory only, for `lifeMs`. */
  makePassing(name: string, lifeMs: number, nowMs: number, limits: Partial<NewKey> = {}): string {
    const passing = [...this.#keys.values()].filter(({ origin }) => origin === 'passing');
    for (const key of passing) if (isExpired(key, nowMs)) this.#keys.delete(key.record.id);
    const [oldest] = passing;
    if (passing.length >= maxPassing && oldest !== undefined) this.#keys.delete(oldest.record.id);
    const { id, text } = this.#freshText();
    const wish = { name, rights: ['infer' as const], share: 1, hasPrivateCache: false, ...limits };
    this.#keys.set(id, new ClientKey(recordOf({ id, hash: hashSecret(text) }, wish, nowMs, nowMs + lifeMs), 'passing'));
    return text;
  }

  /** Ends a key of the program's own. */
  endPassing(text: string): void {
    this.#keys.delete(keyIdOf(text) ?? '');
    this.generation++;
  }

  /** By id or by name. Its next request is refused, on open connections as well. Throws `not-found` and `conflict`. */
  revoke(idOrName: string, nowMs: number): KeyView {
    const key = this.#list().find(({ record }) => record.id === idOrName || record.name === idOrName);
    if (key === undefined) {
      throw new MillraceError('not-found', 'No key has this id or name.', {
        hint: '`millrace keys list` shows them.',
      });
    }
    if (key.origin === 'settings') {
      throw new MillraceError('conflict', `The key ${key.record.name} is one of the settings file.`, {
        hint: 'Take it out of there, and restart.',
      });
    }
    this.#database.revoke(key.record.id, nowMs);
    this.#keys.delete(key.record.id);
    this.#revoked.set(key.record.id, key.record);
    this.generation++;
    return viewOf(key, nowMs);
  }

  /** The key of a text. Compares in constant time, also where there is none of this id. */
  find(text: string, nowMs: number): FoundKey {
    const id = keyIdOf(text);
    const key = id === undefined ? undefined : this.#keys.get(id);
    if (key === undefined) {
      const revoked = id === undefined ? undefined : this.#revoked.get(id);
      const isRevoked = isKey(text, revoked?.hash ?? dummyHash) && revoked !== undefined;
      return isRevoked ? { state: 'revoked', name: revoked.name } : { state: 'unknown', name: undefined };
    }
    if (!isKey(text, key.record.hash)) return { state: 'unknown', name: undefined };
    return isExpired(key, nowMs) ? { state: 'expired', name: key.record.name } : { state: 'good', key };
  }

  views(nowMs: number): KeyView[] {
    return this.#list().map((key) => viewOf(key, nowMs));
  }

  /** Good keys as a settings file names them, so that other hosts take them too; `ending` are those that have an end, which it cannot. */
  forSettings(nowMs: number): { readonly keys: SettingsKey[]; readonly ending: string[] } {
    const good = this.#list().filter((key) => !isExpired(key, nowMs));
    return {
      keys: good.flatMap(({ record }) => (record.expiresMs === undefined ? [settingsKey(record)] : [])),
      ending: good.flatMap(({ record }) => (record.expiresMs === undefined ? [] : [record.name])),
    };
  }

  /** Writes when keys were last used. A failure costs this only. */
  flush(): void {
    for (const key of this.#keys.values()) {
      if (key.isNoted || key.origin !== 'made') continue;
      try {
        this.#database.noteUse(key.record.id, key.lastUsedMs!, key.lastAddress!);
        key.isNoted = true;
      } catch {
        return;
      }
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.flush();
  }

  #list(): ClientKey[] {
    return [...this.#keys.values()].filter(({ origin }) => origin !== 'passing');
  }

  #freshText(): ReturnType<typeof makeKeyText> {
    for (;;) {
      const made = makeKeyText();
      if (!this.#keys.has(made.id) && !this.#revoked.has(made.id)) return made;
    }
  }
}

export function isExpired({ record }: ClientKey, nowMs: number): boolean {
  return record.expiresMs !== undefined && record.expiresMs <= nowMs;
}

function recordOf(
  { id, hash }: { readonly id: string; readonly hash: string },
  wish: Omit<NewKey, 'days'>,
  createdMs: number,
  expiresMs: number | undefined,
): KeyRecord {
  const { name, rights, models, addresses, ratePerSecond, share, hasPrivateCache } = wish;
  return {
    id,
    hash,
    name,
    rights: [...new Set(rights)],
    models,
    addresses,
    ratePerSecond,
    share,
    hasPrivateCache,
    createdMs,
    expiresMs,
  };
}

function settingsKey({ id, hash, name, rights, models, addresses, ratePerSecond, ...rest }: KeyRecord): SettingsKey {
  const { share, hasPrivateCache } = rest;
  return {
    id,
    sha256: hash,
    name,
    rights: [...rights],
    ...(models !== undefined && { models: [...models] }),
    ...(addresses !== undefined && { addresses: [...addresses] }),
    ...(ratePerSecond !== undefined && { ratePerSecond }),
    share,
    hasPrivateCache,
  };
}

function viewOf(key: ClientKey, nowMs: number): KeyView {
  const { id, name, rights, models, addresses, ratePerSecond, share, hasPrivateCache, createdMs, expiresMs } =
    key.record;
  return {
    id,
    name,
    rights: [...rights],
    ...(models !== undefined && { models: [...models] }),
    ...(addresses !== undefined && { addresses: [...addresses] }),
    ...(ratePerSecond !== undefined && { ratePerSecond }),
    share,
    hasPrivateCache,
    createdAt: new Date(createdMs).toISOString(),
    ...(expiresMs !== undefined && { expiresAt: new Date(expiresMs).toISOString() }),
    isExpired: isExpired(key, nowMs),
    ...(key.lastUsedMs !== undefined && { lastUsedAt: new Date(key.lastUsedMs).toISOString() }),
    ...(key.lastAddress !== undefined && { lastAddress: key.lastAddress }),
    isFixed: key.origin === 'settings',
  };
}

/**
 * The endpoint for the network: off until a person switches it on. Owns its listeners, their certificate and the name that the
 * network is told; follows the addresses of this machine as they come and go. It never opens without a key, and never without
 * encryption where encryption is wanted.
 */
import { hostname, networkInterfaces } from 'node:os';
import { MillraceError, asMillraceError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Face } from '../gateway/front-door.ts';
import type { InferenceListener } from '../gateway/inference-listener.ts';
import { serverOptions } from '../gateway/server-options.ts';
import type { ListenerLimits } from '../gateway/server-options.ts';
import { Announcer } from '../lan/announcer.ts';
import type { Announce } from '../lan/announcer.ts';
import { firewallHelp } from '../lan/firewall-help.ts';
import { hostOf, isPublic, networkAddresses } from '../lan/network-addresses.ts';
import { NetworkServer } from '../lan/network-server.ts';
import { planListeners, wantedAddresses } from '../lan/plan-listeners.ts';
import { TlsStore } from '../lan/tls-store.ts';
import type { CurrentIdentity } from '../lan/tls-store.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { MadeKey } from '../protocol/admin/key-view.ts';
import { lanWishSchema } from '../protocol/admin/lan-view.ts';
import type {
  LanAnswer,
  LanChange,
  LanListener,
  LanView,
  LanWish,
  NetworkAddress,
} from '../protocol/admin/lan-view.ts';
import type { Access } from './access.ts';
import { Turns } from './turns.ts';

/** How often the machine's addresses, the certificate and what failed are looked at, milliseconds. */
const lookMs = 5000;

/** Ports to try after the wished one, as for the listener of this machine. */
const nextPorts = 10;

export interface LanEndpointParts {
  readonly access: Access;
  /** Answers what comes in. */
  readonly listener: InferenceListener;
  readonly limits: ListenerLimits;
  readonly dataDirectory: string;
  /** Of the settings file; it is not changed here. */
  readonly fixed: LanWish | undefined;
  /** Further names in the certificate. */
  readonly allowedHosts: readonly string[];
  /** Of the listener of this machine, once that is open. */
  port(): number;
  readonly log: Log;
  readonly onEvent: (event: NewHostEvent) => void;
  /** The network was let in, or no longer is. */
  readonly onSwitch: (isOn: boolean) => void;
  /** For tests. */
  readonly announcer?: Announce;
}

interface OpenListener {
  readonly at: NetworkAddress;
  readonly server: NetworkServer;
  readonly port: number;
  readonly detach: () => void;
  readonly face: { isClosing: boolean };
}

export class LanEndpoint {
  readonly #parts: LanEndpointParts;
  readonly #turns = new Turns();
  readonly #tls: TlsStore;
  readonly #announcer: Announce;
  readonly #open = new Map<string, OpenListener>();
  /** Why an address is not open. */
  readonly #trouble = new Map<string, string>();
  readonly #closing = new Set<Promise<void>>();
  #wish: LanWish;
  #identity: CurrentIdentity | undefined;
  #tlsTrouble: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: LanEndpointParts) {
    this.#parts = parts;
    this.#tls = new TlsStore(parts.dataDirectory, hostname());
    this.#announcer =
      parts.announcer ?? new Announcer((error) => parts.log.warn({ error }, 'The network was not told a name.'));
    this.#wish = parts.fixed ?? lanWishSchema.parse(parts.access.database.setting('lan') ?? {});
  }

  /** Opens what was on before. Throws `no-key` where the settings file wants the network and nobody has a key. */
  async start(): Promise<void> {
    if (!this.#wish.on) return;
    if (!this.#hasKey) {
      const { fixed, onEvent } = this.#parts;
      if (fixed !== undefined) throw noKey();
      const { message, hint } = noKey();
      onEvent({ kind: 'access', severity: 'attention', sentence: message, ...(hint !== undefined && { hint }) });
      return;
    }
    await this.#turns.take('lan', () => this.#apply());
    this.#watch();
  }

  /** Changes what is wanted and does it. Throws `conflict`, `invalid-request` and `invalid-config`; nothing has changed then. */
  change(change: LanChange): Promise<LanAnswer> {
    return this.#turns.take('lan', async () => {
      const { access, fixed, onEvent } = this.#parts;
      if (fixed !== undefined) {
        throw new MillraceError('conflict', 'The settings file says how the network reaches this host.', {
          hint: 'Change its section lan, and restart.',
        });
      }
      const { confirmPublic = [], ...members } = change;
      const wish = lanWishSchema.parse({ ...this.#wish, ...withoutUndefined(members) });
      refusePublic(wish, confirmPublic);
      // Before anything changes: files that cannot be used are the person's to correct.
      if (wish.on && wish.tls.kind === 'files') await this.#tls.identity(wish.tls, [], Date.now());
      let made: MadeKey | undefined;
      if (wish.on && !this.#hasKey) made = access.makeKey(firstKey(access));
      const wasOn = this.#wish.on;
      this.#wish = wish;
      access.database.set('lan', wish);
      await this.#apply();
      this.#watch();
      if (wasOn !== wish.on) {
        this.#parts.onSwitch(wish.on);
        const urls = this.urls;
        onEvent({
          kind: 'access',
          severity: 'info',
          sentence: wish.on
            ? `The network can reach this host${urls.length === 0 ? ', once an address is there' : ` at ${urls.join(' and ')}`}.`
            : 'The network can no longer reach this host.',
          facts: { urls },
        });
      }
      return { lan: await this.#view(), ...(made !== undefined && { made }) };
    });
  }

  view(): Promise<LanView> {
    return this.#turns.take('lan', () => this.#view());
  }

  get isOn(): boolean {
    return this.#wish.on;
  }

  /** Where clients on the network call it. */
  get urls(): string[] {
    return [...this.#open.values()].map((each) => this.#urlOf(each));
  }

  authorityPem(): Promise<string | undefined> {
    return this.#tls.authorityPem();
  }

  /** Ends every connection. The listener has been drained before. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turns.stop();
    for (const { server } of this.#open.values()) server.destroy();
    this.#open.clear();
    await Promise.all([this.#announcer.stop(), ...this.#closing]);
  }

  get #hasKey(): boolean {
    return this.#parts.access.keys.countGood(Date.now()) > 0;
  }

  #watch(): void {
    clearInterval(this.#timer);
    if (!this.#wish.on) return;
    this.#timer = setInterval(() => {
      this.#turns
        .take('lan', () => this.#apply())
        .catch((error: unknown) => this.#parts.log.warn({ error }, 'The addresses of the network were not followed.'));
    }, lookMs);
    this.#timer.unref();
  }

  /** From what is to what is wanted. Never throws for one address or the certificate: that is kept as trouble and tried again. */
  async #apply(): Promise<void> {
    const { access } = this.#parts;
    const present = networkAddresses(networkInterfaces());
    const wanted = wantedAddresses(this.#wish, present);
    this.#trouble.clear();
    await this.#refreshIdentity(wanted);
    const isSecure = this.#wish.tls.kind !== 'off';
    const isReady = !isSecure || this.#identity !== undefined;
    // Where the scheme changed, or the wished port, the listener is another one.
    const kept = [...this.#open.values()].filter(
      ({ server, port }) => isReady && server.isSecure === isSecure && this.#fitsPort(port),
    );
    const plan = planListeners(
      kept.map(({ at }) => at.address),
      isReady ? wanted : [],
    );
    const keptSet = new Set(kept.map(({ at }) => at.address));
    const closed = [...this.#open.keys()].filter((address) => !keptSet.has(address) || plan.close.includes(address));
    await Promise.all(closed.map((address) => this.#closeListener(address)));
    for (const at of plan.open) await this.#openListener(at);
    if (!isReady) for (const { address } of wanted) this.#trouble.set(address, this.#tlsTrouble ?? '');
    access.rules.setNetworkNames(this.#names(wanted));
    if (access.isLanOn !== this.#wish.on) access.setLanOn(this.#wish.on);
    this.#announce();
  }

  async #refreshIdentity(wanted: readonly NetworkAddress[]): Promise<void> {
    const before = this.#identity;
    try {
      this.#identity = this.#wish.on
        ? await this.#tls.identity(this.#wish.tls, this.#names(wanted), Date.now())
        : undefined;
      this.#tlsTrouble = undefined;
    } catch (error) {
      const known = asMillraceError(error);
      const { log } = this.#parts;
      if (this.#tlsTrouble !== known.message) log.warn({ error: known.cause ?? known }, known.message);
      this.#tlsTrouble = known.message;
      // What is shown now goes on being shown: an old certificate is better than none.
      return;
    }
    const { pair } = this.#identity ?? {};
    if (pair === undefined || pair === before?.pair) return;
    for (const { server } of this.#open.values()) if (server.isSecure) server.renew(pair);
    if (before !== undefined) {
      this.#parts.onEvent({
        kind: 'access',
        severity: 'info',
        sentence: 'The certificate of the network was renewed; no connection was broken for it.',
        facts: { notAfter: this.#identity!.view.notAfter },
      });
    }
  }

  /** What the machine is called on the network: for the certificate and the Host check. */
  #names(wanted: readonly NetworkAddress[]): string[] {
    const { allowedHosts, access } = this.#parts;
    const own = hostname().toLowerCase();
    const announced = this.#wish.announce ? [`${this.#wish.name}.local`, this.#announcer.name?.toLowerCase()] : [];
    const names = [...announced, own, `${own}.local`, ...allowedHosts, ...access.rules.view().hosts].flatMap((name) => {
      const lower = name?.toLowerCase();
      return lower !== undefined && isName(lower) ? [lower] : [];
    });
    return [...new Set([...names, ...wanted.map(({ address }) => address)])];
  }

  #fitsPort(port: number): boolean {
    const wished = this.#wish.port ?? this.#parts.port();
    return wished === 0 || (port >= wished && port <= wished + nextPorts);
  }

  async #openListener(at: NetworkAddress): Promise<void> {
    const { access, listener, limits } = this.#parts;
    const isSecure = this.#wish.tls.kind !== 'off';
    const first = this.#wish.port ?? this.#parts.port();
    const last = first === 0 ? 0 : Math.min(65_535, first + nextPorts);
    for (let port = first; ; port++) {
      const server = new NetworkServer({
        http: serverOptions(limits),
        tls: isSecure ? this.#identity!.pair : undefined,
        isBlocked: (address) => access.rules.isBlocked(address),
        onRefused: (refusal) => access.refused.add(refusal, Date.now()),
      });
      try {
        const used = await server.listen(at.address, port);
        const face: Face & { isClosing: boolean } = {
          scheme: isSecure ? 'https' : 'http',
          isClosing: false,
          needsKey: true,
          get hosts() {
            return access.rules.network;
          },
        };
        const detach = listener.attach(server.server, face, isSecure ? 'secureConnection' : 'connection');
        this.#open.set(at.address, { at, server, port: used, detach, face });
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE' && port < last) continue;
        this.#trouble.set(at.address, listenTrouble(error, first, last));
        return;
      }
    }
  }

  /** Answers in progress are finished beside; nothing waits for them. */
  async #closeListener(address: string): Promise<void> {
    const open = this.#open.get(address);
    if (open === undefined) return;
    this.#open.delete(address);
    open.face.isClosing = true;
    const closing = open.server.close().finally(() => {
      open.detach();
      this.#closing.delete(closing);
    });
    this.#closing.add(closing);
  }

  /** Probing for the name takes a second or more, and nobody waits for it. */
  #announce(): void {
    // An address that the system does not list belongs to no interface that could tell it.
    const open = [...this.#open.values()].filter(({ at }) => at.interfaceName !== '');
    const isWanted = this.#wish.on && this.#wish.announce && open.length > 0;
    void this.#announcer.set(
      isWanted
        ? {
            name: this.#wish.name,
            port: open[0]!.port,
            addresses: open.map(({ at }) => at.address),
            isSecure: open[0]!.server.isSecure,
          }
        : undefined,
    );
  }

  #urlOf({ at, server, port }: OpenListener): string {
    return `${server.isSecure ? 'https' : 'http'}://${hostOf(at.address)}:${port}`;
  }

  async #view(): Promise<LanView> {
    const present = networkAddresses(networkInterfaces());
    const wanted = wantedAddresses(this.#wish, present);
    const pem = await this.#tls.authorityPem();
    const authority =
      this.#identity?.authority ??
      (pem === undefined ? undefined : (await import('../lan/certificates.ts')).viewCertificate(pem));
    const port = [...this.#open.values()][0]?.port ?? this.#wish.port ?? this.#parts.port();
    return {
      wish: this.#wish,
      isFixed: this.#parts.fixed !== undefined,
      listeners: wanted.map((at) => this.#listenerView(at)),
      addresses: present,
      ...(this.#announcer.name !== undefined && { announcedName: this.#announcer.name }),
      ...(authority !== undefined && { authority }),
      ...(this.#identity !== undefined && { certificate: this.#identity.view }),
      ...(this.#tlsTrouble !== undefined && { tlsTrouble: this.#tlsTrouble }),
      keys: this.#parts.access.keys.countGood(Date.now()),
      firewall: firewallHelp(process.platform, port, process.execPath),
    };
  }

  #listenerView(at: NetworkAddress): LanListener {
    const open = this.#open.get(at.address);
    const trouble = this.#trouble.get(at.address);
    return {
      ...at,
      ...(open !== undefined && { url: this.#urlOf(open) }),
      ...(open === undefined && { trouble: trouble ?? 'It is not open yet.' }),
    };
  }
}

function firstKey(access: Access) {
  const taken = new Set(access.keys.views(Date.now()).map(({ name }) => name));
  let name = 'First key';
  for (let number = 2; taken.has(name); number++) name = `First key ${number}`;
  return { name, rights: ['infer' as const], share: 1, hasPrivateCache: false };
}

function noKey(): MillraceError {
  return new MillraceError('no-key', 'The network is not let in: there is no key, so anybody could call.', {
    hint: 'Make one with `millrace keys create <name>`, or switch the network on in Millrace under Connect, which makes one.',
  });
}

/** A public address is opened only for who has typed it twice. */
function refusePublic({ on, addresses }: LanWish, confirmed: readonly string[]): void {
  if (!on || addresses === 'private') return;
  const open = addresses.filter((address) => isPublic(address) && !confirmed.includes(address));
  if (open.length === 0) return;
  throw new MillraceError('invalid-request', `The internet may reach ${open.join(' and ')}.`, {
    hint: 'Choose a private address. If it has to be, name the address in confirmPublic as well (`millrace lan on --confirm-public`).',
    details: { publicAddresses: open },
  });
}

function listenTrouble(error: unknown, first: number, last: number): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `The ports ${first} to ${last} are in use by other programs there.`;
  if (code === 'EADDRNOTAVAIL') return 'This computer does not have the address now.';
  if (code === 'EACCES') return `The port ${first} needs more rights than this program has.`;
  return `It cannot be opened: ${message}.`;
}

function isName(name: string): boolean {
  return /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?$/.test(name);
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<T>;
}

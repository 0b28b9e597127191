/**
 * Tells the network the name `<name>.local` and that a Millrace is there (multicast DNS, RFC 6762 and 6763). The one importer of
 * the mDNS library, which is loaded when the first name is told. Whatever fails here costs the name and nothing else.
 */
import type { CiaoService, Responder } from '@homebridge/ciao';

export interface Announcement {
  /** Wished for; another is taken where somebody has it. */
  readonly name: string;
  readonly port: number;
  /** Where it listens: the name leads to these and no others. */
  readonly addresses: readonly string[];
  readonly isSecure: boolean;
}

export interface Announce {
  /** Tells it; a new one replaces the old, undefined takes it back. */
  set(announcement: Announcement | undefined): Promise<void>;
  /** The name that the network accepted, with `.local`; undefined while there is none. */
  readonly name: string | undefined;
  stop(): Promise<void>;
}

/** A network without multicast answers nobody; nothing waits for it longer than this, milliseconds. */
const patienceMs = 5000;

export class Announcer implements Announce {
  readonly #onTrouble: (error: unknown) => void;
  #responder: Responder | undefined;
  #service: CiaoService | undefined;
  #told = '';
  #name: string | undefined;

  constructor(onTrouble: (error: unknown) => void) {
    this.#onTrouble = onTrouble;
  }

  get name(): string | undefined {
    return this.#name;
  }

  async set(announcement: Announcement | undefined): Promise<void> {
    const text = JSON.stringify(announcement ?? null);
    if (text === this.#told) return;
    this.#told = text;
    try {
      await this.#end();
      if (announcement !== undefined) await this.#tell(announcement);
    } catch (error) {
      this.#onTrouble(error);
    }
  }

  async stop(): Promise<void> {
    await this.set(undefined);
  }

  async #tell({ name, port, addresses, isSecure }: Announcement): Promise<void> {
    const { default: ciao } = await import('@homebridge/ciao');
    this.#responder = ciao.getResponder({
      interface: [...addresses],
      disableIpv6: !addresses.some((each) => each.includes(':')),
    });
    const service = this.#responder.createService({
      name: `Millrace ${name}`,
      type: isSecure ? 'https' : 'http',
      port,
      hostname: name,
      restrictedAddresses: [...addresses],
      txt: { path: '/' },
    });
    this.#service = service;
    service.on('hostname-change' as never, (changed: string): void => {
      this.#name = withoutDot(changed);
    });
    const advertised = this.#advertise(service);
    await Promise.race([advertised, waited()]);
  }

  /** Probing takes a second, or as long as it takes to find a name that nobody has. Never throws. */
  async #advertise(service: CiaoService): Promise<void> {
    try {
      await service.advertise();
      if (this.#service === service) this.#name = withoutDot(service.getHostname());
    } catch (error) {
      this.#onTrouble(error);
    }
  }

  async #end(): Promise<void> {
    const responder = this.#responder;
    this.#responder = undefined;
    this.#service = undefined;
    this.#name = undefined;
    // Says goodbye to the network.
    if (responder !== undefined) await Promise.race([responder.shutdown(), waited()]);
  }
}

function withoutDot(name: string): string {
  return name.replace(/\.$/, '');
}

function waited(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, patienceMs).unref();
  });
}

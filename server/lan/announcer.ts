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

/** Millraces of one name on one network. */
const maxNumber = 9;

export class Announcer implements Announce {
  readonly #onTrouble: (error: unknown) => void;
  #responder: Responder | undefined;
  #service: CiaoService | undefined;
  #told = '';
  #telling: Promise<void> = Promise.resolve();
  #name: string | undefined;

  constructor(onTrouble: (error: unknown) => void) {
    this.#onTrouble = onTrouble;
  }

  get name(): string | undefined {
    return this.#name;
  }

  async set(announcement: Announcement | undefined): Promise<void> {
    const text = JSON.stringify(announcement ?? null);
    if (text !== this.#told) {
      this.#told = text;
      this.#telling = this.#tellAfter(this.#telling, announcement);
    }
    await this.#telling;
  }

  /** One after the other; never throws. */
  async #tellAfter(before: Promise<void>, announcement: Announcement | undefined): Promise<void> {
    await before;
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

  /** Tries the name, then the name with a number: the library's own way out, `name-(2)`, is no name of a host. */
  async #tell(announcement: Announcement): Promise<void> {
    for (let number = 1; number <= maxNumber; number++) {
      const name = number === 1 ? announcement.name : `${announcement.name}-${number}`;
      const taken = await this.#advertise({ ...announcement, name });
      if (taken === undefined || taken === `${name}.local`) {
        this.#name = taken;
        return;
      }
      await this.#end();
    }
    throw new Error(`Others on the network have the name ${announcement.name}, and all numbers after it.`);
  }

  /** The name that the network accepted; undefined where it has said nothing in time. Probing takes a second. */
  async #advertise({ name, port, addresses, isSecure }: Announcement): Promise<string | undefined> {
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
    // It writes to the console where nobody listens.
    for (const event of ['name-change', 'hostname-change']) service.on(event as never, () => {});
    const isAdvertised = await Promise.race([service.advertise().then(() => true), waited()]);
    return isAdvertised === true ? service.getHostname().replace(/\.$/, '') : undefined;
  }

  async #end(): Promise<void> {
    const [service, responder] = [this.#service, this.#responder];
    this.#service = undefined;
    this.#responder = undefined;
    this.#name = undefined;
    // Says goodbye to the network; the responder may be shared with others of this process.
    if (service !== undefined) await Promise.race([service.destroy(), waited()]);
    if (responder !== undefined) await Promise.race([responder.shutdown(), waited()]);
  }
}

function waited(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, patienceMs).unref();
  });
}

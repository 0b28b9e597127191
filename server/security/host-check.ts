/**
 * Refuses requests that were addressed to another name, which is how a web page reaches a server on its visitor's own
 * machine (DNS rebinding). Names are compared whole: no suffixes, no prefixes, no wildcards.
 */

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** `host` or `host:port` with an optional bracketed IPv6 address; anything else is malformed. */
const hostPattern = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i;

/** Accepted header values that are remembered, so that a steady client costs one set lookup. */
const rememberedLimit = 64;

export class HostCheck {
  readonly #names: ReadonlySet<string>;
  readonly #accepted = new Set<string>();

  /** `extraNames` are what the operator allows beside the loopback names, without ports. */
  constructor(extraNames: readonly string[] = []) {
    this.#names = new Set([...loopbackNames, ...extraNames.map((name) => name.toLowerCase())]);
  }

  /** True where `host` names this machine. The port is not compared: it may differ behind a port mapping. */
  accepts(host: string | undefined): boolean {
    if (host === undefined) return false;
    if (this.#accepted.has(host)) return true;
    const match = hostPattern.exec(host);
    if (match === null || !this.#names.has(match[1]!.toLowerCase()) || Number(match[2] ?? 0) > 65_535) return false;
    if (this.#accepted.size < rememberedLimit) this.#accepted.add(host);
    return true;
  }

  /**
   * True where a browser's page of this origin may talk to us: no Origin header, or one that names this machine. A page on
   * another site is refused even where its request would be a simple one that needs no preflight.
   */
  acceptsOrigin(origin: string | undefined, secFetchSite: string | undefined): boolean {
    if (secFetchSite === 'cross-site') return false;
    if (origin === undefined) return true;
    const match = /^https?:\/\/(.+)$/i.exec(origin);
    return match !== null && this.accepts(match[1]);
  }
}

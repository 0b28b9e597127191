/**
 * A server for one address of the network, plain or with TLS. With TLS it looks at the first byte of a connection: who speaks
 * http gets a sentence instead of a broken line. Handshakes that do not get on are bounded in number and time.
 */
import { createServer as createHttpServer } from 'node:http';
import type { Server, ServerOptions } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { RefusalReason } from '../protocol/admin/refused-client.ts';
import { handshakeTrouble } from './handshake-trouble.ts';

/** Key and certificate chain, PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

export interface NetworkServerOptions {
  /** Timeouts and sizes, as those of the listener of this machine. */
  readonly http: ServerOptions;
  /** Undefined: plain http. */
  readonly tls: TlsIdentity | undefined;
  /** Closed before a byte is read. */
  isBlocked(address: string): boolean;
  onRefused(refusal: { readonly reason: RefusalReason; readonly address: string; readonly subject?: string }): void;
}

/** First byte of a TLS handshake (RFC 8446 section 5.1). */
const tlsHandshake = 0x16;

/** From the connection to the end of the handshake, 10 s: as long as a request's head may take. */
const handshakeTimeoutMs = 10_000;

/** Connections that have not said anything, or not agreed on keys; the oldest makes room. */
const maxUndecided = 256;

/** What is answered to http where https is spoken. */
const wrongScheme = JSON.stringify({
  error: 'This address speaks https, and the request came as http.',
  code: 'invalid-request',
  hint: 'Begin the address with https.',
});

/** How long answers in progress have when the listener goes, milliseconds. */
const closeGraceMs = 5000;

export class NetworkServer {
  readonly server: Server;
  readonly #options: NetworkServerOptions;
  /** By the peer's address and port; a handshake that is done takes its own away. */
  readonly #undecided = new Map<string, Socket>();
  readonly #plain: Server | undefined;

  constructor(options: NetworkServerOptions) {
    this.#options = options;
    if (options.tls === undefined) {
      this.server = createHttpServer(options.http);
      this.server.prependListener('connection', (socket: Socket) => this.#isKept(socket));
      return;
    }
    const secure = createHttpsServer({
      ...options.http,
      ...options.tls,
      minVersion: 'TLSv1.2',
      handshakeTimeout: handshakeTimeoutMs,
      ALPNProtocols: ['http/1.1'],
    });
    this.server = secure;
    this.#plain = this.#plainServer();
    const [wrap] = secure.listeners('connection') as [(socket: Socket) => void];
    secure.removeListener('connection', wrap);
    secure.on('connection', (socket: Socket) => this.#decide(socket, (decided) => wrap.call(secure, decided)));
    secure.on('secureConnection', (secured: TLSSocket) => this.#undecided.delete(peerOf(secured)));
    secure.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) =>
      this.#onHandshakeError(error, socket),
    );
  }

  get isSecure(): boolean {
    return this.#plain !== undefined;
  }

  /** Listens; resolves with the port. Throws what the system says. */
  listen(address: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      // On an IPv6 address only that: an IPv4 one is a listener of its own.
      this.server.listen({ host: address, port, backlog: 1024, ipv6Only: true }, () => {
        this.server.off('error', reject);
        this.server.on('error', () => {});
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  /** New connections get this certificate; open ones keep theirs. Throws where the two do not fit together. */
  renew(identity: TlsIdentity): void {
    (this.server as HttpsServer).setSecureContext({ ...identity, minVersion: 'TLSv1.2' });
  }

  /** Takes no connection from now on; answers in progress have a moment. */
  async close(): Promise<void> {
    this.#dropUndecided();
    const timer = setTimeout(() => this.server.closeAllConnections(), closeGraceMs);
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    clearTimeout(timer);
  }

  /** Ends every connection now. */
  destroy(): void {
    this.#dropUndecided();
    this.server.close();
    this.server.closeAllConnections();
  }

  #dropUndecided(): void {
    for (const socket of this.#undecided.values()) socket.destroy();
  }

  #isKept(socket: Socket): boolean {
    const address = plain(socket.remoteAddress);
    if (!this.#options.isBlocked(address)) return true;
    this.#options.onRefused({ reason: 'blocked', address });
    socket.destroy();
    return false;
  }

  #decide(socket: Socket, secure: (socket: Socket) => void): void {
    if (!this.#isKept(socket)) return;
    const peer = peerOf(socket);
    this.#undecided.set(peer, socket);
    if (this.#undecided.size > maxUndecided) this.#undecided.values().next().value!.destroy();
    const timer = setTimeout(() => socket.destroy(), handshakeTimeoutMs);
    socket.once('close', () => {
      clearTimeout(timer);
      if (this.#undecided.get(peer) === socket) this.#undecided.delete(peer);
    });
    socket.on('error', ignore);
    socket.once('data', (chunk: Buffer) => {
      clearTimeout(timer);
      socket.pause();
      socket.unshift(chunk);
      // Until its handshake is done it keeps its place here.
      if (chunk[0] === tlsHandshake) secure(socket);
      else {
        this.#undecided.delete(peer);
        this.#options.onRefused({ reason: 'plain-http', address: plain(socket.remoteAddress) });
        this.#plain!.emit('connection', socket);
      }
      process.nextTick(() => socket.resume());
    });
  }

  #plainServer(): Server {
    const server = createHttpServer({ requireHostHeader: false }, (_request, response) => {
      response.writeHead(400, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(wrongScheme),
        Connection: 'close',
      });
      response.end(wrongScheme);
    });
    server.on('connection', (socket: Socket) => socket.setTimeout(handshakeTimeoutMs, () => socket.destroy()));
    server.on('clientError', (_error, socket) => socket.destroy());
    return server;
  }

  #onHandshakeError(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const address = plain(socket.remoteAddress);
    socket.destroy();
    const subject = handshakeTrouble(error.code ?? '');
    if (subject !== undefined && address !== '') this.#options.onRefused({ reason: 'tls', address, subject });
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function plain(address: string | undefined): string {
  return address?.replace(/^::ffff:(?=\d+\.)/, '') ?? '';
}

function ignore(): void {}

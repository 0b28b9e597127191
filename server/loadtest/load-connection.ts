/**
 * One connection of a load test: bare HTTP/1.1 over a socket, one request at a time. A client library would cost more than the
 * server that is measured (docs/adr/0017).
 */
import { connect, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { AnswerParser } from './answer-parser.ts';
import type { AnswerHead } from './answer-parser.ts';
import type { Endpoint } from './endpoint.ts';

export interface ConnectionEvents {
  /** The answer to the request in flight is complete. */
  onAnswer(connection: LoadConnection, head: AnswerHead, text: string): void;
  /** The connection is gone, once; `busy` says whether a request was lost with it. */
  onGone(connection: LoadConnection, kind: string, message: string): void;
}

export class LoadConnection {
  /** Monotonic milliseconds of the request in flight, kept here by the owner of the connection. */
  dueMs = 0;
  sentMs = 0;
  busy = false;
  gone = false;
  /** Of the answer in flight, head included. */
  receivedBytes = 0;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #parser: AnswerParser;
  #connected = false;
  #kind: string | undefined;
  #message = '';

  constructor(endpoint: Endpoint, readBufferBytes: number, events: ConnectionEvents) {
    this.#events = events;
    this.#parser = new AnswerParser((head, text) => {
      if (!this.busy) {
        this.#fail('unexpected-answer', 'The server sent an answer that nothing asked for.');
        return;
      }
      this.busy = false;
      events.onAnswer(this, head, text);
    });
    this.#socket = this.#open(endpoint, readBufferBytes);
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#kind ??= kindOf(error, this.#connected);
      this.#message = error.message;
    });
    this.#socket.on('end', () => this.#parser.end());
    this.#socket.on('close', () => this.#onClose());
  }

  send(request: Buffer): void {
    this.busy = true;
    this.receivedBytes = 0;
    this.#socket.write(request);
  }

  /** Ends it; what was in flight counts as lost, for this reason. */
  abandon(kind: string, message: string): void {
    this.#fail(kind, message);
  }

  #open(endpoint: Endpoint, readBufferBytes: number): Socket {
    const { address: host, port, hostName } = endpoint;
    if (endpoint.secure) {
      const socket = connectSecurely({
        host,
        port,
        rejectUnauthorized: !endpoint.insecure,
        ...(isIP(hostName) === 0 && { servername: hostName }),
      });
      socket.on('secureConnect', () => (this.#connected = true));
      socket.on('data', (bytes: Buffer) => this.#receive(bytes));
      return socket;
    }
    const onread = {
      // Of its own: on Windows a read is pending in it all the time.
      buffer: Buffer.allocUnsafeSlow(readBufferBytes),
      callback: (count: number, buffer: Uint8Array): boolean => {
        this.#receive((buffer as Buffer).subarray(0, count));
        return true;
      },
    };
    const socket = connect({ host, port, onread });
    socket.on('connect', () => (this.#connected = true));
    return socket;
  }

  #receive(bytes: Buffer): void {
    if (this.gone) return;
    this.receivedBytes += bytes.length;
    try {
      this.#parser.feed(bytes);
    } catch (error) {
      this.#fail('not-http', (error as Error).message);
    }
  }

  #fail(kind: string, message: string): void {
    if (this.gone) return;
    this.#kind ??= kind;
    this.#message = message;
    this.#socket.destroy();
    this.#onClose();
  }

  #onClose(): void {
    if (this.gone) return;
    this.gone = true;
    const kind = this.#kind ?? (this.#connected ? 'connection-lost' : 'connection-failed');
    this.#events.onGone(
      this,
      kind,
      this.#message || 'The server closed the connection before its answer was complete.',
    );
  }
}

function kindOf(error: NodeJS.ErrnoException, connected: boolean): string {
  if (error.code === 'ECONNREFUSED') return 'connection-refused';
  if (!connected) return error.code?.includes('CERT') === true ? 'certificate' : 'connection-failed';
  return 'connection-lost';
}

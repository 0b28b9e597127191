/**
 * Bytes on a TCP connection and the answer to them: for requests that no HTTP client would send.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; of a repeated header the last value. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Longest wait for an answer or for the end of a connection, milliseconds. */
const patienceMs = 10_000;

export class RawConnection implements Disposable {
  readonly #socket: Socket;
  readonly #ended: Promise<void>;
  #received = Buffer.alloc(0);
  #isOpen = true;
  /** The last request was a HEAD, whose answer names the length of a body that does not come. */
  #headOnly = false;
  #onProgress: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#onProgress?.();
    });
    this.#ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isOpen = false;
        resolve();
        this.#onProgress?.();
      });
    });
    socket.on('error', () => {}); // 'close' follows.
  }

  static async open(url: string, localAddress?: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      ...(localAddress !== undefined && { localAddress }),
    });
    const connection = new RawConnection(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return connection;
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#socket.destroyed;
  }

  /** Resolves when the bytes have been handed to the operating system, or the connection has gone. */
  async write(bytes: string | Uint8Array): Promise<void> {
    if (!this.isOpen) return;
    this.#headOnly = typeof bytes === 'string' && bytes.startsWith('HEAD ');
    await new Promise<void>((resolve) => {
      this.#socket.write(bytes, () => resolve());
    });
  }

  /** Without waiting for the bytes to be taken: for floods. False where the peer takes them more slowly than they come. */
  push(bytes: string | Uint8Array): boolean {
    return this.#socket.write(bytes);
  }

  /** The next complete answer; undefined where the connection ended without one. Throws where neither comes. */
  async answer(withinMs = patienceMs): Promise<RawAnswer | undefined> {
    const deadline = AbortSignal.timeout(withinMs);
    for (;;) {
      const taken = takeAnswer(this.#received, this.#isOpen, this.#headOnly);
      if (taken !== undefined) {
        this.#received = this.#received.subarray(taken.bytes);
        return taken.answer;
      }
      if (!this.#isOpen) return undefined;
      await new Promise<void>((resolve, reject) => {
        this.#onProgress = resolve;
        deadline.addEventListener('abort', () => reject(new Error(`No answer within ${withinMs} ms.`)));
      });
    }
  }

  /** Milliseconds until the server ended the connection. Throws where it does not. */
  async closed(withinMs = patienceMs): Promise<number> {
    const startedMs = performance.now();
    const timer = Promise.withResolvers<never>();
    const timeout = setTimeout(() => timer.reject(new Error(`Still open after ${withinMs} ms.`)), withinMs);
    await Promise.race([this.#ended, timer.promise]);
    clearTimeout(timeout);
    return performance.now() - startedMs;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** Sends the bytes on a connection of their own and gives the answer; undefined where the connection just ended. */
export async function rawRequest(
  url: string,
  bytes: string | Uint8Array,
  localAddress?: string,
): Promise<RawAnswer | undefined> {
  using connection = await RawConnection.open(url, localAddress);
  void connection.write(bytes);
  return await connection.answer();
}

/** A request head from its lines, with the empty line that ends it. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function takeAnswer(
  received: Buffer,
  isOpen: boolean,
  headOnly: boolean,
): { answer: RawAnswer; bytes: number } | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [statusLine, ...lines] = received.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = Number(statusLine!.split(' ')[1]);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const rest = received.subarray(headEnd + 4);
  if (status < 200) {
    const next = takeAnswer(rest, isOpen, headOnly); // 100 Continue comes before the answer.
    return next === undefined ? undefined : { answer: next.answer, bytes: headEnd + 4 + next.bytes };
  }
  const length = headOnly ? '0' : headers['content-length'];
  const bodyBytes = length === undefined ? (status === 204 || !isOpen ? rest.length : undefined) : Number(length);
  if (bodyBytes === undefined || rest.length < bodyBytes) return undefined;
  return {
    answer: { status, headers, body: rest.subarray(0, bodyBytes).toString() },
    bytes: headEnd + 4 + bodyBytes,
  };
}

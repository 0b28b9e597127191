/**
 * One request to a remote server and its reply, collected: from the connection to the last byte, or to the way in which it failed.
 *
 * Knows HTTP and nothing of calls, health or retries. Ends exactly once, through `onEnd`, unless it is aborted first.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { ExchangeFailure } from './next-upstream.ts';

export type ExchangeEnd =
  | {
      readonly type: 'reply';
      readonly status: number;
      /** Alternating names and values, only those that concern the client. */
      readonly headers: readonly string[];
      readonly hasRetryAfter: boolean;
      readonly body: Buffer;
    }
  | { readonly type: 'failure'; readonly failure: ExchangeFailure; readonly cause: unknown };

export interface ExchangeOptions {
  readonly secure: boolean;
  /** Longest silence once connected, milliseconds. */
  readonly readTimeoutMs: number;
  /** Largest reply, bytes. */
  readonly maxReplyBytes: number;
  onEnd(end: ExchangeEnd): void;
}

/** Everything else stays here: hop-by-hop headers, cookies, the server's name. */
const passedHeaders = ['Content-Type', 'Inference-Header-Content-Length', 'Retry-After'];

export class Exchange {
  readonly #options: ExchangeOptions;
  #request: ClientRequest | undefined;
  #connected = false;
  #responding = false;
  #bytesReadBefore = 0;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #ended = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** The head of the reply has arrived. */
  get responding(): boolean {
    return this.#responding;
  }

  /** The request has its socket, which may still be connecting. */
  onSocket(request: ClientRequest): void {
    this.#request = request;
    if (this.#ended) {
      request.destroy();
      return;
    }
    const socket = request.socket!;
    this.#bytesReadBefore = socket.bytesRead;
    if (request.reusedSocket) this.#connected = true;
    else socket.once(this.#options.secure ? 'secureConnect' : 'connect', () => (this.#connected = true));
    request.setTimeout(this.#options.readTimeoutMs, () => this.#fail('silence', undefined));
  }

  onResponse(response: IncomingMessage): void {
    if (this.#ended) return;
    this.#responding = true;
    const status = response.statusCode ?? 0;
    const coding = response.headers['content-encoding'];
    if (status >= 300 && status < 400) {
      this.#fail('unusable', `a redirect (${status})`);
      return;
    }
    if (coding !== undefined && coding.toLowerCase() !== 'identity') {
      this.#fail('unusable', `content coding ${coding}`);
      return;
    }
    if (Number(response.headers['content-length'] ?? 0) > this.#options.maxReplyBytes) {
      this.#fail('too-large', undefined);
      return;
    }
    response.on('data', (chunk: Buffer) => this.#collect(chunk));
    response.on('end', () => this.#succeed(response));
    response.on('error', (error) => this.#fail('reset', error));
    response.on('close', () => this.#fail('reset', undefined));
  }

  onError(error: unknown): void {
    this.#fail(this.#classify(error), error);
  }

  /** Ends the request without a word to `onEnd`. Idempotent. */
  abort(): void {
    this.#ended = true;
    this.#chunks = [];
    this.#request?.destroy();
  }

  #classify(error: unknown): ExchangeFailure {
    const code = String((error as NodeJS.ErrnoException | undefined)?.code);
    if (!this.#connected) return code === 'ETIMEDOUT' ? 'connect-timeout' : 'connect';
    if (code.startsWith('HPE_')) return 'unusable';
    if (this.#responding || (this.#request?.socket?.bytesRead ?? 0) > this.#bytesReadBefore) return 'reset';
    return this.#request?.reusedSocket === true ? 'reset-on-reused' : 'reset-before-byte';
  }

  #collect(chunk: Buffer): void {
    if (this.#ended) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#options.maxReplyBytes) this.#fail('too-large', undefined);
    else this.#chunks.push(chunk);
  }

  #succeed(response: IncomingMessage): void {
    if (this.#ended) return;
    this.#ended = true;
    // A server that answers before it has read the request may never read the rest; such a connection serves nobody again.
    if (this.#request?.writableFinished !== true) this.#request?.destroy();
    const headers: string[] = [];
    for (const name of passedHeaders) {
      const value = response.headers[name.toLowerCase()];
      if (typeof value === 'string') headers.push(name, value);
    }
    this.#options.onEnd({
      type: 'reply',
      status: response.statusCode ?? 0,
      headers,
      hasRetryAfter: response.headers['retry-after'] !== undefined,
      body: this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#bytes),
    });
  }

  #fail(failure: ExchangeFailure, cause: unknown): void {
    if (this.#ended) return;
    this.abort();
    this.#options.onEnd({ type: 'failure', failure, cause });
  }
}

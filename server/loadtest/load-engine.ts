/**
 * The connections of a run and what is in flight on them: sends, settles each request exactly once, gives free connections
 * to the loop that drives it (closed-loop.ts, open-loop.ts). It owns the sockets; it decides nothing about when to send.
 */
import { LoadConnection } from './load-connection.ts';
import type { ConnectionEvents } from './load-connection.ts';
import type { AnswerHead } from './answer-parser.ts';
import type { Endpoint } from './endpoint.ts';
import type { LoadRecorder } from './load-recorder.ts';

export interface EngineOptions {
  readonly endpoint: Endpoint;
  /** Whole requests as they go over the wire, sent in turn. */
  readonly requests: readonly Buffer[];
  readonly timeoutMs: number;
  readonly maxConnections: number;
  readonly recorder: LoadRecorder;
}

/** Read buffers of all connections together. */
const readBytes = 16 * 1024 * 1024;
const maxReadBytes = 64 * 1024;
const minReadBytes = 4096;

export class LoadEngine implements ConnectionEvents {
  readonly recorder: LoadRecorder;
  /** A connection is free and may be given a request. */
  onFree: (connection: LoadConnection) => void = () => {};
  /** A connection is gone; `failed`: it could not be opened, so trying again at once is pointless. */
  onLost: (failed: boolean) => void = () => {};
  readonly #options: EngineOptions;
  readonly #connections = new Set<LoadConnection>();
  readonly #readBufferBytes: number;
  #next = 0;
  #closing = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.recorder = options.recorder;
    this.#readBufferBytes = Math.max(
      minReadBytes,
      Math.min(maxReadBytes, Math.floor(readBytes / options.maxConnections)),
    );
  }

  get connections(): number {
    return this.#connections.size;
  }

  get busy(): number {
    let count = 0;
    for (const connection of this.#connections) if (connection.busy) count += 1;
    return count;
  }

  open(): LoadConnection {
    const connection = new LoadConnection(this.#options.endpoint, this.#readBufferBytes, this);
    this.#connections.add(connection);
    return connection;
  }

  /** Sends the next request on a free connection. `dueMs` is when it should have begun. */
  send(connection: LoadConnection, dueMs: number, nowMs: number): void {
    const { requests } = this.#options;
    const request = requests[this.#next]!;
    this.#next = this.#next + 1 === requests.length ? 0 : this.#next + 1;
    connection.dueMs = dueMs;
    connection.sentMs = nowMs;
    this.recorder.send(dueMs, request.length);
    connection.send(request);
  }

  /** Ends a free connection. */
  close(connection: LoadConnection): void {
    connection.abandon('closed', '');
  }

  /** Requests in flight for too long are failures. Called regularly. */
  sweep(nowMs: number): void {
    const { timeoutMs } = this.#options;
    for (const connection of this.#connections) {
      if (!connection.busy || nowMs - connection.sentMs <= timeoutMs) continue;
      connection.abandon('timeout', `No answer within ${timeoutMs} ms.`);
    }
  }

  /** In flight and due longer than this. */
  olderThan(ms: number, nowMs: number): number {
    let count = 0;
    for (const { busy, dueMs } of this.#connections) if (busy && nowMs - dueMs > ms) count += 1;
    return count;
  }

  /** Ends all connections; what is in flight fails as `kind`. */
  end(kind: string, message: string): void {
    this.#closing = true;
    for (const connection of this.#connections) connection.abandon(kind, message);
  }

  onAnswer(connection: LoadConnection, { status, reusable }: AnswerHead, text: string): void {
    const nowMs = performance.now();
    const { dueMs, sentMs } = connection;
    if (status >= 200 && status < 300) this.recorder.answer(dueMs, sentMs, nowMs, connection.receivedBytes);
    else this.recorder.fail(dueMs, statusKind(status, text), text);
    if (reusable) this.onFree(connection);
    else connection.abandon('closed', '');
  }

  onGone(connection: LoadConnection, kind: string, message: string): void {
    this.#connections.delete(connection);
    if (connection.busy) this.recorder.fail(connection.dueMs, kind, message);
    if (!this.#closing)
      this.onLost(kind === 'connection-refused' || kind === 'connection-failed' || kind === 'certificate');
  }
}

/** `http-503 queue-full`: the status, and the code where the answer's body has one as ours do. */
function statusKind(status: number, text: string): string {
  const code = /"code"\s*:\s*"([a-z][a-z-]{1,40})"/.exec(text)?.[1];
  return code === undefined ? `http-${status}` : `http-${status} ${code}`;
}

/**
 * Asks a remote server at intervals whether it serves the model, and once what the model looks like.
 *
 * Owns the timer, the request in progress and the counts of passes and misses. What follows for the traffic is health.ts and
 * remote-upstream.ts. Each check opens a connection of its own: a kept one says nothing about whether new ones are possible,
 * and its keep-alive race would look like a miss.
 */
import { get as httpGet } from 'node:http';
import type { Agent, ClientRequest } from 'node:http';
import { get as httpsGet } from 'node:https';
import type { Signature } from '../protocol/tensors.ts';
import { CheckCount } from './health.ts';
import { parseRemoteMetadata } from './remote-metadata.ts';

/** Milliseconds. */
export interface CheckTimings {
  /** Between checks of a server that answers them. Default 2000. */
  readonly readyMs: number;
  /** While it starts, and between a first change and its confirmation. Default 250. */
  readonly transitionMs: number;
  /** Of a server that is down. Default 1000. */
  readonly downMs: number;
  /** Default 1000. */
  readonly timeoutMs: number;
}

export const defaultCheckTimings: CheckTimings = { readyMs: 2000, transitionMs: 250, downMs: 1000, timeoutMs: 1000 };

/** Each interval is spread by this share to both sides, so that many checks do not fall together. */
const jitter = 0.2;

const maxMetadataBytes = 1024 * 1024;

/** `unreachable`: no connection. `not-ready`: it answered that it does not serve the model. `silent`: it did not answer in time. */
export type CheckResult = 'ready' | 'not-ready' | 'unreachable' | 'silent';

export interface RemoteHealthCheckOptions {
  /** `<url>/v2/models/<model>`. */
  readonly modelUrl: URL;
  /** Uses each connection once. */
  readonly agent: Agent;
  readonly timings: CheckTimings;
  readonly random: () => number;
  /** Called before the counts below take the result in. */
  onResult(result: CheckResult): void;
  /** Called after they have, with every result. */
  onCounted(result: CheckResult): void;
  /** Traffic says that it may have failed or be about to come back: checks go on at the pace of a transition. */
  isUnsettled(): boolean;
}

export class RemoteHealthCheck {
  readonly #options: RemoteHealthCheckOptions;
  #passes = new CheckCount();
  #connections = new CheckCount();
  #everReady = false;
  #lastPassed = false;
  #signature: Signature | undefined;
  #askedForSignature = false;
  #timer: NodeJS.Timeout | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: RemoteHealthCheckOptions) {
    this.#options = options;
  }

  /** It has passed a check since the start. */
  get everReady(): boolean {
    return this.#everReady;
  }

  /** False after three misses on end, until two passes. */
  get isUp(): boolean {
    return this.#passes.isUp;
  }

  /** False after three checks on end found no connection, until two did. A server that is only busy still accepts connections. */
  get isReachable(): boolean {
    return this.#connections.isUp;
  }

  get signature(): Signature | undefined {
    return this.#signature;
  }

  /** The first check comes within one interval of a transition, at a random moment. */
  start(): void {
    this.#schedule(this.#options.timings.transitionMs * this.#options.random());
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#cancel?.();
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => this.#check(), delayMs);
    this.#timer.unref();
  }

  #check(): void {
    const { modelUrl, timings } = this.#options;
    const startedMs = performance.now();
    this.#cancel = getBounded(at(modelUrl, '/ready'), this.#options.agent, timings.timeoutMs, 0, (reply) => {
      // The timer itself came late: this process was stopped or busy, which says nothing about the server.
      const hostEvent = typeof reply === 'string' && performance.now() - startedMs > 1.5 * timings.timeoutMs;
      if (hostEvent) this.#scheduleNext();
      else if (typeof reply === 'string') this.#onResult(reply);
      else if (reply.status !== 200) this.#onResult('not-ready');
      else if (this.#askedForSignature) this.#onResult('ready');
      else this.#askForSignature();
    });
  }

  /** Before the first pass counts, so that a model that is ready also has its description. */
  #askForSignature(): void {
    const { modelUrl, agent, timings } = this.#options;
    this.#cancel = getBounded(at(modelUrl, ''), agent, timings.timeoutMs, maxMetadataBytes, (reply) => {
      if (typeof reply !== 'string') {
        this.#askedForSignature = true;
        if (reply.status === 200) this.#signature = parseRemoteMetadata(reply.body.toString());
      }
      this.#onResult('ready');
    });
  }

  #onResult(result: CheckResult): void {
    this.#cancel = undefined;
    const passed = result === 'ready';
    this.#options.onResult(result);
    if (passed && !this.#everReady) {
      // One pass is enough at the start, however long it took.
      this.#everReady = true;
      this.#passes = new CheckCount();
      this.#connections = new CheckCount();
    }
    this.#lastPassed = passed;
    this.#passes.record(passed);
    this.#connections.record(result !== 'unreachable');
    this.#scheduleNext();
    this.#options.onCounted(result);
  }

  #scheduleNext(): void {
    const { timings, random } = this.#options;
    const changing = this.#lastPassed !== this.#passes.isUp || this.#options.isUnsettled();
    const intervalMs = changing ? timings.transitionMs : this.#passes.isUp ? timings.readyMs : timings.downMs;
    this.#schedule(intervalMs * (1 + jitter * (2 * random() - 1)));
  }
}

type Reply = { readonly status: number; readonly body: Buffer } | 'unreachable' | 'not-ready' | 'silent';

/**
 * One GET with a limit on time and size. `maxBytes` 0 does not read the body. Calls back once, unless cancelled first with the
 * function that it returns.
 */
function getBounded(
  url: URL,
  agent: Agent,
  timeoutMs: number,
  maxBytes: number,
  callback: (reply: Reply) => void,
): () => void {
  let ended = false;
  let connected = false;
  const get = url.protocol === 'https:' ? httpsGet : httpGet;
  const request: ClientRequest = get(url, { agent, headers: { 'accept-encoding': 'identity' } });
  const finish = (reply: Reply | undefined): void => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    request.destroy();
    if (reply !== undefined) callback(reply);
  };
  const timer = setTimeout(() => finish(connected ? 'silent' : 'unreachable'), timeoutMs);
  timer.unref();
  request.on('socket', (socket) => {
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => (connected = true));
  });
  request.on('error', () => finish(connected ? 'not-ready' : 'unreachable'));
  request.on('response', (response) => {
    const status = response.statusCode ?? 0;
    if (maxBytes === 0) {
      finish({ status, body: Buffer.alloc(0) });
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) finish({ status, body: Buffer.alloc(0) });
      else chunks.push(chunk);
    });
    response.on('end', () => finish({ status, body: Buffer.concat(chunks) }));
    response.on('error', () => finish('not-ready'));
  });
  return () => finish(undefined);
}

function at(modelUrl: URL, suffix: string): URL {
  const url = new URL(modelUrl);
  url.pathname += suffix;
  return url;
}

/**
 * A remote server that speaks the Open Inference Protocol (another Millrace, Triton, any OIP server) as an upstream.
 *
 *   send ─► http-proxy-3 ─► remote-exchange collects the reply ─► next-upstream judges it ─► health, then the dispatcher
 *
 * Owns its in-flight calls, its connections and its health. Decides nothing about where a call goes next. The only file that
 * imports http-proxy-3.
 */
import type { Agent, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { ProxyServer } from 'http-proxy-3';
import { MillraceError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Signature } from '../protocol/tensors.ts';
import type { NextUpstreamFailure, UpstreamSettings } from '../protocol/upstream-settings.ts';
import type { Answer, Call } from './call.ts';
import { createConnectionAgent } from './connect-timeout-agent.ts';
import { forwardedPair } from './forwarded-request.ts';
import { panicWeight } from './health-set.ts';
import { CircuitHealth } from './health.ts';
import type { TryVerdict, UpstreamHealth } from './health.ts';
import { MaxFailsHealth } from './max-fails-health.ts';
import { judgeFailure, judgeReply } from './next-upstream.ts';
import { remoteFailureError } from './remote-errors.ts';
import { Exchange } from './remote-exchange.ts';
import type { ExchangeEnd } from './remote-exchange.ts';
import { RemoteHealthCheck, defaultCheckTimings } from './remote-health-check.ts';
import type { CheckResult, CheckTimings } from './remote-health-check.ts';
import type { Upstream, UpstreamEvents } from './upstream.ts';

export interface RemoteUpstreamOptions {
  readonly settings: UpstreamSettings;
  /** Name of the model, here and there. */
  readonly model: string;
  /** After which failures another upstream is tried. */
  readonly nextUpstream: readonly NextUpstreamFailure[];
  /** Gets the server's address and the causes of failures, which clients do not. */
  readonly log?: Log;
  readonly checkTimings?: CheckTimings;
  /** Largest answer, bytes. Default 64 MiB, the limit of requests. */
  readonly maxReplyBytes?: number;
  /** In [0, 1). Default Math.random. */
  readonly random?: () => number;
  /** Its availability changed, or a check had a result, which may have brought the signature. */
  onChange?(): void;
}

export interface RemoteUpstreamEvents extends UpstreamEvents {
  /** Whether one more upstream may be taken out for its health. */
  mayEject(): boolean;
  /** The whole set, this one included. */
  readonly upstreams: readonly Upstream[];
  /** So many of the set are out that those are used as well. */
  readonly panicking: boolean;
}

/** `down` also before the first check was passed, once three have failed. */
export type RemoteCondition = 'starting' | 'ready' | 'ejected' | 'half-open' | 'down';

interface Sent {
  readonly call: Call;
  readonly ticket: number;
  readonly sentMs: number;
  exchange: Exchange | undefined;
  reconnected: boolean;
}

const defaultMaxReplyBytes = 64 * 1024 * 1024;

export class RemoteUpstream implements Upstream {
  readonly name: string;
  /** How a remote server shares its runs among requests is not known. */
  readonly backlogMs = Infinity;
  readonly #options: RemoteUpstreamOptions;
  readonly #events: RemoteUpstreamEvents;
  readonly #secure: boolean;
  readonly #inferPath: string;
  readonly #proxy: ProxyServer;
  /** By the request that the library was given: its events name no other. */
  readonly #exchanges = new WeakMap<IncomingMessage, Exchange>();
  readonly #kept: Agent;
  /** Each connection once: for checks and for the second try after the keep-alive race. */
  readonly #fresh: Agent;
  readonly #health: UpstreamHealth;
  readonly #check: RemoteHealthCheck;
  readonly #inFlight = new Map<Call, Sent>();
  #shown: RemoteCondition = 'starting';
  #shownAvailable = false;
  #stopped = false;

  constructor(options: RemoteUpstreamOptions, events: RemoteUpstreamEvents) {
    const { settings, model, random = Math.random } = options;
    this.#options = options;
    this.#events = events;
    this.name = settings.url;
    const modelUrl = new URL(settings.url);
    modelUrl.pathname = `${modelUrl.pathname.replace(/\/+$/, '')}/v2/models/${encodeURIComponent(model)}`;
    this.#secure = modelUrl.protocol === 'https:';
    this.#inferPath = `${modelUrl.pathname}/infer`;
    const connection = { secure: this.#secure, connectTimeoutMs: settings.connectTimeoutMs };
    this.#kept = createConnectionAgent({ ...connection, maxIdle: settings.keepalive });
    this.#fresh = createConnectionAgent({ ...connection, maxIdle: 0 });
    this.#health =
      settings.maxFails === undefined
        ? new CircuitHealth(random)
        : new MaxFailsHealth(settings.maxFails, settings.failTimeoutMs);
    this.#proxy = new ProxyServer({ target: modelUrl.origin, selfHandleResponse: true });
    this.#proxy.on('proxyReq', (outgoing, request) => this.#exchanges.get(request)?.onSocket(outgoing));
    this.#proxy.on('proxyRes', (response, request) => this.#exchanges.get(request)?.onResponse(response));
    this.#check = new RemoteHealthCheck({
      modelUrl,
      agent: this.#fresh,
      timings: options.checkTimings ?? defaultCheckTimings,
      random,
      onResult: (result) => this.#onCheck(result),
      onCounted: (result) => this.#noteChange(result),
      isUnsettled: () => this.#health.state(performance.now()) !== 'closed',
    });
  }

  /**
   * The configured weight; half of it while it is out and used all the same; for a while after an ejection a growing share of it, which
   * need not be a whole number.
   */
  get weight(): number {
    const { weight } = this.#options.settings;
    if (this.#events.panicking && !this.available) return panicWeight(weight);
    if (!this.isRamping) return weight;
    return weight * this.#health.weightFactor(performance.now(), this.#establishedOthers());
  }

  get slots(): number {
    const { slots } = this.#options.settings;
    return this.isRamping ? Math.min(slots, this.#health.concurrencyCap(this.#establishedOthers())) : slots;
  }

  /** In the slow start after an ejection. */
  get isRamping(): boolean {
    const unlimited = Number.POSITIVE_INFINITY;
    return this.#health.weightFactor(performance.now(), unlimited) < 1 || this.#health.concurrencyCap(unlimited) === 1;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  get available(): boolean {
    return this.alive && this.#health.mayReceive(performance.now());
  }

  /** It has served the model, and its machine accepts connections. */
  get alive(): boolean {
    return !this.#stopped && this.#check.everReady && this.#check.isReachable;
  }

  get condition(): RemoteCondition {
    if (!this.#check.isUp || !this.#check.isReachable) return 'down';
    if (!this.#check.everReady) return 'starting';
    const state = this.#health.state(performance.now());
    return state === 'closed' ? 'ready' : state === 'open' ? 'ejected' : 'half-open';
  }

  /** Inputs and outputs as the server describes them; undefined until then, and where it does not. */
  get signature(): Signature | undefined {
    return this.#check.signature;
  }

  /** What `/predict` means for a model is known to the host that runs it. A request is sent on once. */
  takes(call: Call): boolean {
    return call.request.kind === 'oip' && !call.request.forwarded;
  }

  send(call: Call): void {
    const nowMs = performance.now();
    const ticket = this.#health.begin(nowMs);
    const sent: Sent = { call, ticket, sentMs: nowMs, exchange: undefined, reconnected: false };
    this.#inFlight.set(call, sent);
    this.#forward(sent, this.#kept);
  }

  /** Ends the request. Its slot is free at once; the dispatcher is told when it has settled the call. */
  abandon(call: Call): void {
    const sent = this.#inFlight.get(call);
    if (sent === undefined) return;
    const responding = sent.exchange?.responding === true;
    sent.exchange?.abort();
    // A call's own deadline comes before the read timeout where both are 60 s, so a server that has said nothing for half of that is
    // judged by it. A client's short deadline says nothing.
    const nowMs = performance.now();
    const silent = !responding && nowMs - sent.sentMs >= this.#options.settings.readTimeoutMs / 2;
    this.#close(sent, silent && nowMs >= call.request.deadlineMs ? 'timeout' : 'no-verdict');
    queueMicrotask(() => {
      const error = new MillraceError('client-gone', 'The client left before its answer was ready.');
      this.#events.onFailure(this, call, 'client-gone', error);
    });
  }

  calls(): Iterable<Call> {
    return this.#inFlight.keys();
  }

  start(): void {
    this.#check.start();
  }

  /** Ends checks, connections and what is in flight. It is not started again. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#check.stop();
    const sent = [...this.#inFlight.values()];
    this.#inFlight.clear();
    for (const { exchange } of sent) exchange?.abort();
    this.#kept.destroy();
    this.#fresh.destroy();
    const error = new MillraceError('shutting-down', 'The server is shutting down.', { retryable: true });
    for (const { call } of sent) this.#events.onFailure(this, call, 'bad-gateway', error, { mayGoOn: false });
  }

  #forward(sent: Sent, agent: Agent): void {
    const exchange = new Exchange({
      secure: this.#secure,
      readTimeoutMs: this.#options.settings.readTimeoutMs,
      maxReplyBytes: this.#options.maxReplyBytes ?? defaultMaxReplyBytes,
      onEnd: (end) => this.#onEnd(sent, end),
    });
    sent.exchange = exchange;
    const { request, response } = forwardedPair(this.#inferPath, sent.call.request);
    this.#exchanges.set(request, exchange);
    const buffer = Readable.from(sent.call.request.body);
    this.#proxy.web(request, response, { agent, buffer }, (error) => exchange.onError(error));
  }

  #onEnd(sent: Sent, end: ExchangeEnd): void {
    const { call } = sent;
    if (end.type === 'failure' && end.failure === 'reset-on-reused' && !sent.reconnected) {
      // Free, as in nginx: the server closed an idle connection while the request was on its way.
      sent.reconnected = true;
      this.#forward(sent, this.#fresh);
      return;
    }
    const { nextUpstream, settings } = this.#options;
    const { verdict, event, mayGoOn } =
      end.type === 'reply'
        ? judgeReply(end.status, end.hasRetryAfter, nextUpstream)
        : judgeFailure(end.failure, nextUpstream);
    this.#close(sent, verdict);
    const answer: Answer | undefined =
      end.type === 'reply'
        ? { type: 'http', upstream: this.name, status: end.status, headers: end.headers, body: [end.body] }
        : undefined;
    if (answer !== undefined && event === undefined) {
      this.#events.onAnswer(this, call, answer);
      return;
    }
    const error = remoteFailureError(end, settings.readTimeoutMs);
    this.#options.log?.debug(
      { upstream: this.name, error: end.type === 'failure' ? end.cause : end.status },
      error.message,
    );
    this.#events.onFailure(this, call, event!, error, { mayGoOn, ...(answer !== undefined && { answer }) });
  }

  /** Takes the call off the books and its verdict to the health. */
  #close(sent: Sent, verdict: TryVerdict): void {
    this.#inFlight.delete(sent.call);
    const failed = verdict !== 'success' && verdict !== 'no-verdict';
    this.#health.end(sent.ticket, verdict, performance.now(), failed && this.#events.mayEject());
    if (failed || this.#shown !== 'ready') this.#noteChange();
  }

  #onCheck(result: CheckResult): void {
    // Before the first pass there is nothing to lose.
    if (!this.#check.everReady) return;
    const passed = result === 'ready';
    this.#health.onCheck(passed, performance.now(), !passed && this.#events.mayEject());
  }

  #establishedOthers(): number {
    let others = 0;
    for (const other of this.#events.upstreams) {
      if (other === this || !other.available) continue;
      if (!(other instanceof RemoteUpstream && other.isRamping)) others++;
    }
    return others;
  }

  /** Tells the dispatcher and the owner what has changed, time included: an ejection ends without an event of its own. */
  #noteChange(check?: CheckResult): void {
    if (this.#stopped) return;
    const { condition, available } = this;
    const changed = condition !== this.#shown || available !== this.#shownAvailable;
    if (condition !== this.#shown) {
      const level = condition === 'down' || condition === 'ejected' ? 'warn' : 'info';
      const facts = { upstream: this.name, ...(check !== undefined && { check }) };
      this.#options.log?.[level](facts, `${this.#options.model}: the remote server is ${condition}.`);
    }
    this.#shown = condition;
    this.#shownAvailable = available;
    if (changed) this.#events.onCapacity(this);
    if (changed || check !== undefined) this.#options.onChange?.();
  }
}

/** A dispatcher with remote upstreams only, wired and swept as host/served-model.ts does it. */
import { Call } from '../../server/balancer/call.ts';
import type { Answer, CallRequest, Outcome } from '../../server/balancer/call.ts';
import { Dispatcher } from '../../server/balancer/dispatcher.ts';
import { RemoteUpstream } from '../../server/balancer/remote-upstream.ts';
import type { RemoteUpstreamOptions } from '../../server/balancer/remote-upstream.ts';
import { createSelectionPolicy } from '../../server/balancer/selection-policies.ts';
import type { NextUpstreamFailure, UpstreamSettings } from '../../server/protocol/upstream-settings.ts';
import { until } from './host-process.ts';

/** The manifest's defaults. */
export const defaultSettings: UpstreamSettings = {
  url: '',
  weight: 1,
  slots: 32,
  connectTimeoutMs: 500,
  readTimeoutMs: 60_000,
  keepalive: 32,
};

export const defaultNextUpstream: readonly NextUpstreamFailure[] = [
  'error',
  'timeout',
  'http_502',
  'http_503',
  'http_504',
];

/** Twenty to forty times as fast as in production, so that three misses take a tenth of a second. */
const checkTimings = { readyMs: 50, transitionMs: 10, downMs: 30, timeoutMs: 500 };

export interface RemoteClusterOptions {
  /** One for each server; `url` is required. */
  readonly upstreams: readonly (Partial<UpstreamSettings> & { readonly url: string })[];
  readonly nextUpstream?: readonly NextUpstreamFailure[];
  readonly tries?: number;
  readonly more?: Partial<RemoteUpstreamOptions>;
  /** Whether to wait until all are available. Default true. */
  readonly ready?: boolean;
}

/** What a test says of a call; the rest is filled in. */
type CallChange = Partial<Omit<CallRequest, 'body' | 'bodyBytes'>> & {
  readonly timeoutMs?: number;
  readonly body?: Buffer;
};

export class RemoteCluster implements Disposable {
  readonly dispatcher: Dispatcher;
  readonly remotes: readonly RemoteUpstream[];
  readonly #sweeper: NodeJS.Timeout;
  #number = 0;

  private constructor({ upstreams, nextUpstream = defaultNextUpstream, tries = 2, more = {} }: RemoteClusterOptions) {
    this.dispatcher = new Dispatcher({
      policy: createSelectionPolicy('round-robin'),
      maxQueue: 1000,
      maxQueueBytes: 64 * 1024 * 1024,
      maxTries: tries,
      nowMs: () => performance.now(),
    });
    this.remotes = upstreams.map(
      (each) =>
        new RemoteUpstream(
          // 0.5: no jitter.
          {
            settings: { ...defaultSettings, ...each },
            model: 'm',
            nextUpstream,
            checkTimings,
            random: () => 0.5,
            ...more,
          },
          this.dispatcher,
        ),
    );
    for (const remote of this.remotes) {
      this.dispatcher.addUpstream(remote);
      remote.start();
    }
    this.#sweeper = setInterval(() => this.dispatcher.sweep(performance.now()), 10);
  }

  static async start(options: RemoteClusterOptions): Promise<RemoteCluster> {
    const cluster = new RemoteCluster(options);
    if (options.ready !== false) {
      await until('every remote is available', 3000, () => cluster.remotes.every((remote) => remote.available));
    }
    return cluster;
  }

  #freshBody(): Buffer {
    return Buffer.from(JSON.stringify({ id: String(++this.#number), inputs: [] }));
  }

  /** A call of its own content, so that no twin holds it up. */
  call(change: CallChange = {}): { call: Call; outcome: Promise<Outcome> } {
    const { timeoutMs = 10_000, body = this.#freshBody(), ...request } = change;
    const nowMs = performance.now();
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const call = new Call(
      {
        kind: 'oip',
        body: [body],
        bodyBytes: body.length,
        jsonLength: undefined,
        priority: 'interactive',
        clientIp: '127.0.0.1',
        affinityKey: undefined,
        forwarded: false,
        receivedMs: nowMs,
        deadlineMs: nowMs + timeoutMs,
        ...request,
      },
      (_call, outcome) => resolve(outcome),
    );
    return { call, outcome: promise };
  }

  submit(change: Parameters<RemoteCluster['call']>[0] = {}): { call: Call; outcome: Promise<Outcome> } {
    const made = this.call(change);
    this.dispatcher.submit(made.call);
    return made;
  }

  /** The outcome in a few words: who answered, or the status passed on, or the error's code. */
  async infer(change: Parameters<RemoteCluster['call']>[0] = {}): Promise<string> {
    const outcome = await this.submit(change).outcome;
    if ('error' in outcome) return outcome.error.code;
    const answer = httpAnswer(outcome);
    if (answer.status !== 200) return String(answer.status);
    return (JSON.parse(answer.body.toString()) as { served_by: string }).served_by;
  }

  /** How often each outcome of `count` calls, one after the other, came. */
  async inferMany(count: number): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const outcome = await this.infer();
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    return counts;
  }

  [Symbol.dispose](): void {
    for (const remote of this.remotes) remote.stop();
    clearInterval(this.#sweeper);
  }
}

export function httpAnswer(outcome: Outcome): Extract<Answer, { type: 'http' }> {
  if ('error' in outcome) throw outcome.error;
  if (outcome.answer.type !== 'http') throw new Error('A remote server was expected to answer.');
  return outcome.answer;
}

/** How it is and what it may be used for, in words. */
export function standing({ condition, alive, available }: RemoteUpstream): string[] {
  return [condition, ...(alive ? ['alive'] : []), ...(available ? ['available'] : [])];
}

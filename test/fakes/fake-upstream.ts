/** An upstream with state that answers, fails and dies when the test says so. */
import type { Answer, Call, CallRequest, Outcome } from '../../server/balancer/call.ts';
import { Call as RealCall } from '../../server/balancer/call.ts';
import type { FailureEvent } from '../../server/balancer/retry.ts';
import type { Upstream, UpstreamEvents } from '../../server/balancer/upstream.ts';
import { MillraceError } from '../../server/base/errors.ts';

export class FakeUpstream implements Upstream {
  readonly name: string;
  weight = 1;
  slots: number;
  backlogMs = Infinity;
  available = true;
  alive = true;
  /** Kinds it does not take. */
  refuses: string | undefined;
  readonly abandoned: Call[] = [];
  readonly #events: UpstreamEvents;
  readonly #inFlight = new Set<Call>();

  constructor(name: string, slots: number, events: UpstreamEvents) {
    this.name = name;
    this.slots = slots;
    this.#events = events;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  takes(call: Call): boolean {
    return call.request.kind !== this.refuses;
  }

  send(call: Call): void {
    if (!this.available && !this.alive) throw new Error(`${this.name} was sent a call although it is gone`);
    if (this.#inFlight.size >= this.slots) throw new Error(`${this.name} was sent more calls than it has slots`);
    this.#inFlight.add(call);
  }

  abandon(call: Call): void {
    this.abandoned.push(call);
  }

  calls(): Iterable<Call> {
    return this.#inFlight;
  }

  get bodies(): string[] {
    return [...this.#inFlight].map((call) => Buffer.concat(call.request.body).toString());
  }

  /** Answers its oldest call. */
  answer(): void {
    const call = this.#take();
    this.#events.onAnswer(this, call, answerFrom(this.name, call));
  }

  fail(event: FailureEvent): void {
    this.#events.onFailure(this, this.#take(), event, new MillraceError('upstream-failed', `${this.name}: ${event}`));
  }

  /** Its process ends; the first `running` of its calls may have been running. */
  die(running = Infinity): void {
    this.available = false;
    this.alive = false;
    const calls = [...this.#inFlight];
    this.#inFlight.clear();
    this.#events.onLost(this, calls.slice(0, running), calls.slice(running));
  }

  giveBack(running: number): void {
    const calls = [...this.#inFlight].slice(running);
    for (const call of calls) this.#inFlight.delete(call);
    this.#events.onGivenBack(this, calls);
  }

  #take(): Call {
    const [call] = this.#inFlight;
    if (call === undefined) throw new Error(`${this.name} has nothing in flight`);
    this.#inFlight.delete(call);
    return call;
  }
}

function answerFrom(upstream: string, call: Call): Answer {
  return {
    type: 'result',
    upstream,
    body: call.request.body,
    jsonLength: undefined,
    cost: { rows: 1, batchRows: 1, leadsBatch: true, waitMs: 0, inputMs: 0, inferMs: 1, outputMs: 0 },
  };
}

/** A call with what it was settled with, and how often. */
export class TestCall {
  readonly call: RealCall;
  readonly outcomes: Outcome[] = [];

  constructor(body: string, request: Partial<CallRequest> = {}) {
    this.call = new RealCall(
      {
        kind: 'oip',
        body: [Buffer.from(body)],
        bodyBytes: Buffer.byteLength(body),
        jsonLength: undefined,
        priority: 'interactive',
        clientIp: '127.0.0.1',
        affinityKey: undefined,
        forwarded: false,
        receivedMs: 0,
        deadlineMs: 60_000,
        ...request,
      },
      (_call, outcome) => this.outcomes.push(outcome),
    );
  }

  /** `'answered by a'`, `'queue-full'`, … or `'open'`. */
  get ending(): string {
    const [outcome] = this.outcomes;
    if (outcome === undefined) return 'open';
    if ('error' in outcome) return outcome.error.code;
    return outcome.answer.type === 'saved' ? 'saved' : `answered by ${outcome.answer.upstream}`;
  }
}

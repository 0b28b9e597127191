/**
 * The dispatcher of one model version: the central queue, and which call goes to which upstream when.
 *
 *   submit ─► queue ─► free slot? policy picks ─► upstream ─► answer ─► settled
 *               ▲                                    │
 *               └── parked ◄── decideRetry ◄── failed or lost
 *
 * Binding is late: a call stays here until an upstream has a free slot. Parked calls are those that cannot go to just any
 * free slot: retries (which need a permit of the budget), suspects (which run alone on a reserved upstream), and twins of an
 * unproven call. They are looked at before the queue and hold nobody up.
 *
 * Owns the counts; upstreams own their in-flight calls. Every call submitted is settled exactly once.
 */
import { createHash } from 'node:crypto';
import { MillraceError } from '../base/errors.ts';
import { CallQueue } from './call-queue.ts';
import type { Answer, Call, Outcome } from './call.ts';
import type { SelectionPolicy } from './candidate.ts';
import { mayEjectOneMore } from './health-set.ts';
import { PoisonGuard } from './poison.ts';
import { RetryBudget } from './retry-budget.ts';
import { decideRetry } from './retry.ts';
import type { FailureEvent } from './retry.ts';
import { RollingCount } from './rolling-count.ts';
import { UnprovenCalls, checksumOf } from './unproven-calls.ts';
import type { Upstream, UpstreamEvents } from './upstream.ts';

export interface DispatcherOptions {
  readonly policy: SelectionPolicy;
  /** Calls that may wait. */
  readonly maxQueue: number;
  /** Bytes of waiting bodies. */
  readonly maxQueueBytes: number;
  /** Upstreams that one call may be sent to, 2 by default; 0 leaves it to the number of upstreams. */
  readonly maxTries: number;
  readonly nowMs: () => number;
}

/** Seconds over which the rate of answers is measured for Retry-After. */
const rateWindowSeconds = 10;

export class Dispatcher implements UpstreamEvents {
  readonly #options: DispatcherOptions;
  readonly #queue = new CallQueue();
  readonly #guard = new PoisonGuard();
  readonly #budget = new RetryBudget();
  readonly #unproven = new UnprovenCalls();
  readonly #answers = new RollingCount(rateWindowSeconds, 1000);
  readonly #upstreams: Upstream[] = [];
  /** Checksums of calls that the guard remembers: only their bodies are worth a full fingerprint. */
  readonly #suspected = new Set<number>();
  #parked: Call[] = [];
  /** Kept free for a suspect, or running one. */
  #reserved: Upstream | undefined;
  #soloist: Call | undefined;
  #outage: MillraceError | undefined;
  #outstanding = 0;
  #panicking = false;
  #pumping = false;
  #pumpAgain = false;
  /** The call being placed; a field instead of a closure per pick. */
  #candidateCall: Call | undefined;
  readonly #selection = { clientIp: '', affinityKey: undefined as string | undefined, nowMs: 0 };
  readonly #isEligible = (candidate: unknown): boolean => this.#mayReceive(candidate as Upstream, this.#candidateCall!);

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Calls that wait for an upstream. */
  get queued(): number {
    return this.#queue.length + this.#parked.length;
  }

  /** Submitted and not settled. */
  get outstanding(): number {
    return this.#outstanding;
  }

  get upstreams(): readonly Upstream[] {
    return this.#upstreams;
  }

  /** Fewer than half of the living upstreams are available, so the unhealthy ones are used as well. */
  get panicking(): boolean {
    return this.#panicking;
  }

  addUpstream(upstream: Upstream): void {
    this.#upstreams.push(upstream);
    this.onCapacity();
  }

  removeUpstream(upstream: Upstream): void {
    const index = this.#upstreams.indexOf(upstream);
    if (index !== -1) this.#upstreams.splice(index, 1);
    if (this.#reserved === upstream) this.#reserved = undefined;
    this.onCapacity();
  }

  /**
   * While an outage is set, calls are refused with it and those that wait are settled with it: no upstream is alive and none
   * will be. Undefined ends it.
   */
  setOutage(outage: MillraceError | undefined): void {
    this.#outage = outage;
    if (outage === undefined) return;
    for (const call of this.#queue) {
      this.#queue.remove(call);
      this.#settle(call, { error: outage });
    }
    for (const call of this.#parked.splice(0)) this.#settle(call, { error: outage });
  }

  /** Why a call would be refused now, before its body is read; undefined where it would be taken. */
  refusal(): MillraceError | undefined {
    if (this.#outage !== undefined) return this.#outage;
    if (this.queued < this.#options.maxQueue && this.#queue.bytes < this.#options.maxQueueBytes) return undefined;
    return new MillraceError('queue-full', `The queue of this model is full: ${this.queued} requests wait.`, {
      hint: 'Try again after the time in Retry-After, send fewer requests at once, or run more replicas.',
      retryable: true,
      retryAfterSeconds: this.retryAfterSeconds(),
      details: { queued: this.queued },
    });
  }

  /** How long the present queue needs at the rate of the last seconds, whole seconds from 1 to 60. */
  retryAfterSeconds(): number {
    const perSecond = this.#answers.total(this.#options.nowMs()) / rateWindowSeconds;
    if (perSecond === 0) return 5;
    return Math.min(60, Math.max(1, Math.ceil(this.queued / perSecond)));
  }

  submit(call: Call): void {
    this.#outstanding++;
    const refusal = this.refusal();
    if (refusal !== undefined) {
      this.#settle(call, { error: refusal });
      return;
    }
    if (this.#suspected.size > 0 && this.#meetsGuard(call)) return;
    this.#queue.append(call);
    this.#pump();
  }

  /** The client has gone. A call that runs goes on running; nobody reads its answer. */
  withdraw(call: Call): void {
    this.#end(call, { error: new MillraceError('client-gone', 'The client left before its answer was ready.') });
  }

  /** Settles what has passed its deadline. Called regularly by the owner while calls are outstanding. */
  sweep(nowMs: number): void {
    if (this.#outstanding === 0) return;
    for (const call of this.#queue)
      if (call.request.deadlineMs <= nowMs) this.#end(call, { error: deadlinePassed(call) });
    for (const call of [...this.#parked]) {
      if (call.request.deadlineMs <= nowMs) this.#end(call, { error: deadlinePassed(call) });
    }
    for (const upstream of this.#upstreams) {
      for (const call of [...upstream.calls()]) {
        if (!call.settled && call.request.deadlineMs <= nowMs) this.#end(call, { error: deadlinePassed(call) });
      }
    }
    this.#pump();
  }

  onAnswer(_upstream: Upstream, call: Call, answer: Answer): void {
    const nowMs = this.#options.nowMs();
    this.#answers.add(nowMs);
    this.#budget.onCompleted(nowMs);
    if (call.alone) {
      this.#guard.onSuccess(fingerprintOf(call));
      if (this.#guard.size === 0) this.#suspected.clear();
    }
    this.#leave(call, true);
    this.#settle(call, { answer });
    this.#pump();
  }

  onFailure(upstream: Upstream, call: Call, event: FailureEvent, error: MillraceError): void {
    const nowMs = this.#options.nowMs();
    this.#budget.onCompleted(nowMs);
    if (event === 'model-error') this.#answers.add(nowMs);
    else if (event !== 'client-gone') this.#options.policy.onFailure(upstream.name);
    this.#leave(call, event === 'model-error');
    if (!call.settled) this.#afterFailure(upstream, call, event, error, nowMs);
    this.#pump();
  }

  onLost(upstream: Upstream, running: readonly Call[], waiting: readonly Call[]): void {
    const nowMs = this.#options.nowMs();
    this.#options.policy.onFailure(upstream.name);
    this.#guard.onDeath(running.map(fingerprintOf), nowMs);
    for (const call of running) {
      this.#leave(call, false);
      this.#unproven.onDeath(call);
      this.#suspected.add(checksumOf(call));
      call.alone = true;
      if (!call.settled) this.#afterFailure(upstream, call, 'exit-before-response', lost(), nowMs);
    }
    this.onGivenBack(upstream, waiting);
  }

  onGivenBack(_upstream: Upstream, calls: readonly Call[]): void {
    for (const call of calls.toReversed()) {
      this.#leave(call, false);
      if (call.settled) continue;
      call.tries--;
      this.#queue.prepend(call);
    }
    this.#pump();
  }

  onCapacity(_upstream?: Upstream): void {
    const alive = this.#upstreams.filter((upstream) => upstream.alive).length;
    const available = this.#upstreams.filter((upstream) => upstream.available).length;
    this.#panicking = available * 2 < alive;
    this.#pump();
  }

  /** Whether one more upstream may be taken out for its health: at most half of the living. */
  mayEject(): boolean {
    const alive = this.#upstreams.filter((upstream) => upstream.alive);
    return mayEjectOneMore(alive.length, alive.filter((upstream) => !upstream.available).length);
  }

  #meetsGuard(call: Call): boolean {
    if (!this.#suspected.has(checksumOf(call))) return false;
    const nowMs = this.#options.nowMs();
    const fingerprint = fingerprintOf(call);
    switch (this.#guard.stateOf(fingerprint, nowMs)) {
      case 'clear':
        return false;
      case 'suspect':
        call.alone = true;
        this.#park(call);
        this.#pump();
        return true;
      case 'quarantined':
        this.#settle(call, { error: quarantined(this.#guard.incidentOf(fingerprint, nowMs)) });
        return true;
    }
  }

  #afterFailure(upstream: Upstream, call: Call, event: FailureEvent, error: MillraceError, nowMs: number): void {
    const fingerprint = call.alone ? fingerprintOf(call) : undefined;
    const decision = decideRetry(event, {
      pure: true,
      bodyBuffered: true,
      bodySent: true,
      tries: call.tries,
      maxTries: this.#options.maxTries === 0 ? Math.max(2, this.#upstreams.length) : this.#options.maxTries,
      // A process that died is replaced by a new one, which counts as another.
      anotherUpstream:
        event === 'exit-before-response' || this.#upstreams.some((other) => other !== upstream && other.alive),
      reconnected: false,
      deaths: fingerprint === undefined ? 0 : this.#guard.deathsOf(fingerprint, nowMs),
      remainingMs: call.request.deadlineMs - nowMs,
    });
    if (decision.action === 'give-up') {
      const reason =
        decision.reason === 'poison'
          ? quarantined(this.#guard.incidentOf(fingerprint!, nowMs))
          : decision.reason === 'deadline'
            ? deadlinePassed(call)
            : error;
      this.#settle(call, { error: reason });
      return;
    }
    if (decision.action === 'requeue' || (decision.action === 'retry' && !decision.counted)) call.tries--;
    call.failedOn = [...call.failedOn, upstream.name];
    this.#park(call);
  }

  /** Sends what can be sent. Re-entered calls only note that there is more to do. */
  #pump(): void {
    if (this.#pumping) {
      this.#pumpAgain = true;
      return;
    }
    this.#pumping = true;
    do {
      this.#pumpAgain = false;
      const nowMs = this.#options.nowMs();
      if (this.#parked.length > 0) this.#pumpParked(nowMs);
      this.#pumpQueue(nowMs);
    } while (this.#pumpAgain);
    this.#pumping = false;
  }

  #pumpQueue(nowMs: number): void {
    for (;;) {
      const call = this.#queue.peek(nowMs);
      if (call === undefined) return;
      if (call.request.deadlineMs <= nowMs) {
        this.#end(call, { error: deadlinePassed(call) });
        continue;
      }
      const upstream = this.#choose(call, nowMs);
      if (upstream !== undefined) {
        this.#queue.remove(call);
        this.#send(call, upstream, nowMs);
      } else if (this.#upstreams.some((other) => this.#hasFreeSlot(other))) {
        // A slot is free, only not for this call: it steps aside.
        this.#queue.remove(call);
        this.#park(call);
      } else {
        return;
      }
    }
  }

  #pumpParked(nowMs: number): void {
    const parked = this.#parked;
    this.#parked = [];
    let suspects = 0;
    for (const call of parked) {
      if (call.settled) continue;
      if (call.request.deadlineMs <= nowMs) {
        this.#settle(call, { error: deadlinePassed(call) });
      } else if (call.alone && this.#guard.stateOf(fingerprintOf(call), nowMs) === 'quarantined') {
        this.#settle(call, { error: quarantined(this.#guard.incidentOf(fingerprintOf(call), nowMs)) });
      } else {
        const upstream = call.alone ? this.#chooseForSuspect(call) : this.#choose(call, nowMs);
        if (upstream !== undefined && this.#mayRetry(call, nowMs)) {
          if (call.alone) this.#soloist = call;
          this.#send(call, upstream, nowMs);
        } else {
          if (call.alone) suspects++;
          this.#parked.push(call);
        }
      }
    }
    if (suspects === 0 && this.#soloist === undefined) this.#reserved = undefined;
  }

  #mayRetry(call: Call, nowMs: number): boolean {
    if (call.tries === 0) return true;
    const permit = this.#budget.acquire(nowMs);
    if (permit === undefined) return false;
    call.releasePermit = () => permit.release();
    return true;
  }

  #choose(call: Call, nowMs: number): Upstream | undefined {
    this.#candidateCall = call;
    this.#selection.clientIp = call.request.clientIp;
    this.#selection.affinityKey = call.request.affinityKey;
    this.#selection.nowMs = nowMs;
    const upstreams = this.#upstreams;
    const picked = this.#options.policy.pick(upstreams, this.#isEligible, this.#selection) as Upstream | undefined;
    if (picked !== undefined || call.failedOn.length === 0) return picked;
    // It has failed on all that are there. That is a reason to try one of them again, but not to try none.
    const untried = upstreams.some((upstream) => upstream.alive && !call.failedOn.includes(upstream.name));
    if (!untried) call.failedOn = [];
    return undefined;
  }

  #mayReceive(upstream: Upstream, call: Call): boolean {
    if (!this.#hasFreeSlot(upstream) || !upstream.takes(call)) return false;
    if (call.failedOn.length > 0 && call.failedOn.includes(upstream.name)) return false;
    if (this.#upstreams.length === 1) return true;
    const boundTo = this.#unproven.boundTo(call);
    return boundTo === undefined || boundTo === upstream.name;
  }

  #hasFreeSlot(upstream: Upstream): boolean {
    if (upstream === this.#reserved || upstream.inFlight >= upstream.slots) return false;
    return upstream.available || (this.#panicking && upstream.alive);
  }

  /** A suspect runs on an upstream that is kept free for it; one suspect at a time. */
  #chooseForSuspect(call: Call): Upstream | undefined {
    if (this.#soloist !== undefined) return undefined;
    if (this.#reserved?.available !== true || !this.#reserved.takes(call)) {
      this.#reserved = undefined;
      for (const upstream of this.#upstreams) {
        if (!upstream.available || !upstream.takes(call)) continue;
        if (this.#reserved === undefined || upstream.inFlight < this.#reserved.inFlight) this.#reserved = upstream;
      }
    }
    return this.#reserved?.inFlight === 0 ? this.#reserved : undefined;
  }

  #send(call: Call, upstream: Upstream, nowMs: number): void {
    call.state = 'sent';
    call.upstream = upstream;
    call.sentMs = nowMs;
    call.tries++;
    this.#unproven.onSent(call, upstream.name);
    upstream.send(call);
  }

  /** Takes a call off its upstream's books here; the upstream has already taken it off its own. */
  #leave(call: Call, answered: boolean): void {
    call.releasePermit?.();
    call.releasePermit = undefined;
    if (this.#soloist === call) this.#soloist = undefined;
    if (this.#unproven.onEnded(call, answered) && this.#parked.length > 0) this.#unparkFirstTimers();
  }

  /** Twins that waited for a trial go back to where they stood. */
  #unparkFirstTimers(): void {
    const parked = this.#parked;
    this.#parked = [];
    for (const call of parked.toReversed()) {
      if (call.tries === 0 && !call.alone && !call.settled) this.#queue.prepend(call);
      else this.#parked.unshift(call);
    }
  }

  #park(call: Call): void {
    call.state = 'parked';
    this.#parked.push(call);
  }

  /** Settles a call wherever it is. */
  #end(call: Call, outcome: Outcome): void {
    if (call.state === 'queued') this.#queue.remove(call);
    else if (call.state === 'parked') this.#parked = this.#parked.filter((other) => other !== call);
    else if (call.state === 'sent') call.upstream?.abandon(call);
    this.#settle(call, outcome);
  }

  #settle(call: Call, outcome: Outcome): void {
    if (call.settled) return;
    this.#outstanding--;
    call.settle(outcome);
  }
}

/** Equal for equal requests to this model version. */
function fingerprintOf(call: Call): string {
  const { kind, jsonLength, body } = call.request;
  return createHash('sha256').update(`${kind} ${jsonLength} `).update(body).digest('base64');
}

function deadlinePassed(call: Call): MillraceError {
  const timeoutMs = Math.round(call.request.deadlineMs - call.request.receivedMs);
  const where = call.state === 'sent' ? 'while it was running' : 'before a replica was free';
  return new MillraceError('deadline-exceeded', `The request's time of ${timeoutMs} ms passed ${where}.`, {
    hint: 'Allow more time with the parameter `timeout` (microseconds), or run more replicas.',
    details: { timeoutMs },
  });
}

function quarantined(incidentId: string | undefined): MillraceError {
  return new MillraceError(
    'poison-request',
    'This request ended the processes that ran it twice, so it is not run again.',
    {
      hint: 'Check its values. It is refused for ten minutes; other requests are served.',
      ...(incidentId !== undefined && { details: { incidentId } }),
    },
  );
}

function lost(): MillraceError {
  return new MillraceError('replica-lost', 'The process that ran this request ended before it answered.', {
    retryable: true,
  });
}

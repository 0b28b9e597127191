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
import type { MillraceError } from '../base/errors.ts';
import { AnswerRate } from './answer-rate.ts';
import { clientGone, deadlinePassed, queueFull, replicaLost } from './call-errors.ts';
import { CallQueue } from './call-queue.ts';
import type { Answer, Call, CallClient, Outcome } from './call.ts';
import type { DispatcherOptions } from './dispatcher-options.ts';
import { isPanic, mayEjectOneMore } from './health-set.ts';
import { decideAfterFailure } from './next-upstream.ts';
import { RetryBudget } from './retry-budget.ts';
import type { FailureEvent } from './retry.ts';
import { Suspects } from './suspects.ts';
import { UnprovenCalls } from './unproven-calls.ts';
import type { RemoteFailure, Upstream, UpstreamEvents } from './upstream.ts';

export class Dispatcher implements UpstreamEvents {
  readonly #options: DispatcherOptions;
  readonly #queue = new CallQueue();
  readonly #suspects = new Suspects();
  readonly #budget = new RetryBudget();
  readonly #unproven = new UnprovenCalls();
  readonly #rate = new AnswerRate();
  readonly #upstreams: Upstream[] = [];
  #parked: Call[] = [];
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

  /** Fewer than half of the living upstreams are available, so the others are used as well, at half their weight. */
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
    this.#suspects.forget(upstream);
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
  refusal(client?: CallClient): MillraceError | undefined {
    if (this.#outage !== undefined || !this.#isFull) return this.#outage;
    return this.#queue.victimFor(client, 0, this.#options) === undefined ? this.#queueFull() : undefined;
  }

  get #isFull(): boolean {
    return this.queued >= this.#options.maxQueue || this.#queue.bytes >= this.#options.maxQueueBytes;
  }

  #queueFull(): MillraceError {
    return queueFull(this.queued, this.#rate.secondsFor(this.queued, this.#options.nowMs()));
  }

  submit(call: Call): void {
    this.#outstanding++;
    const { client, bodyBytes } = call.request;
    // Whoever has most waiting makes room for who has less: a queue that one client has filled is not full for the others.
    for (let victim: Call | undefined; this.#isFull; this.#end(victim, { error: this.#queueFull() })) {
      victim = this.#queue.victimFor(client, bodyBytes, this.#options);
      if (victim === undefined) break;
    }
    if (this.#outage === undefined && !this.#isFull) {
      this.#queue.append(call);
      this.#pump();
    } else this.#settle(call, { error: this.#outage ?? this.#queueFull() });
  }

  /** The client has gone. A call that runs goes on running; nobody reads its answer. */
  withdraw(call: Call): void {
    this.#end(call, { error: clientGone() });
  }

  /** Settles what has passed its deadline. Called regularly by the owner while calls are outstanding. */
  sweep(nowMs: number): void {
    if (this.#outstanding === 0) return;
    for (const call of this.#queue)
      if (call.request.deadlineMs <= nowMs) this.#end(call, { error: deadlinePassed(call) });
    for (const call of this.#parked) {
      if (call.request.deadlineMs <= nowMs) this.#end(call, { error: deadlinePassed(call) });
    }
    for (const upstream of this.#upstreams) {
      for (const call of upstream.calls()) {
        if (!call.settled && call.request.deadlineMs <= nowMs) this.#end(call, { error: deadlinePassed(call) });
      }
    }
    this.#pump();
  }

  onAnswer(_upstream: Upstream, call: Call, answer: Answer): void {
    const nowMs = this.#options.nowMs();
    this.#rate.onAnswer(nowMs);
    this.#budget.onCompleted(nowMs);
    this.#suspects.onAnswered(call);
    this.#leave(call, true);
    this.#settle(call, { answer });
    this.#pump();
  }

  onFailure(upstream: Upstream, call: Call, event: FailureEvent, error: MillraceError, remote?: RemoteFailure): void {
    const nowMs = this.#options.nowMs();
    this.#budget.onCompleted(nowMs);
    if (event === 'model-error') this.#rate.onAnswer(nowMs);
    else if (event !== 'client-gone') this.#options.policy.onFailure(upstream.name);
    this.#leave(call, event === 'model-error');
    if (!call.settled) this.#afterFailure(upstream, call, event, error, remote);
    this.#pump();
  }

  onLost(upstream: Upstream, running: readonly Call[], waiting: readonly Call[]): void {
    const nowMs = this.#options.nowMs();
    this.#options.policy.onFailure(upstream.name);
    this.#suspects.onDeath(running, nowMs);
    for (const call of running) {
      this.#leave(call, false);
      this.#unproven.onDeath(call);
      if (!call.settled) this.#afterFailure(upstream, call, 'exit-before-response', replicaLost());
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
    const panicking = isPanic(this.#upstreams);
    if (panicking !== this.#panicking) {
      this.#panicking = panicking;
      this.#options.onPanic?.(panicking);
    }
    this.#pump();
  }

  /** Whether one more upstream may be taken out for its health: at most half of the living. */
  mayEject(): boolean {
    const alive = this.#upstreams.filter((upstream) => upstream.alive);
    return mayEjectOneMore(alive.length, alive.filter((upstream) => !upstream.available).length);
  }

  #afterFailure(
    upstream: Upstream,
    call: Call,
    event: FailureEvent,
    error: MillraceError,
    remote?: RemoteFailure,
  ): void {
    const nowMs = this.#options.nowMs();
    call.failedOn = [...call.failedOn, upstream.name];
    const decision = decideAfterFailure(event, remote, this.#upstreams.length, {
      pure: true,
      bodyBuffered: true,
      bodySent: true,
      tries: call.tries,
      maxTries: this.#options.maxTries === 0 ? Math.max(2, this.#upstreams.length) : this.#options.maxTries,
      // A process that died is replaced by a new one, which counts as another.
      anotherUpstream:
        event === 'exit-before-response' ||
        this.#upstreams.some((other) => this.#isInRotation(other) && !call.failedOn.includes(other.name)),
      reconnected: false,
      deaths: this.#suspects.deathsOf(call, nowMs),
      remainingMs: call.request.deadlineMs - nowMs,
    });
    if (decision.action === 'give-up') {
      if (decision.reason === 'poison') this.#settle(call, { error: this.#suspects.refusal(call, nowMs) ?? error });
      else if (remote?.answer !== undefined) this.#settle(call, { answer: remote.answer });
      else this.#settle(call, { error: decision.reason === 'deadline' ? deadlinePassed(call) : error });
      return;
    }
    if (decision.action === 'requeue' || (decision.action === 'retry' && !decision.counted)) call.tries--;
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
      if (this.#parked.length > 0 || this.#suspects.reserved !== undefined) this.#pumpParked(nowMs);
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
      if (this.#suspects.recognises(call, nowMs)) {
        this.#queue.remove(call);
        this.#park(call);
        this.#pumpAgain = true;
        continue;
      }
      const upstream = this.#choose(call, nowMs);
      if (upstream !== undefined) {
        this.#queue.take(call);
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
        continue;
      }
      const refusal = this.#suspects.refusal(call, nowMs);
      if (refusal !== undefined) {
        this.#settle(call, { error: refusal });
      } else {
        const upstream = call.alone ? this.#suspects.choose(call, this.#upstreams) : this.#choose(call, nowMs);
        if (upstream !== undefined && this.#mayRetry(call, nowMs)) {
          this.#send(call, upstream, nowMs);
        } else {
          if (call.alone) suspects++;
          this.#parked.push(call);
        }
      }
    }
    if (suspects === 0) this.#suspects.release();
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
    if (upstream === this.#suspects.reserved || upstream.inFlight >= upstream.slots) return false;
    return this.#isInRotation(upstream);
  }

  #isInRotation(upstream: Upstream): boolean {
    return upstream.available || (this.#panicking && upstream.alive);
  }

  #send(call: Call, upstream: Upstream, nowMs: number): void {
    call.state = 'sent';
    call.upstream = upstream;
    call.sentMs = nowMs;
    call.tries++;
    this.#unproven.onSent(call, upstream.name);
    this.#suspects.onSent(call);
    upstream.send(call);
  }

  /** Takes a call off its upstream's books here; the upstream has already taken it off its own. */
  #leave(call: Call, answered: boolean): void {
    call.releasePermit?.();
    call.releasePermit = undefined;
    this.#suspects.onLeft(call);
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

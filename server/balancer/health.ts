/**
 * Whether one upstream may receive requests, judged by what became of the ones it got: a circuit that opens on failures,
 * tries one request at a time after a while, and closes into a slow start.
 *
 *            threshold reached               ejection time over
 *   closed ──────────────────────► open ──────────────────────► half-open
 *      ▲                             ▲   a failure (longer next)    │
 *      │                             └──────────────────────────────┤
 *      └────────────────── two successes, slow start ───────────────┘
 *
 * Pure but for its own fields: time, chance and the set's ejection cap (health-set.ts) are passed in. It does not watch the
 * process: an exit removes the upstream from the set. Mistakes of the client or the request never count here; retry.ts says
 * which failure carries which verdict. The nginx form of the same contract is max-fails-health.ts.
 */

import { RollingCount } from './rolling-count.ts';

/** `open` is what users see as ejected. */
export type HealthState = 'closed' | 'open' | 'half-open';

/**
 * What the end of a try says about the upstream. `unreachable`: refused, or reset before the first byte.
 * `runtime-error`: a 502, 503 or 504 that is not ours. `no-verdict`: the client's, the request's or nobody's fault.
 */
export type TryVerdict = 'success' | 'unreachable' | 'runtime-error' | 'timeout' | 'no-verdict';

/** Asked before each request and told after it; `end` is called once for each `begin`, with the number that it gave. */
export interface UpstreamHealth {
  state(nowMs: number): HealthState;
  /** In half-open true only while no probe is out. Changes nothing. */
  mayReceive(nowMs: number): boolean;
  /** A request goes out. Returns its ticket: a verdict that belongs to an earlier state is thereby recognised and dropped. */
  begin(nowMs: number): number;
  /** `mayEject`: whether the set can spare this upstream. If not it stays in, and the next failure asks again. */
  end(ticket: number, verdict: TryVerdict, nowMs: number, mayEject: boolean): void;
  /** An active check answered, or missed. Host events (health-set.ts) are not to be reported. */
  onCheck(passed: boolean, nowMs: number, mayEject: boolean): void;
  /** Share of its weight that it should get, above 0 and up to 1. `establishedOthers`: closed and ramped upstreams beside it. */
  weightFactor(nowMs: number, establishedOthers: number): number;
  /** Most requests at once, if that is fewer than its slots; Infinity for no cap. */
  concurrencyCap(establishedOthers: number): number;
}

const rise = 2;
const fall = 3;

/** Runs of active checks, HAProxy's `rise 2 fall 3`: three misses on end are down, two passes on end are up again. */
export class CheckCount {
  #isUp = true;
  #against = 0;

  get isUp(): boolean {
    return this.#isUp;
  }

  record(passed: boolean): void {
    this.#against = passed === this.#isUp ? 0 : this.#against + 1;
    if (this.#against < (this.#isUp ? fall : rise)) return;
    this.#isUp = passed;
    this.#against = 0;
  }
}

const maxConsecutiveErrors = 5;
const maxConsecutiveTimeouts = 3;
const errorWindowSeconds = 30;
const minAnswersInWindow = 20;
const maxErrorShare = 0.5;
/** A local restart takes seconds; Envoy's 30 s doubling to 300 s is for remote hosts. */
const firstEjectionMs = 1_000;
const maxEjectionMs = 30_000;
const ejectionJitter = 0.2;
/** Healthy time that takes back one doubling. */
const ejectionDecayMs = 60_000;
const successesToClose = 2;
const slowStartMs = 5_000;
const slowStartMinFactor = 0.1;
const slowStartLoneRequests = 3;
/** With fewer others there is nobody to take the load meanwhile. */
const slowStartMinOthers = 2;
/** Ticket of a request sent while it may not receive (a panic): whatever comes of it says nothing. */
const uncountedTicket = -1;

/** See the file head. Active checks that fail open it too, and hold it open until they pass again. */
export class CircuitHealth implements UpstreamHealth {
  readonly #random: () => number;
  readonly #answers = new RollingCount(errorWindowSeconds, 1_000);
  readonly #errors = new RollingCount(errorWindowSeconds, 1_000);
  readonly #checks = new CheckCount();
  #consecutiveErrors = 0;
  #consecutiveTimeouts = 0;
  #isEjected = false;
  #ejectedUntilMs = 0;
  #doublings = 0;
  #closedSinceMs = 0;
  /** Numbers the stays in a state; the ticket of a request is the stay that it began in. */
  #stay = 0;
  #isProbing = false;
  #probeSuccesses = 0;
  #rampStartMs = Number.NEGATIVE_INFINITY;
  #rampAnswers = slowStartLoneRequests;

  /** `random` in [0, 1) spreads ejection times by ±20 %; default Math.random. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  state(nowMs: number): HealthState {
    if (!this.#isEjected) return 'closed';
    return nowMs < this.#ejectedUntilMs || !this.#checks.isUp ? 'open' : 'half-open';
  }

  mayReceive(nowMs: number): boolean {
    return !this.#isEjected || (!this.#isProbing && this.state(nowMs) === 'half-open');
  }

  begin(nowMs: number): number {
    if (!this.mayReceive(nowMs)) return uncountedTicket;
    this.#isProbing = this.#isEjected;
    return this.#stay;
  }

  end(ticket: number, verdict: TryVerdict, nowMs: number, mayEject: boolean): void {
    if (ticket !== this.#stay) return;
    if (this.#isEjected) this.#judgeProbe(verdict, nowMs);
    else if (this.#recordAndJudge(verdict, nowMs) && mayEject) this.#eject(nowMs);
  }

  onCheck(passed: boolean, nowMs: number, mayEject: boolean): void {
    this.#checks.record(passed);
    if (!this.#checks.isUp && !this.#isEjected && mayEject) this.#eject(nowMs);
  }

  /** 0.1 to 1: linear over the 5 s after it closed again. Never at first start: a new replica has been warmed up. */
  weightFactor(nowMs: number, establishedOthers: number): number {
    if (establishedOthers < slowStartMinOthers) return 1;
    return Math.min(1, Math.max(slowStartMinFactor, (nowMs - this.#rampStartMs) / slowStartMs));
  }

  /** 1 until three requests have been answered since it closed again, then no cap. */
  concurrencyCap(establishedOthers: number): number {
    const isProven = this.#rampAnswers >= slowStartLoneRequests;
    return isProven || establishedOthers < slowStartMinOthers ? Number.POSITIVE_INFINITY : 1;
  }

  #judgeProbe(verdict: TryVerdict, nowMs: number): void {
    this.#isProbing = false;
    if (verdict === 'no-verdict') return;
    if (verdict !== 'success') return this.#eject(nowMs);
    this.#probeSuccesses += 1;
    if (this.#probeSuccesses >= successesToClose) this.#close(nowMs);
  }

  /** Records a verdict in the closed state and says whether a passive threshold is now reached. */
  #recordAndJudge(verdict: TryVerdict, nowMs: number): boolean {
    switch (verdict) {
      case 'success':
        this.#consecutiveErrors = 0;
        this.#consecutiveTimeouts = 0;
        this.#rampAnswers += 1;
        this.#answers.add(nowMs);
        return false;
      case 'unreachable':
        // Once is enough: what refuses at once looks idle and would attract everything (Envoy issue 39737).
        return true;
      case 'timeout':
        this.#consecutiveTimeouts += 1;
        return this.#consecutiveTimeouts >= maxConsecutiveTimeouts;
      case 'runtime-error': {
        this.#consecutiveErrors += 1;
        this.#answers.add(nowMs);
        this.#errors.add(nowMs);
        if (this.#consecutiveErrors >= maxConsecutiveErrors) return true;
        const answers = this.#answers.total(nowMs);
        return answers >= minAnswersInWindow && this.#errors.total(nowMs) >= maxErrorShare * answers;
      }
      case 'no-verdict':
        return false;
    }
  }

  /** Out for 1 s × 2^k, at most 30 s; k counts ejections and loses 1 per minute spent closed. */
  #eject(nowMs: number): void {
    if (!this.#isEjected) {
      const decayed = Math.floor((nowMs - this.#closedSinceMs) / ejectionDecayMs);
      this.#doublings = Math.max(0, this.#doublings - decayed);
    }
    const spread = 1 + ejectionJitter * (2 * this.#random() - 1);
    this.#ejectedUntilMs = nowMs + Math.min(maxEjectionMs, firstEjectionMs * 2 ** this.#doublings) * spread;
    this.#doublings += 1;
    this.#isEjected = true;
    this.#isProbing = false;
    this.#probeSuccesses = 0;
    this.#stay += 1;
  }

  #close(nowMs: number): void {
    this.#isEjected = false;
    this.#closedSinceMs = nowMs;
    this.#stay += 1;
    this.#consecutiveErrors = 0;
    this.#consecutiveTimeouts = 0;
    this.#answers.reset();
    this.#errors.reset();
    this.#rampStartMs = nowMs;
    this.#rampAnswers = 0;
  }
}

/**
 * What happens after a failed try: the decision table, and nginx's older rule beside it.
 *
 * Pure. Inference is declared pure per route, so it may be retried although it is POST; what went wrong decides, not the
 * method. The budget that a counted retry also needs is retry-budget.ts; fingerprints that kill replicas are poison.ts.
 */

import type { TryVerdict } from './health.ts';
import { deathsToQuarantine } from './poison.ts';

/** How a try can fail. `-response` refers to the first byte of the upstream's answer. */
export type FailureEvent =
  /** Refused, or its socket is missing; nothing was sent. */
  | 'connect-failed'
  /** A kept connection turned out to be closed: the ordinary keep-alive race. */
  | 'reset-on-reused-before-byte'
  /** The upstream said that it is draining. */
  | 'refused-draining'
  /** The upstream said that it has no room. */
  | 'refused-overloaded'
  | 'exit-before-response'
  | 'exit-after-response'
  /** The model rejected the input: 500, bad tensor or shape. */
  | 'model-error'
  /** 502, 503 or 504 without our header. */
  | 'bad-gateway'
  | 'read-timeout'
  | 'client-gone';

type Blame = 'replica' | 'request' | 'replica-or-request' | 'client' | 'nobody' | 'unknown';

interface FailureRow {
  readonly blame: Blame;
  /** What it says about the upstream's health. A process that exits is removed by its supervisor, so it needs no verdict. */
  readonly verdict: TryVerdict;
  /**
   * - `elsewhere`: on another upstream, whatever the route, without burning a try: it was never begun
   * - `reconnect`: on the same upstream over a fresh connection, once
   * - `requeue`: back to the queue, without burning a try
   * - `if-pure`: on another upstream, burns a try and needs the budget
   * - `if-pure-once`: the same, but only after the first try
   */
  readonly retry: 'elsewhere' | 'reconnect' | 'requeue' | 'if-pure' | 'if-pure-once' | 'never';
}

export const failureTable = {
  'connect-failed': { blame: 'replica', verdict: 'unreachable', retry: 'elsewhere' },
  'reset-on-reused-before-byte': { blame: 'nobody', verdict: 'no-verdict', retry: 'reconnect' },
  'refused-draining': { blame: 'nobody', verdict: 'no-verdict', retry: 'elsewhere' },
  'refused-overloaded': { blame: 'nobody', verdict: 'no-verdict', retry: 'requeue' },
  'exit-before-response': { blame: 'replica-or-request', verdict: 'no-verdict', retry: 'if-pure' },
  'exit-after-response': { blame: 'replica', verdict: 'no-verdict', retry: 'never' },
  'model-error': { blame: 'request', verdict: 'no-verdict', retry: 'never' },
  'bad-gateway': { blame: 'replica', verdict: 'runtime-error', retry: 'if-pure-once' },
  // A second try would double the load of the slowest request.
  'read-timeout': { blame: 'unknown', verdict: 'timeout', retry: 'never' },
  'client-gone': { blame: 'client', verdict: 'no-verdict', retry: 'never' },
} as const satisfies Record<FailureEvent, FailureRow>;

/** Two, not three: with three replicas a third try could take the last one down. */
export const defaultMaxTries = 2;

export interface RetryContext {
  /** Declared by the route: running it twice changes nothing. */
  readonly pure: boolean;
  /** The whole body is still in memory. */
  readonly bodyBuffered: boolean;
  /** A byte of the body was written to the upstream. */
  readonly bodySent: boolean;
  /** Tries that were sent and may have run, this one included. */
  readonly tries: number;
  readonly maxTries: number;
  /** An upstream exists, or is starting, that this request has not failed on. */
  readonly anotherUpstream: boolean;
  /** This request has already had its free second connection. */
  readonly reconnected: boolean;
  /** Processes that died with this request's fingerprint running. */
  readonly deaths: number;
  /** Time left of the one deadline that covers all tries. */
  readonly remainingMs: number;
}

type GiveUpReason =
  | 'never-retried'
  | 'deadline'
  | 'body-gone'
  | 'not-pure'
  | 'tries-spent'
  | 'no-other-upstream'
  | 'already-reconnected'
  | 'poison';

export type RetryDecision =
  /** `counted`: it burns a try and needs a permit of the budget; without one the failure goes to the client. */
  | { readonly action: 'retry'; readonly counted: boolean }
  | { readonly action: 'reconnect' }
  | { readonly action: 'requeue' }
  | { readonly action: 'give-up'; readonly reason: GiveUpReason };

/** What to do with a request after one of its tries failed. */
export function decideRetry(event: FailureEvent, context: RetryContext): RetryDecision {
  const { retry } = failureTable[event];
  if (retry === 'never') return giveUp('never-retried');
  if (context.remainingMs <= 0) return giveUp('deadline');
  if (context.bodySent && !context.bodyBuffered) return giveUp('body-gone');
  if (retry === 'requeue') return { action: 'requeue' };
  if (retry === 'reconnect') {
    if (context.bodySent && !context.pure) return giveUp('not-pure');
    return context.reconnected ? giveUp('already-reconnected') : { action: 'reconnect' };
  }
  if (retry !== 'elsewhere') {
    const maxTries = retry === 'if-pure-once' ? Math.min(2, context.maxTries) : context.maxTries;
    if (!context.pure) return giveUp('not-pure');
    if (context.deaths >= deathsToQuarantine) return giveUp('poison');
    if (context.tries >= maxTries) return giveUp('tries-spent');
  }
  if (!context.anotherUpstream) return giveUp('no-other-upstream');
  return { action: 'retry', counted: retry !== 'elsewhere' };
}

function giveUp(reason: GiveUpReason): RetryDecision {
  return { action: 'give-up', reason };
}

export interface NginxRetryLimits {
  /** `proxy_next_upstream_tries`; 0 is no cap but the number of upstreams. */
  readonly maxTries: number;
  /** `proxy_next_upstream_timeout`; 0 is no limit. */
  readonly maxElapsedMs: number;
}

/**
 * nginx's limits, for remote upstreams configured that way: whether another try may begin after `tries`. The time is
 * looked at only between tries, so a try that has begun runs on past it.
 */
export function mayTryAgain(limits: NginxRetryLimits, tries: number, upstreams: number, elapsedMs: number): boolean {
  const maxTries = limits.maxTries === 0 ? upstreams : Math.min(limits.maxTries, upstreams);
  return tries < maxTries && (limits.maxElapsedMs === 0 || elapsedMs < limits.maxElapsedMs);
}

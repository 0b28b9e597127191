/**
 * What became of a try on a remote server means: for its health, for the client, and for the other upstreams. Pure.
 *
 * retry.ts decides by what failed; here the model's `nextUpstream` and `tries` decide as well, because its owner may have
 * brought them from an nginx configuration. Sources: the table of retry.ts; nginx, `proxy_next_upstream`, which also says that a
 * status is a failure of the server only where it is listed.
 */
import type { NextUpstreamFailure } from '../protocol/upstream-settings.ts';
import type { TryVerdict } from './health.ts';
import { decideRetry, failureTable, mayTryAgain } from './retry.ts';
import type { FailureEvent, RetryContext, RetryDecision } from './retry.ts';
import type { RemoteFailure } from './upstream.ts';

/** How a try can end without a complete, usable reply. */
export type ExchangeFailure =
  /** No connection: refused, no route, unknown name, TLS refused. */
  | 'connect'
  | 'connect-timeout'
  /** A kept connection turned out to be closed: the keep-alive race. */
  | 'reset-on-reused'
  /** The connection ended without a byte of reply. */
  | 'reset-before-byte'
  /** The connection ended within the reply. */
  | 'reset'
  | 'silence'
  /** Not HTTP, a redirect, or a coding that was not asked for. */
  | 'unusable'
  | 'too-large';

export interface Judgement {
  readonly verdict: TryVerdict;
  /** Undefined where the reply is the client's answer. */
  readonly event: FailureEvent | undefined;
  /** Whether another upstream may be tried. */
  readonly mayGoOn: boolean;
}

/**
 * A complete reply. Its own 4xx is the client's business; a 500 comes from the input and would come again elsewhere. A 503 with
 * Retry-After is a healthy server that has no room: nobody is blamed, and each other upstream is asked once
 * (`refused-overloaded` would put the call back in the queue, and so to the same server again).
 */
export function judgeReply(
  status: number,
  hasRetryAfter: boolean,
  nextUpstream: readonly NextUpstreamFailure[],
): Judgement {
  const listed = nextUpstream.includes(`http_${status}` as NextUpstreamFailure);
  if (!listed) return { verdict: status < 500 ? 'success' : 'no-verdict', event: undefined, mayGoOn: false };
  if (status === 503 && hasRetryAfter) return { verdict: 'no-verdict', event: 'refused-draining', mayGoOn: true };
  return { verdict: 'runtime-error', event: 'bad-gateway', mayGoOn: true };
}

const failureRows = {
  connect: { verdict: 'unreachable', event: 'connect-failed', word: 'error' },
  // nginx's `timeout` covers establishing the connection too.
  'connect-timeout': { verdict: 'unreachable', event: 'connect-failed', word: 'timeout' },
  'reset-on-reused': { verdict: 'no-verdict', event: 'reset-on-reused-before-byte', word: 'error' },
  'reset-before-byte': { verdict: 'unreachable', event: 'bad-gateway', word: 'error' },
  reset: { verdict: 'runtime-error', event: 'bad-gateway', word: 'error' },
  silence: { verdict: 'timeout', event: 'read-timeout', word: 'timeout' },
  unusable: { verdict: 'runtime-error', event: 'bad-gateway', word: 'error' },
  'too-large': { verdict: 'no-verdict', event: 'model-error', word: undefined },
} as const satisfies Record<
  ExchangeFailure,
  { verdict: TryVerdict; event: FailureEvent; word: NextUpstreamFailure | undefined }
>;

export function judgeFailure(failure: ExchangeFailure, nextUpstream: readonly NextUpstreamFailure[]): Judgement {
  const { verdict, event, word } = failureRows[failure];
  return { verdict, event, mayGoOn: word !== undefined && nextUpstream.includes(word) };
}

/**
 * What follows a failure. On a local replica (`remote` is undefined): the table. On a remote server: what was never begun goes
 * elsewhere for free, as in the table; everything else, a read timeout included, follows nginx's rule: while tries are left
 * and an upstream that this call has not failed on. `upstreams` is their number.
 */
export function decideAfterFailure(
  event: FailureEvent,
  remote: RemoteFailure | undefined,
  upstreams: number,
  context: RetryContext,
): RetryDecision {
  if (remote === undefined) return decideRetry(event, context);
  if (!remote.mayGoOn) return { action: 'give-up', reason: 'never-retried' };
  if (failureTable[event].retry === 'elsewhere') return decideRetry(event, context);
  if (context.remainingMs <= 0) return { action: 'give-up', reason: 'deadline' };
  if (!context.anotherUpstream) return { action: 'give-up', reason: 'no-other-upstream' };
  // The one deadline of the call bounds the time.
  const limits = { maxTries: context.maxTries, maxElapsedMs: 0 };
  if (!mayTryAgain(limits, context.tries, upstreams, 0)) return { action: 'give-up', reason: 'tries-spent' };
  return { action: 'retry', counted: true };
}

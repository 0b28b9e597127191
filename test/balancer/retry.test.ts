import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decideRetry,
  defaultMaxTries,
  failureTable,
  mayTryAgain,
  type FailureEvent,
  type RetryContext,
} from '../../server/balancer/retry.ts';
import vectors from '../fixtures/balancing-vectors.json' with { type: 'json' };

/** A pure request after its first try, with everything in its favour. */
const favourable: RetryContext = {
  pure: true,
  bodyBuffered: true,
  bodySent: true,
  tries: 1,
  maxTries: defaultMaxTries,
  anotherUpstream: true,
  reconnected: false,
  deaths: 0,
  remainingMs: 10_000,
};

const events = Object.keys(failureTable) as FailureEvent[];

/** The decision in one word. */
function decided(event: FailureEvent, change: Partial<RetryContext> = {}): string {
  const decision = decideRetry(event, { ...favourable, ...change });
  if (decision.action === 'give-up') return decision.reason;
  if (decision.action === 'retry') return decision.counted ? 'counted retry' : 'free retry';
  return decision.action;
}

test.each<[FailureEvent, string, string]>([
  ['connect-failed', 'free retry', 'free retry'],
  ['reset-on-reused-before-byte', 'reconnect', 'not-pure'],
  ['refused-draining', 'free retry', 'free retry'],
  ['refused-overloaded', 'requeue', 'requeue'],
  ['exit-before-response', 'counted retry', 'not-pure'],
  ['exit-after-response', 'never-retried', 'never-retried'],
  ['model-error', 'never-retried', 'never-retried'],
  ['bad-gateway', 'counted retry', 'not-pure'],
  ['read-timeout', 'never-retried', 'never-retried'],
  ['client-gone', 'never-retried', 'never-retried'],
])('%s: %s where the route is pure, %s where it is not', (event, pure, impure) => {
  expect(decided(event)).toBe(pure);
  expect(decided(event, { pure: false })).toBe(impure);
});

describe('what stands in the way of a retry', () => {
  test('no time left, for whatever went wrong', () => {
    for (const event of events) expect(['deadline', 'never-retried']).toContain(decided(event, { remainingMs: 0 }));
  });

  test('a body that was sent and not kept; one that was not sent needs no copy', () => {
    expect(decided('exit-before-response', { bodyBuffered: false })).toBe('body-gone');
    expect(decided('refused-draining', { bodyBuffered: false })).toBe('body-gone');
    expect(decided('connect-failed', { bodyBuffered: false, bodySent: false })).toBe('free retry');
  });

  test('the tries being spent, where the try may have run', () => {
    expect(decided('exit-before-response', { tries: 2 })).toBe('tries-spent');
    expect(decided('exit-before-response', { tries: 2, maxTries: 3 })).toBe('counted retry');
    expect(decided('connect-failed', { tries: 2 })).toBe('free retry');
  });

  test('a second bad gateway, even if more tries are allowed', () => {
    expect(decided('bad-gateway', { tries: 2, maxTries: 3 })).toBe('tries-spent');
  });

  test('no other upstream', () => {
    for (const event of ['connect-failed', 'refused-draining', 'exit-before-response', 'bad-gateway'] as const) {
      expect(decided(event, { anotherUpstream: false })).toBe('no-other-upstream');
    }
  });

  test('two deaths of the same fingerprint', () => {
    expect(decided('exit-before-response', { deaths: 1 })).toBe('counted retry');
    expect(decided('exit-before-response', { deaths: 2, maxTries: 5 })).toBe('poison');
  });

  test('having reconnected before; an impure route may reconnect while no byte of its body was sent', () => {
    expect(decided('reset-on-reused-before-byte', { reconnected: true })).toBe('already-reconnected');
    expect(decided('reset-on-reused-before-byte', { pure: false, bodySent: false })).toBe('reconnect');
    expect(decided('reset-on-reused-before-byte', { anotherUpstream: false, tries: 2 })).toBe('reconnect');
  });
});

test('only refusals, timeouts and bad gateways count against the health of an upstream', () => {
  const counting = events.filter((event) => failureTable[event].verdict !== 'no-verdict');
  expect(counting).toEqual(['connect-failed', 'bad-gateway', 'read-timeout']);
});

test('nothing that the client, the request or nobody is to blame for counts against an upstream', () => {
  for (const event of events) {
    const { blame, verdict } = failureTable[event];
    if (['client', 'request', 'nobody'].includes(blame)) expect(verdict).toBe('no-verdict');
  }
});

test('a request whose every try fails ends after finitely many, and runs no more often than it may', () => {
  const failures = fc.infiniteStream(fc.constantFrom(...events));
  const sizes = fc.integer({ min: 1, max: 6 });
  fc.assert(
    fc.property(failures, sizes, sizes, (stream, upstreams, maxTries) => {
      const taken = { retry: 0, reconnect: 0, requeue: 0 };
      let tries = 1;
      for (;;) {
        const decision = decideRetry(stream.next().value as FailureEvent, {
          ...favourable,
          maxTries,
          tries,
          anotherUpstream: taken.retry + 1 < upstreams,
          reconnected: taken.reconnect > 0,
          // A requeue costs nothing but time: here a tenth of the deadline.
          remainingMs: 10_000 - taken.requeue * 1_000,
        });
        if (decision.action === 'give-up') break;
        taken[decision.action] += 1;
        if (decision.action === 'retry' && decision.counted) tries += 1;
        expect(taken.retry).toBeLessThan(upstreams);
        expect(taken.reconnect).toBeLessThanOrEqual(1);
        expect(taken.requeue).toBeLessThanOrEqual(10);
      }
      expect(tries).toBeLessThanOrEqual(maxTries);
    }),
  );
});

describe("nginx's limits", () => {
  test.each(vectors.retry)('$tries_limit tries, $time_limit_s s: $attempts attempts', (row) => {
    const limits = { maxTries: row.tries_limit ?? 0, maxElapsedMs: (row.time_limit_s ?? 0) * 1_000 };
    const upstreams = row.peers_all_404 ?? row.peers!;
    let attempts = 1;
    while (mayTryAgain(limits, attempts, upstreams, attempts * (row.each_takes_s ?? 0) * 1_000)) attempts += 1;
    expect(attempts).toBe(row.attempts);
  });

  test('a time limit no longer than one try leaves no retry', () => {
    expect(mayTryAgain({ maxTries: 3, maxElapsedMs: 60_000 }, 1, 3, 60_000)).toBe(false);
  });
});

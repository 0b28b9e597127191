import { describe, expect, test } from 'vitest';
import { decideAfterFailure, judgeFailure, judgeReply } from '../../server/balancer/next-upstream.ts';
import type { ExchangeFailure } from '../../server/balancer/next-upstream.ts';
import type { NextUpstreamFailure } from '../../server/protocol/upstream-settings.ts';
import type { FailureEvent, RetryContext } from '../../server/balancer/retry.ts';

const byDefault: readonly NextUpstreamFailure[] = ['error', 'timeout', 'http_502', 'http_503', 'http_504'];

test.each<[number, boolean, string]>([
  [200, false, 'success, the answer'],
  [404, false, 'success, the answer'],
  [429, true, 'success, the answer'],
  [500, false, 'no-verdict, the answer'],
  [501, false, 'no-verdict, the answer'],
  [502, false, 'runtime-error, bad-gateway'],
  [502, true, 'runtime-error, bad-gateway'],
  [503, false, 'runtime-error, bad-gateway'],
  [503, true, 'no-verdict, refused-draining'],
  [504, false, 'runtime-error, bad-gateway'],
])('a reply of %i (Retry-After: %s) is %s', (status, hasRetryAfter, judged) => {
  const { verdict, event } = judgeReply(status, hasRetryAfter, byDefault);
  expect(`${verdict}, ${event ?? 'the answer'}`).toBe(judged);
});

test('a status counts against the server only where the model lists it, as in nginx', () => {
  expect(judgeReply(503, false, ['error']).verdict).toBe('no-verdict');
  expect(judgeReply(503, true, ['error']).event).toBeUndefined();
  expect(judgeReply(500, false, ['http_500'])).toEqual({
    verdict: 'runtime-error',
    event: 'bad-gateway',
    mayGoOn: true,
  });
});

test.each<[ExchangeFailure, NextUpstreamFailure | undefined]>([
  ['connect', 'error'],
  ['connect-timeout', 'timeout'],
  ['reset-on-reused', 'error'],
  ['reset-before-byte', 'error'],
  ['reset', 'error'],
  ['silence', 'timeout'],
  ['unusable', 'error'],
  ['too-large', undefined],
])('after %s another upstream is tried where the model lists %s', (failure, word) => {
  for (const listed of byDefault) expect(judgeFailure(failure, [listed]).mayGoOn).toBe(listed === word);
  expect(judgeFailure(failure, []).mayGoOn).toBe(false);
});

describe('what follows a failure', () => {
  const favourable: RetryContext = {
    pure: true,
    bodyBuffered: true,
    bodySent: true,
    tries: 1,
    maxTries: 2,
    anotherUpstream: true,
    reconnected: false,
    deaths: 0,
    remainingMs: 1000,
  };

  function decided(event: FailureEvent, change: Partial<RetryContext> = {}, mayGoOn = true, upstreams = 3): string {
    const decision = decideAfterFailure(event, { mayGoOn }, upstreams, { ...favourable, ...change });
    if (decision.action === 'give-up') return decision.reason;
    return decision.action === 'retry' && decision.counted ? 'counted retry' : 'free retry';
  }

  test('on a local replica, the table decides', () => {
    expect(decideAfterFailure('read-timeout', undefined, 3, favourable)).toEqual({
      action: 'give-up',
      reason: 'never-retried',
    });
  });

  test.each<FailureEvent>(['connect-failed', 'refused-draining'])(
    '%s goes elsewhere for free, however often',
    (event) => {
      expect(decided(event, { tries: 9 })).toBe('free retry');
      expect(decided(event, { anotherUpstream: false })).toBe('no-other-upstream');
      expect(decided(event, {}, false)).toBe('never-retried');
    },
  );

  test.each<FailureEvent>(['bad-gateway', 'read-timeout'])('%s goes elsewhere while tries are left', (event) => {
    expect(decided(event)).toBe('counted retry');
    expect(decided(event, { tries: 2 })).toBe('tries-spent');
    expect(decided(event, { tries: 2, maxTries: 3 })).toBe('counted retry');
    expect(decided(event, { tries: 2, maxTries: 3 }, true, 2)).toBe('tries-spent');
    expect(decided(event, { anotherUpstream: false })).toBe('no-other-upstream');
    expect(decided(event, { remainingMs: 0 })).toBe('deadline');
    expect(decided(event, {}, false)).toBe('never-retried');
  });
});

/** The errors with which the dispatcher settles calls: one sentence each, with the actual values. */
import { MillraceError } from '../base/errors.ts';
import type { Call } from './call.ts';

export function queueFull(queued: number, retryAfterSeconds: number): MillraceError {
  return new MillraceError('queue-full', `The queue of this model is full: ${queued} requests wait.`, {
    hint: 'Try again after the time in Retry-After, send fewer requests at once, or run more replicas.',
    retryable: true,
    retryAfterSeconds,
    details: { queued },
  });
}

export function deadlinePassed(call: {
  readonly request: Pick<Call['request'], 'deadlineMs' | 'receivedMs'>;
  readonly state: Call['state'];
}): MillraceError {
  const timeoutMs = Math.round(call.request.deadlineMs - call.request.receivedMs);
  const where = call.state === 'sent' ? 'while it was running' : 'before a replica was free';
  return new MillraceError('deadline-exceeded', `The request's time of ${timeoutMs} ms passed ${where}.`, {
    hint: 'Allow more time with the parameter `timeout` (microseconds), or run more replicas.',
    details: { timeoutMs },
  });
}

export function clientGone(): MillraceError {
  return new MillraceError('client-gone', 'The client left before its answer was ready.');
}

export function poisonRequest(incidentId: string | undefined): MillraceError {
  const message = 'This request ended the processes that ran it twice, so it is not run again.';
  return new MillraceError('poison-request', message, {
    hint: 'Check its values. It is refused for ten minutes; other requests are served.',
    ...(incidentId !== undefined && { details: { incidentId } }),
  });
}

export function replicaLost(): MillraceError {
  return new MillraceError('replica-lost', 'The process that ran this request ended before it answered.', {
    retryable: true,
  });
}

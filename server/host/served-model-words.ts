/** What a served model says of itself and of the requests that it does not answer, in words and in codes. */
import { MillraceError } from '../base/errors.ts';
import type { Call } from '../balancer/call.ts';
import type { FailureReason } from '../metrics/model-statistics.ts';

export function shuttingDown(): MillraceError {
  return new MillraceError('shutting-down', 'The server is shutting down.', { retryable: true, retryAfterSeconds: 5 });
}

export function noServer(name: string): MillraceError {
  return new MillraceError('model-not-ready', `None of the servers that answer for '${name}' can be used now.`, {
    hint: 'Start one of the servers under `upstreams` in its millrace.json; the log names those that are down.',
    retryable: true,
    retryAfterSeconds: 1,
  });
}

export function predictIsLocal(name: string): MillraceError {
  return new MillraceError(
    'unsupported',
    `The model '${name}' runs on other servers, where /predict may mean something else.`,
    {
      hint: `POST an Open Inference Protocol request to /v2/models/${encodeURIComponent(name)}/infer.`,
    },
  );
}

export function forwardedInCircles(name: string): MillraceError {
  return new MillraceError(
    'unsupported',
    `The model '${name}' runs on other servers, and this request comes from one of them.`,
    {
      hint: 'Two servers name each other as upstreams for this model; one of them has to run it.',
    },
  );
}

export function failureReason(error: MillraceError): FailureReason {
  switch (error.code) {
    case 'queue-full':
    case 'memory-full':
    case 'shutting-down':
    case 'deadline-exceeded':
      return 'REJECTED';
    case 'client-gone':
      return 'CANCELED';
    case 'inference-failed':
    case 'replica-lost':
    case 'upstream-failed':
    case 'model-failed':
    case 'poison-request':
      return 'BACKEND';
    default:
      return 'OTHER';
  }
}

/** More replicas would have answered it: the queue was full, or its deadline passed there. */
export function isOverload({ code }: MillraceError, { sentMs }: Call): boolean {
  return code === 'queue-full' || (code === 'deadline-exceeded' && sentMs === 0);
}

/** What a served model says of itself and of the requests that it does not answer, in words and in codes. */
import { MillraceError } from '../base/errors.ts';
import type { Call, CallRequest } from '../balancer/call.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { LoadedReport } from '../protocol/control.ts';
import type { FailureReason } from '../metrics/model-statistics.ts';

/** Why a version is not READY where nothing more exact is known. */
export const stateReasons = {
  LOADING: 'loading',
  UNLOADING: 'being unloaded; the next request loads it again',
  IDLE: 'not loaded; the next request loads it',
  UNAVAILABLE: 'no replica is ready; one is being started',
} as const;

export const batchedElsewhere = 'The model runs on other servers, which batch for themselves.';
export const batchingUnknown = 'The model has not been loaded yet.';

/** Told when the first replica of a version has loaded it. */
export function readyEvent(name: string, version: string, { loadMs, warmUpMs, batching }: LoadedReport): NewHostEvent {
  return {
    kind: 'model',
    severity: 'info',
    model: name,
    sentence: `${name}/${version} is ready.`,
    facts: { version, loadMs: Math.round(loadMs), warmUpMs: Math.round(warmUpMs), batching },
  };
}

/** Told when so many servers are out that those are used as well, and when enough are back. */
export function panicEvent(name: string, isPanicking: boolean): NewHostEvent {
  return isPanicking
    ? {
        kind: 'model',
        severity: 'attention',
        model: name,
        sentence: `Fewer than half of the servers that answer for ${name} are healthy; the others are used as well, at half their weight.`,
        hint: 'Look at the servers under `upstreams` in its millrace.json; the log names those that are out.',
      }
    : {
        kind: 'model',
        severity: 'info',
        model: name,
        sentence: `Enough of the servers that answer for ${name} are healthy again; only those are used.`,
      };
}

export function shuttingDown(): MillraceError {
  return new MillraceError('shutting-down', 'The server is shutting down.', { retryable: true, retryAfterSeconds: 5 });
}

/** For a request that waits outside the queue of a version. */
export function deadlineError({ receivedMs, deadlineMs }: CallRequest): MillraceError {
  const timeoutMs = Math.round(deadlineMs - receivedMs);
  return new MillraceError(
    'deadline-exceeded',
    `The request's time of ${timeoutMs} ms passed before a replica was free.`,
    {
      hint: 'Allow more time with the parameter `timeout` (microseconds), or run more replicas.',
      details: { timeoutMs },
    },
  );
}

/** For a model that a person unloaded, in the words that Triton's clients know. */
export function unloadedError(name: string): MillraceError {
  return new MillraceError('model-not-ready', `Request for unknown model: '${name}' has no available versions`, {
    hint: 'It was unloaded; load it again with `millrace models load`.',
  });
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

/** Counts how a request ended: once, from served-model.ts. */
import type { MillraceError } from '../base/errors.ts';
import type { Call, Outcome } from '../balancer/call.ts';
import type { FailureReason, ModelStatistics } from '../metrics/model-statistics.ts';

export function recordOutcome(statistics: ModelStatistics, call: Call, outcome: Outcome): void {
  const totalMs = performance.now() - call.request.receivedMs;
  if ('error' in outcome) {
    statistics.recordFailure(failureReason(outcome.error), totalMs);
    return;
  }
  const { answer } = outcome;
  if (answer.type === 'http' && answer.status >= 400) {
    statistics.recordFailure(answer.status < 500 ? 'OTHER' : 'BACKEND', totalMs);
    return;
  }
  const run = answer.type === 'result' ? answer.cost : undefined;
  statistics.recordAnswer({ totalMs, queueMs: call.sentMs - call.request.receivedMs, run }, Date.now());
}

function failureReason(error: MillraceError): FailureReason {
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

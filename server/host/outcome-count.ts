/** How the end of a call appears in the statistics of its model version. Called once per call, from one place. */
import type { Call, Outcome } from '../balancer/call.ts';
import type { ModelStatistics } from '../metrics/model-statistics.ts';
import { failureReason, isOverload } from './served-model-words.ts';

export function countOutcome(statistics: ModelStatistics, call: Call, outcome: Outcome): void {
  const totalMs = performance.now() - call.request.receivedMs;
  if ('error' in outcome) {
    statistics.recordFailure(failureReason(outcome.error), totalMs);
    if (isOverload(outcome.error, call)) statistics.overloads++;
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

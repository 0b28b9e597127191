/** The result of a load test as a person reads it, and the line that is shown meanwhile. Pure. */
import { generatorText } from '../loadtest/html-report.ts';
import { planText } from '../loadtest/plan-text.ts';
import type { LatencySummary, LoadMeasurement, LoadResult, LoadSnapshot } from '../protocol/admin/load-result.ts';
import { table } from './output.ts';

export function benchText(result: LoadResult): string {
  const { plan, target, measurement, search, aborted } = result;
  const lines = [
    `${plan.model} at ${target.url}`,
    `${planText(plan)}; ${target.distinct} different requests (${target.inputs}), ${target.bodyBytes} bytes each`,
  ];
  if (aborted) lines.push('The test was ended before its time.');
  if (search !== undefined) {
    const rows = search.probes.map(({ purpose, perSecond, holds, reason }) => [
      purpose,
      rateText(perSecond),
      holds ? 'holds' : 'fails',
      reason,
    ]);
    lines.push('', table(['TRIAL', 'PER SECOND', '', 'WHY'], rows), '', search.sentence);
  }
  if (measurement !== undefined) lines.push('', ...measurementLines(measurement, plan.drive.kind !== 'closed'));
  return lines.join('\n');
}

function measurementLines(measurement: LoadMeasurement, isOpen: boolean): string[] {
  const { counts, latencyMs, serviceMs, failures, answeredPerSecond, duePerSecond, generator } = measurement;
  const due = isOpen ? `${counts.due.toLocaleString('en-US')} due (${rateText(duePerSecond)}/s), ` : '';
  const rows = [latencyRow(isOpen ? 'from due to answered' : 'from sent to answered', latencyMs)];
  if (isOpen) rows.push(latencyRow('from sent to answered', serviceMs));
  return [
    `${rateText(answeredPerSecond)} answers per second; ${due}${counts.answered.toLocaleString('en-US')} answered, ${counts.failed.toLocaleString('en-US')} failed`,
    '',
    table(['MILLISECONDS', 'P50', 'P75', 'P90', 'P95', 'P99', 'P99.9', 'P99.99', 'MAX', 'MEAN'], rows),
    ...(failures.length === 0
      ? []
      : [
          '',
          table(
            ['FAILURE', 'COUNT', 'FIRST'],
            failures.map(({ kind, count, example }) => [
              kind,
              String(count),
              example.replaceAll(/\s+/g, ' ').slice(0, 120),
            ]),
          ),
        ]),
    '',
    generatorText(measurement),
    ...generator.notes,
  ];
}

function latencyRow(name: string, { p50, p75, p90, p95, p99, p999, p9999, max, mean }: LatencySummary): string[] {
  return [name, ...[p50, p75, p90, p95, p99, p999, p9999, max, mean].map((ms) => ms.toFixed(2))];
}

export function snapshotText(snapshot: LoadSnapshot): string {
  const { step, elapsedMs, totalMs, answeredPerSecond, p50Ms, p99Ms, failed, outstanding } = snapshot;
  const seconds = `${Math.max(0, Math.round(elapsedMs / 1000))} of ${Math.round(totalMs / 1000)} s`;
  return `${step}  ${seconds}  ${rateText(answeredPerSecond)}/s  p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  ${outstanding} in flight  ${failed} failed`;
}

function rateText(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1);
}

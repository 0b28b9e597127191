/** What the commands for sources print. Texts of a source are another's: they arrive here quoted. */
import type { SourceRun, SourceView, SyncReportView } from '../protocol/admin/source-view.ts';
import { sizeText } from '../models/model-refusal.ts';
import type { PushReport } from '../sources/push.ts';
import type { StepResult } from '../sources/source-check.ts';
import type { VersionResult } from '../sources/sync.ts';
import { table } from './output.ts';

const stateWords: Readonly<Record<VersionResult['state'], string>> = {
  imported: 'new',
  planned: 'would be fetched',
  unchanged: 'unchanged',
  waiting: 'not complete yet',
  refused: 'refused',
  failed: 'not fetched',
};

export function sourcesText(views: readonly SourceView[]): string {
  if (views.length === 0) return 'There are no sources. Add one with `millrace sources add`.';
  const rows = views.map(({ settings, address, paused, credentials, last }) => [
    settings.name,
    address,
    settings.models.join(','),
    String(settings.versions === 'all' ? 'all' : `latest ${settings.versions}`),
    paused ? 'paused' : settings.everySeconds === 0 ? 'by hand' : `every ${settings.everySeconds} s`,
    credentials === 'none' ? '-' : credentials,
    last === undefined ? 'never' : `${when(last.endedAt ?? last.startedAt)} ${last.outcome}`,
  ]);
  const failed = views.filter(
    ({ last }) => last !== undefined && last.outcome !== 'done' && last.outcome !== 'running',
  );
  const notes = failed.map(({ last }) => `${last!.sentence}${last!.hint === undefined ? '' : `\n  ${last!.hint}`}`);
  return [table(['NAME', 'ADDRESS', 'MODELS', 'VERSIONS', 'SYNC', 'KEY', 'LAST'], rows), ...notes].join('\n\n');
}

export function checkText(steps: readonly StepResult[]): string {
  const marks = { ok: '✓', failed: '✗', skipped: '-' } as const;
  return steps
    .map(({ step, state, sentence, hint }) =>
      [`${marks[state]} ${step.padEnd(5)} ${sentence}`, ...(hint === undefined ? [] : [`        ${hint}`])].join('\n'),
    )
    .join('\n');
}

export function historyText(runs: readonly SourceRun[]): string {
  if (runs.length === 0) return 'Nothing has been synced yet.';
  const rows = runs.map(({ startedAt, endedAt, source, trigger, outcome, bytes, sentence }) => [
    when(startedAt),
    source,
    trigger,
    outcome,
    endedAt === undefined ? '-' : `${((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1)} s`,
    bytes === 0 ? '-' : sizeText(bytes),
    sentence || '-',
  ]);
  return table(['TIME', 'SOURCE', 'BY', 'RESULT', 'TOOK', 'BYTES', 'WHAT'], rows);
}

export function reportText(report: SyncReportView, isDry: boolean): string {
  if (report.error !== undefined) {
    return [report.sentence, ...(report.hint === undefined ? [] : [`  ${report.hint}`])].join('\n');
  }
  const lines = [report.sentence];
  for (const { model, version, state, sentence, hint, sizeBytes } of report.versions) {
    if (state === 'unchanged') continue;
    const size = sizeBytes > 0 && (state === 'planned' || state === 'imported') ? `, ${sizeText(sizeBytes)}` : '';
    lines.push(`  ${model} ${version}: ${stateWords[state]}${size}${state === 'imported' ? '' : `. ${sentence}`}`);
    if (hint !== undefined) lines.push(`    ${hint}`);
  }
  for (const { sentence } of report.problems) lines.push(`  ${sentence}`);
  if (isDry) lines.push('Nothing was fetched or changed: this was a dry run.');
  else if (report.fetchedBytes > 0) lines.push(`Fetched ${sizeText(report.fetchedBytes)}.`);
  return lines.join('\n');
}

export function pushText({ state, model, version, files, sentBytes }: PushReport, source: string): string {
  if (state === 'unchanged') return `Version ${version} of ${model} is at ${source} already, with the same contents.`;
  return `Published version ${version} of ${model} to ${source}: ${files} files and the manifest, ${sizeText(sentBytes)}.`;
}

/** `2026-11-24 09:31`, in the machine's own time. */
function when(iso: string): string {
  const at = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

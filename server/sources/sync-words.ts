/** The sentences and events of syncs. Pure. */
import type { MillraceError } from '../base/errors.ts';
import type { ErrorBody } from '../protocol/admin/error-body.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { SourceRun, SyncReportView } from '../protocol/admin/source-view.ts';
import type { SyncProgress, SyncReport, VersionResult } from './sync.ts';

const maxNamed = 4;

const stepLabels: Readonly<Record<SyncProgress['step'], string>> = {
  list: 'Listing',
  wait: 'Waiting for uploads to settle in',
  fetch: 'Fetching',
  copy: 'Copying',
  try: 'Trying',
};

/** What is being done now: `Fetching iris`. */
export function stepLabel({ step, name }: SyncProgress, source: string): string {
  return `${stepLabels[step]} ${name || source}`;
}

/** What a sync did, one sentence: `Factory brought iris 3; 4 versions unchanged, 1 refused.` */
export function runSentence(source: string, results: readonly VersionResult[], problemCount: number): string {
  const of = (state: VersionResult['state']): readonly VersionResult[] =>
    results.filter((each) => each.state === state);
  const brought = of('imported');
  const planned = of('planned');
  const parts = [
    brought.length > 0
      ? `brought ${named(brought)}`
      : planned.length > 0
        ? `would bring ${named(planned)}`
        : 'brought nothing new',
    ...counted(of('unchanged').length, 'unchanged'),
    ...counted(of('waiting').length, 'not complete yet'),
    ...counted(of('refused').length, 'refused'),
    ...counted(of('failed').length, 'not fetched'),
    ...counted(problemCount, 'left alone', 'key'),
  ];
  return `The source ${source} ${parts.join('; ')}.`;
}

/** What is told of one version; nothing of those that stay as they are. */
export function versionEvent(
  source: string,
  { model, version, state, sentence, hint }: VersionResult,
): NewHostEvent | undefined {
  const facts = { source, version };
  if (state === 'imported') return { kind: 'source', severity: 'info', model, sentence, facts };
  if (state !== 'refused' && state !== 'failed') return undefined;
  const what = `Version ${version} of ${model} from the source ${source} was ${state === 'refused' ? 'refused' : 'not fetched'}`;
  return {
    kind: 'source',
    severity: 'attention',
    model,
    sentence: `${what}: ${sentence}`,
    facts,
    ...(hint !== undefined && { hint }),
  };
}

/** Told when a source stops answering and when it answers again, not each time in between. */
export function recoverySentence(
  source: string,
  before: SourceRun | undefined,
  outcome: SyncReport['outcome'],
  sentence: string,
  hint: string | undefined,
): NewHostEvent | undefined {
  const facts = { source };
  if (outcome === 'failed') {
    if (before?.outcome === 'failed' && before.sentence === sentence) return undefined;
    return {
      kind: 'source',
      severity: 'attention',
      sentence: `The source ${source} could not be used: ${sentence} What is stored is served as before.`,
      facts,
      ...(hint !== undefined && { hint }),
    };
  }
  if (before?.outcome !== 'failed') return undefined;
  return { kind: 'source', severity: 'info', sentence: `The source ${source} answers again.`, facts };
}

function named(results: readonly VersionResult[]): string {
  const names = results.slice(0, maxNamed).map(({ model, version }) => `${model} ${version}`);
  const more = results.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function counted(number: number, what: string, noun = 'version'): string[] {
  return number === 0 ? [] : [`${number} ${noun}${number === 1 ? '' : 's'} ${what}`];
}

/** The highest version that a sync brought of each model. */
export function newestImported({
  versions,
}: {
  readonly versions: readonly Pick<VersionResult, 'model' | 'version' | 'state'>[];
}): { model: string; version: string }[] {
  const newest = new Map<string, string>();
  // They were imported in ascending order.
  for (const { model, version, state } of versions) if (state === 'imported') newest.set(model, version);
  return [...newest].map(([model, version]) => ({ model, version }));
}

/** An error as the admin API writes it. */
export function errorBody({ code, message, hint, details }: MillraceError): ErrorBody {
  return { error: message, code, ...(hint !== undefined && { hint }), ...(details !== undefined && { details }) };
}

/** A report as the admin API writes it. */
export function reportView(report: Omit<SyncReport, 'error'>, error: ErrorBody | undefined): SyncReportView {
  const { source, outcome, sentence, hint, versions, problems, fetchedBytes } = report;
  return {
    source,
    outcome,
    sentence,
    ...(hint !== undefined && { hint }),
    versions: versions.map(({ hint: ofVersion, ...each }) => ({
      ...each,
      ...(ofVersion !== undefined && { hint: ofVersion }),
    })),
    problems: [...problems],
    fetchedBytes,
    ...(error !== undefined && { error }),
  };
}

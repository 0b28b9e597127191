/**
 * A sync from beginning to end: list → plan → fetch → import → remember. The plan is sync-plan.ts's; here are its effects.
 *
 * Nothing that serves depends on any of this: what is imported is in the store, and a source that fails, lies or is gone changes
 * nothing there. Run by commands in their own process and by a host in a process beside it (server/sync).
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asMillraceError, MillraceError } from '../base/errors.ts';
import type { ErrorCode } from '../base/errors.ts';
import { importModels } from '../models/import.ts';
import type { ImportedVersion, RefusedVersion } from '../models/import.ts';
import { ModelStore } from '../models/model-store.ts';
import { freeBytesOf } from '../models/staging.ts';
import type { FreeBytes } from '../models/staging.ts';
import type { TryModel } from '../models/trial.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { SourceSettings } from '../protocol/admin/source-settings.ts';
import type { SourceRun } from '../protocol/admin/source-view.ts';
import { downloadLimits, sleep } from './download.ts';
import type { DownloadLimits, Wait } from './download.ts';
import { clearDownloads, fetchVersion, versionDownloads } from './fetch-version.ts';
import { holdVersion } from './hold-version.ts';
import type { ModelSource } from './model-source.ts';
import { failureReason } from './source-failure.ts';
import type { ListingProblem } from './source-listing.ts';
import { beatMs } from './source-memory.ts';
import type { SourceMemory } from './source-memory.ts';
import { gatherPlan } from './sync-facts.ts';
import type { PlannedDownload, SyncPlan } from './sync-plan.ts';
import { recoverySentence, runSentence, versionEvent } from './sync-words.ts';

export interface SyncProgress {
  readonly step: 'list' | 'wait' | 'fetch' | 'copy' | 'try';
  /** The model, empty while there is none. */
  readonly name: string;
  readonly doneBytes: number;
  /** 0 where the step cannot be measured. */
  readonly totalBytes: number;
}

export interface SyncJob {
  readonly settings: SourceSettings;
  /** Called once, and closed here. */
  readonly open: () => Promise<ModelSource>;
  readonly dataDirectory: string;
  readonly memory: SourceMemory;
  readonly tryModel: TryModel;
  readonly trigger: SourceRun['trigger'];
  /** Only plans: fetches, waits for and notes nothing. */
  readonly dryRun?: boolean;
  /** Fetches again what was refused before. */
  readonly retryRefused?: boolean;
  readonly onProgress?: (progress: SyncProgress) => void;
  readonly onEvent?: (event: NewHostEvent) => void;
  readonly signal?: AbortSignal | undefined;
  readonly parts?: SyncParts;
}

export interface OpenJob extends SyncJob {
  readonly source: ModelSource;
}

/** What tests replace. */
export interface SyncParts {
  readonly settleMs?: number;
  readonly limits?: DownloadLimits;
  readonly freeBytes?: FreeBytes;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly wait?: Wait;
}

export interface VersionResult {
  readonly model: string;
  readonly version: string;
  /** `planned` only in a dry run. `failed`: not its fault, it is tried again. */
  readonly state: 'imported' | 'unchanged' | 'waiting' | 'refused' | 'failed' | 'planned';
  readonly sentence: string;
  readonly hint: string | undefined;
  readonly sizeBytes: number;
}

export interface SyncReport {
  readonly source: string;
  readonly outcome: 'done' | 'partly' | 'failed';
  readonly sentence: string;
  readonly hint: string | undefined;
  readonly versions: readonly VersionResult[];
  readonly problems: readonly ListingProblem[];
  /** Over the line. */
  readonly fetchedBytes: number;
  /** Why the source could not be used at all. */
  readonly error: MillraceError | undefined;
}

/** A listing that stays the same for so long, with no manifest to say it, counts as complete. */
export const defaultSettleMs = 5000;
/** What the inspection or the trial refused is tried again after a day: a machine may have had too little memory. */
const refusedMs = 24 * 3_600_000;
/** What was not what it was said to be is fetched again after an hour, whole. */
const damagedMs = 3_600_000;
/** Versions in a row that may fail before the rest of the sync is left for the next one. */
const maxFailuresInARow = 3;

/** Throws `source-busy` and `storage-failed`, and the signal's reason; every other failure is in the report. */
export async function syncSource(job: SyncJob): Promise<SyncReport> {
  if (job.dryRun === true) return dryRun(job);
  const { memory, settings, trigger } = job;
  const [before] = memory.history(settings.name, 1);
  const run = memory.begin(settings.name, trigger);
  const beat = setInterval(() => memory.beat(run), beatMs);
  beat.unref();
  const results: VersionResult[] = [];
  let plan: SyncPlan | undefined;
  let fetchedBytes = 0;
  let error: MillraceError | undefined;
  let source: ModelSource | undefined;
  try {
    source = await job.open();
    const opened: OpenJob = { ...job, source };
    plan = await gatherPlan(opened, defaultSettleMs);
    tellProblems(job, plan);
    results.push(...settledResults(plan));
    await clearDownloads(join(job.dataDirectory, 'downloads'), settings.name, plan.downloads);
    let failures = 0;
    for (const planned of plan.downloads) {
      if (failures >= maxFailuresInARow) {
        results.push(
          result(planned, 'failed', 'It was left for the next sync, because those before it failed.', undefined),
        );
        continue;
      }
      const { done, bytes } = await takeVersion(opened, planned);
      fetchedBytes += bytes;
      results.push(done);
      failures = done.state === 'failed' ? failures + 1 : 0;
      const event = versionEvent(settings.name, done);
      if (event !== undefined) job.onEvent?.(event);
    }
  } catch (caught) {
    if (job.signal?.aborted === true) {
      memory.end(run, {
        ...counts(results),
        outcome: 'failed',
        sentence: 'It was stopped.',
        hint: undefined,
        bytes: fetchedBytes,
      });
      throw job.signal.reason;
    }
    error = asMillraceError(caught);
  } finally {
    clearInterval(beat);
    source?.close();
  }
  const failed = results.filter(({ state }) => state === 'failed');
  const outcome = error !== undefined ? 'failed' : failed.length > 0 ? 'partly' : 'done';
  const sentence = error?.message ?? runSentence(settings.name, results, plan!.problems.length);
  const hint = error?.hint ?? failed[0]?.hint;
  memory.end(run, { ...counts(results), outcome, sentence, hint, bytes: fetchedBytes });
  const event = recoverySentence(settings.name, before, outcome, sentence, hint);
  if (event !== undefined) job.onEvent?.(event);
  return {
    source: settings.name,
    outcome,
    sentence,
    hint,
    versions: results,
    problems: plan?.problems ?? [],
    fetchedBytes,
    error,
  };
}

async function dryRun(job: SyncJob): Promise<SyncReport> {
  const { settings } = job;
  let source: ModelSource | undefined;
  try {
    source = await job.open();
    const plan = await gatherPlan({ ...job, source }, defaultSettleMs);
    const versions = [
      ...settledResults(plan),
      ...plan.downloads.map((planned) => result(planned, 'planned', planned.reason, undefined, planned.sizeBytes)),
    ];
    const sentence = runSentence(settings.name, versions, plan.problems.length);
    const { problems } = plan;
    return {
      source: settings.name,
      outcome: 'done',
      sentence,
      hint: undefined,
      versions,
      problems,
      fetchedBytes: 0,
      error: undefined,
    };
  } catch (caught) {
    job.signal?.throwIfAborted();
    const error = asMillraceError(caught);
    const { message: sentence, hint } = error;
    return {
      source: settings.name,
      outcome: 'failed',
      sentence,
      hint,
      versions: [],
      problems: [],
      fetchedBytes: 0,
      error,
    };
  } finally {
    source?.close();
  }
}

function settledResults(plan: SyncPlan): VersionResult[] {
  return [
    ...plan.unchanged.map((each) => result(each, 'unchanged', each.reason, undefined)),
    ...plan.waiting.map((each) => result(each, 'waiting', each.reason, undefined)),
    ...plan.refused.map((each) => result(each, 'refused', each.reason, each.hint)),
  ];
}

/** Fetches and imports one version. A failure is a result; only an aborted signal throws. */
async function takeVersion(job: OpenJob, planned: PlannedDownload): Promise<{ done: VersionResult; bytes: number }> {
  const { settings, dataDirectory, memory, signal, parts = {} } = job;
  const { model, version, sizeBytes } = planned;
  const downloads = join(dataDirectory, 'downloads');
  let bytes = 0;
  const report = (step: SyncProgress['step'], doneBytes: number, totalBytes: number): void =>
    job.onProgress?.({ step, name: model, doneBytes, totalBytes });
  const remember = (
    outcome: 'imported' | 'refused',
    sentence: string,
    hint: string | undefined,
    againMs: number,
  ): void =>
    memory.rememberVersion(settings.name, model, version, {
      fingerprint: planned.fingerprint,
      outcome,
      sentence,
      hint,
      retryAtMs: (parts.now ?? Date.now)() + againMs,
    });
  const discard = (): Promise<void> =>
    rm(versionDownloads(downloads, settings.name, planned), { recursive: true, force: true, maxRetries: 3 });
  try {
    report('fetch', 0, sizeBytes);
    const fetched = await fetchVersion({
      source: job.source,
      name: settings.name,
      downloads,
      memory,
      store: new ModelStore(dataDirectory),
      planned,
      freeBytes: parts.freeBytes ?? freeBytesOf,
      limits: parts.limits ?? downloadLimits,
      signal,
      random: parts.random,
      wait: parts.wait ?? sleep,
      onBytes(doneBytes, fetchedBytes) {
        bytes = fetchedBytes;
        report('fetch', doneBytes, sizeBytes);
      },
    });
    if (!settings.promote) await holdVersion(new ModelStore(dataDirectory), model, version);
    const imported = await importFetched(job, planned, fetched.folder, report);
    if (imported.state === 'refused') throw imported.error;
    remember('imported', '', undefined, 0);
    await discard();
    const isNew = imported.state === 'imported';
    const sentence = isNew
      ? `Version ${version} of ${model} came from ${settings.name}.`
      : 'The store has the same contents.';
    return { done: result(planned, imported.state, sentence, undefined, sizeBytes), bytes };
  } catch (caught) {
    signal?.throwIfAborted();
    const error = asMillraceError(caught);
    const isPassing = !isVerdict(error);
    if (!isPassing) {
      const isDamage = failureReason(error) === 'checksum' || failureReason(error) === 'size';
      remember('refused', error.message, error.hint, isDamage ? damagedMs : refusedMs);
      await discard();
    }
    return { done: result(planned, isPassing ? 'failed' : 'refused', error.message, error.hint, sizeBytes), bytes };
  }
}

async function importFetched(
  job: OpenJob,
  { version }: PlannedDownload,
  folder: string,
  report: (step: SyncProgress['step'], doneBytes: number, totalBytes: number) => void,
): Promise<ImportedVersion | RefusedVersion> {
  const { versions } = await importModels({
    path: folder,
    dataDirectory: job.dataDirectory,
    version,
    exactVersion: true,
    origin: `${job.settings.name}: ${job.source.address}`,
    tryModel: job.tryModel,
    signal: job.signal,
    ...(job.parts?.freeBytes !== undefined && { freeBytes: job.parts.freeBytes }),
    onProgress: ({ step, doneBytes, totalBytes }) => report(step === 'unpack' ? 'copy' : step, doneBytes, totalBytes),
  });
  return versions[0]!;
}

const verdictCodes: ReadonlySet<ErrorCode> = new Set([
  'model-refused',
  'model-load-failed',
  'invalid-manifest',
  'invalid-name',
  'invalid-config',
]);

/** True where the contents themselves are to blame, so that fetching them again would give the same. */
function isVerdict(error: MillraceError): boolean {
  const reason = failureReason(error);
  if (reason !== undefined) return reason === 'checksum' || reason === 'size';
  return verdictCodes.has(error.code);
}

/** What the plan leaves alone is an event the first time that it is met; the next times it is only counted. */
function tellProblems(job: SyncJob, { problems, refused }: SyncPlan): void {
  const { memory, settings } = job;
  const isNew = (
    model: string,
    version: string,
    fingerprint: string,
    sentence: string,
    hint: string | undefined,
  ): boolean => {
    if (memory.known(settings.name, model, version)?.sentence === sentence) return false;
    // Judged again by every sync, because it costs no fetching.
    memory.rememberVersion(settings.name, model, version, {
      fingerprint,
      outcome: 'refused',
      sentence,
      hint,
      retryAtMs: 0,
    });
    return true;
  };
  for (const { subject, sentence } of problems) {
    if (!isNew('', subject, '', sentence, undefined)) continue;
    job.onEvent?.({ kind: 'source', severity: 'attention', sentence: `In the source ${settings.name}: ${sentence}` });
  }
  for (const each of refused) {
    if (!isNew(each.model, each.version, each.fingerprint, each.reason, each.hint)) continue;
    const event = versionEvent(settings.name, result(each, 'refused', each.reason, each.hint));
    if (event !== undefined) job.onEvent?.(event);
  }
}

function result(
  { model, version }: { readonly model: string; readonly version: string },
  state: VersionResult['state'],
  sentence: string,
  hint: string | undefined,
  sizeBytes = 0,
): VersionResult {
  return { model, version, state, sentence, hint, sizeBytes };
}

function counts(results: readonly VersionResult[]): { imported: number; unchanged: number; refused: number } {
  const of = (state: VersionResult['state']): number => results.filter((each) => each.state === state).length;
  return { imported: of('imported'), unchanged: of('unchanged'), refused: of('refused') };
}

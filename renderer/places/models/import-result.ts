/** What came out of an import, as its job tells it, and the checks that it passed as sentences. Pure. */
import type {
  ImportReportView,
  RefusedVersionView,
  StoredVersionView,
} from '../../../server/protocol/admin/import-report.ts';
import type { JobView } from '../../../server/protocol/admin/job-view.ts';
import { bytesText, durationText, formatNumber, unknownText } from '../../format/format.ts';
import { t } from '../../texts/t.ts';

export interface ImportedModel {
  readonly state: 'imported' | 'unchanged';
  readonly name: string;
  readonly version: string;
  readonly checks: readonly string[];
  readonly notes: readonly string[];
  /** Compared with the version before. */
  readonly changes: readonly { readonly text: string; readonly breaking: boolean }[];
}

export interface ImportOutcome {
  readonly versions: readonly (ImportedModel | RefusedVersionView)[];
  /** False where the host serves it only after a restart. */
  readonly isLive: boolean;
}

/** Undefined while the job runs, or where it ended without a report. */
export function importOutcome(job: JobView | undefined): ImportOutcome | undefined {
  const report = job?.result as ImportReportView | undefined;
  if (report?.versions === undefined) return undefined;
  return {
    versions: report.versions.map((version) => (version.state === 'refused' ? version : importedModel(version))),
    isLive: !report.restartNeeded,
  };
}

function importedModel(version: StoredVersionView): ImportedModel {
  const { state, name, notes, changes = [] } = version;
  return { state, name, version: version.version, notes, changes, checks: checksOf(version) };
}

function checksOf({ model, trial }: StoredVersionView): string[] {
  const opset = model.opsets['ai.onnx'] ?? Object.values(model.opsets)[0] ?? 0;
  const checks = [
    t('import.checkReadable', { opset: String(opset), producer: model.producer === '' ? unknownText : model.producer }),
    t('import.checkSize', { nodes: formatNumber(model.nodes), weights: bytesText(model.initializerBytes) }),
    t('import.checkTypes'),
    t('import.checkLoads', { time: durationText(trial.loadMs) }),
    t('import.checkMemory', { memory: bytesText(trial.rssBytes) }),
    t('import.checkDigest'),
  ];
  if (trial.samples !== undefined) checks.push(t('import.checkSamples', { count: trial.samples.rows }));
  return checks;
}

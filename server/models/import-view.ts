/** An import's report in the words of the admin API: for the jobs of a host, and for the command line. Pure. */
import type { ImportReportView } from '../protocol/admin/import-report.ts';
import type { ImportedVersion, ImportReport, RefusedVersion } from './import.ts';

/** `isRestartNeeded`: a running host takes no notice of the store. */
export function importReportView(report: ImportReport, isRestartNeeded: boolean): ImportReportView {
  return {
    versions: report.versions.map((version) =>
      version.state === 'refused' ? refusedVersion(version) : storedVersion(version),
    ),
    passedOver: [...report.passedOver],
    restartNeeded: isRestartNeeded && report.versions.some(({ state }) => state === 'imported'),
  };
}

function refusedVersion({ state, name, version, error }: RefusedVersion): ImportReportView['versions'][number] {
  const reason = error.details?.['reason'];
  return {
    state,
    name,
    ...(version !== undefined && { version }),
    code: error.code,
    error: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(typeof reason === 'string' && { reason }),
  };
}

function storedVersion({ state, record, changes }: ImportedVersion): ImportReportView['versions'][number] {
  const { name, version, digest, importedAt, origin, files, model, trial, notes } = structuredClone(record) as Mutable<
    typeof record
  >;
  return {
    state,
    name,
    version,
    digest,
    importedAt,
    origin,
    files,
    model,
    trial,
    notes,
    ...(changes !== undefined && {
      since: changes.since,
      changes: changes.list.map(({ text, breaking }) => ({ text, breaking })),
    }),
  };
}

/** What a clone may be: the record itself is never changed. */
type Mutable<T> = T extends object ? { -readonly [Member in keyof T]: Mutable<T[Member]> } : T;

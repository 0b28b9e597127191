/** What the commands of the store print: the same facts as lines for people and as JSON for programs. */
import { sizeText } from '../models/model-refusal.ts';
import type { VersionCheck } from '../models/model-store.ts';
import type { StoredServing } from '../models/serving-edit.ts';
import type { TrialResult, VersionRecord } from '../models/version-record.ts';
import type { ImportReportView, RefusedVersionView, StoredVersionView } from '../protocol/admin/import-report.ts';
import type { TensorSpec } from '../protocol/tensors.ts';
import { table } from './output.ts';

const restartNote = 'The running host serves it after a restart.';

/** `hostRuns`: whether a host runs for this store. */
export function importText(report: ImportReportView, hostRuns: boolean): string {
  const lines = report.versions.flatMap((version) =>
    version.state === 'refused' ? refusedLines(version) : importedLines(version),
  );
  if (report.passedOver.length > 0)
    lines.push(`Passed over, because no model is in it: ${report.passedOver.slice(0, 10).join(', ')}`);
  const isAny = report.versions.some(({ state }) => state === 'imported');
  if (isAny && !hostRuns) lines.push('Serve it with `millrace serve`.');
  if (report.restartNeeded) lines.push(restartNote);
  return lines.join('\n');
}

export function showText(
  name: string,
  records: readonly { readonly version: string; readonly record: VersionRecord | undefined }[],
  quarantined: readonly VersionCheck[],
): string {
  const lines = [name];
  for (const { version, record } of records) {
    if (record === undefined) {
      lines.push('', `  Version ${version}: its version.json is damaged; run \`millrace models verify ${name}\`.`);
      continue;
    }
    lines.push(
      '',
      `  Version ${version}, imported ${record.importedAt.slice(0, 16).replace('T', ' ')} from ${record.origin.source}`,
    );
    lines.push(...recordLines(record).map((line) => `    ${line}`));
  }
  for (const { version, fault } of quarantined) lines.push('', `  Version ${version} is in quarantine: it ${fault}.`);
  return lines.join('\n');
}

function refusedLines({ name, version, error, hint }: RefusedVersionView): string[] {
  const which = version === undefined ? name : `${name}, version ${version}`;
  return [`Refused ${which}: ${error}`, ...(hint === undefined ? [] : [`  ${hint}`])];
}

function importedLines(version: StoredVersionView): string[] {
  const head = `${version.name}, version ${version.version}`;
  if (version.state === 'unchanged') return [`Unchanged ${head}: the store has these very contents.`];
  return [`Imported ${head}`, ...recordLines(version).map((line) => `  ${line}`), ...changeLines(version)];
}

/** The imported models while no host runs. */
export function storedModelsText(models: readonly StoredServing[]): string {
  if (models.length === 0) return 'No model has been imported, and no host runs for this data folder.';
  return [
    table(
      ['MODEL', 'SERVED', 'VERSIONS', 'NOTE'],
      models.map(({ name, served, versions, wishes }) => [
        name,
        served,
        versions.join(', '),
        [
          wishes.isPinned ? 'pinned' : '',
          wishes.traffic === undefined ? '' : 'split',
          wishes.shadow === undefined ? '' : `shadow ${wishes.shadow}`,
        ]
          .filter((note) => note !== '')
          .join(', '),
      ]),
    ),
    '',
    'No host runs for this data folder; start one with `millrace serve`.',
  ].join('\n');
}

function changeLines({ since, changes }: StoredVersionView): string[] {
  if (changes === undefined) return [];
  if (changes.length === 0) return [`  Takes and gives what version ${since} does.`];
  const isBreaking = changes.some(({ breaking }) => breaking);
  return [
    `  Compared with version ${since}${isBreaking ? ', apps that call it may have to change' : ''}:`,
    ...changes.map((change) => `  ${changeLine(change)}`),
  ];
}

/** What apps will notice of a change, and whether they may fail. */
export function changeLine({ text, breaking }: { readonly text: string; readonly breaking: boolean }): string {
  return `  ${breaking ? 'breaking  ' : 'compatible'}  ${text}`;
}

/** A record's or that of a report, which leaves out samples that did not run. */
type MeasuredTrial = Omit<TrialResult, 'samples'> & { readonly samples?: TrialResult['samples'] };

function recordLines({
  model,
  trial,
  files,
  digest,
  notes,
}: Pick<VersionRecord, 'model' | 'files' | 'digest' | 'notes'> & { readonly trial: MeasuredTrial }): string[] {
  const totalBytes = Object.values(files).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const opsets = Object.entries(model.opsets).map(([domain, version]) => `${domain} ${version}`);
  const { samples } = trial;
  return [
    `inputs   ${trial.signature.inputs.map(specText).join(', ') || 'none'}`,
    `outputs  ${trial.signature.outputs.map(specText).join(', ')}`,
    `model    ${model.nodes} nodes, ${sizeText(totalBytes)}, ${opsets.join(', ')}${model.producer === '' ? '' : `, by ${model.producer}`}`,
    `tried    loads in ${Math.round(trial.loadMs)} ms, ${sizeText(trial.rssBytes)} of memory. ${trial.batching}`,
    ...(samples === undefined
      ? []
      : [`tests    ${samples.rows} saved test cases agree, largest difference ${samples.worstError.toPrecision(2)}`]),
    `digest   ${digest.slice(0, 16)}`,
    ...notes.map((note) => `note     ${note}`),
  ];
}

function specText({ name, datatype, shape }: TensorSpec): string {
  return `${name} ${datatype} [${shape.map((size) => (size === -1 ? 'any' : size)).join(', ')}]`;
}

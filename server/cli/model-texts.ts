/** What the commands of the store print: the same facts as lines for people and as JSON for programs. */
import type { ImportedVersion, ImportReport, RefusedVersion } from '../models/import.ts';
import { sizeText } from '../models/model-refusal.ts';
import type { VersionCheck } from '../models/model-store.ts';
import type { SignatureChange } from '../models/signature-diff.ts';
import type { VersionRecord } from '../models/version-record.ts';
import type { TensorSpec } from '../protocol/tensors.ts';

const restartNote = 'The running host serves it after a restart.';

export function importText(report: ImportReport, isHostRunning: boolean): string {
  const lines = report.versions.flatMap((version) =>
    version.state === 'refused' ? refusedLines(version) : importedLines(version),
  );
  if (report.passedOver.length > 0)
    lines.push(`Passed over, because no model is in it: ${report.passedOver.slice(0, 10).join(', ')}`);
  const isAny = report.versions.some(({ state }) => state === 'imported');
  if (isAny) lines.push(isHostRunning ? restartNote : 'Serve it with `millrace serve`.');
  return lines.join('\n');
}

export function importJson(report: ImportReport, isHostRunning: boolean): object {
  return {
    versions: report.versions.map((version) => {
      if (version.state === 'refused') {
        const { name, error } = version;
        return {
          state: 'refused',
          name,
          version: version.version,
          code: error.code,
          error: error.message,
          hint: error.hint,
          reason: error.details?.['reason'],
        };
      }
      const { state, record, changes } = version;
      return { state, ...record, ...(changes !== undefined && { since: changes.since, changes: changes.list }) };
    }),
    passedOver: report.passedOver,
    restartNeeded: isHostRunning && report.versions.some(({ state }) => state === 'imported'),
  };
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

function refusedLines({ name, version, error }: RefusedVersion): string[] {
  const which = version === undefined ? name : `${name}, version ${version}`;
  return [`Refused ${which}: ${error.message}`, ...(error.hint === undefined ? [] : [`  ${error.hint}`])];
}

function importedLines({ state, record, changes }: ImportedVersion): string[] {
  const head = `${record.name}, version ${record.version}`;
  if (state === 'unchanged') return [`Unchanged ${head}: the store has these very contents.`];
  return [`Imported ${head}`, ...recordLines(record).map((line) => `  ${line}`), ...changeLines(changes)];
}

function changeLines(changes: ImportedVersion['changes']): string[] {
  if (changes === undefined) return [];
  if (changes.list.length === 0) return [`  Takes and gives what version ${changes.since} does.`];
  const isBreaking = changes.list.some(({ breaking }) => breaking);
  const line = ({ text, breaking }: SignatureChange): string =>
    `    ${breaking ? 'breaking  ' : 'compatible'}  ${text}`;
  return [
    `  Compared with version ${changes.since}${isBreaking ? ', apps that call it may have to change' : ''}:`,
    ...changes.list.map(line),
  ];
}

function recordLines({ model, trial, files, digest, notes }: VersionRecord): string[] {
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

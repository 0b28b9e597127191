/**
 * What people put beside a model, brought into staging: labels.txt, millrace.json, config.pbtxt and samples.json, from the
 * version's folder or the model's. Each is read before it is kept, so that a broken one is said now and not at the next start.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { parseManifest } from './manifest.ts';
import type { ModelManifest } from './manifest.ts';
import { parseModelConfig } from './model-config.ts';
import type { ModelConfig } from './model-config.ts';
import { modelRefusal } from './model-refusal.ts';
import { packagePath } from './import-source.ts';
import { openPackageFile } from './package-file.ts';
import type { PackageModel, PackageVersion } from './package-layout.ts';
import { parseSamples } from './samples.ts';
import type { SampleCases } from './samples.ts';
import type { FileDigest } from './staging.ts';
import type { StagingJob } from './version-staging.ts';
import { parseLocation } from './external-data.ts';

export interface SideFiles {
  readonly manifest: ModelManifest;
  readonly config: ModelConfig | undefined;
  readonly samples: SampleCases | undefined;
  readonly notes: readonly string[];
}

const maxTextBytes = 4 * 1024 * 1024;
/** Rows of images as JSON are large. */
const maxSamplesBytes = 64 * 1024 * 1024;

/** Adds to `files` what it keeps. `labels` come from the model itself and count where no file has any. */
export async function stageSideFiles(
  job: StagingJob,
  model: PackageModel,
  version: PackageVersion,
  folder: string,
  files: Record<string, FileDigest>,
  labels: readonly string[] | undefined,
): Promise<SideFiles> {
  const notes: string[] = [];
  const keep = async (name: string, text: string | undefined): Promise<void> => {
    if (text !== undefined) files[name] = await job.staging.writeText(text, `${folder}/${name}`);
  };
  /** A single file was named: what lies beside it belongs to who knows what. */
  const read = async (name: string, maxBytes = maxTextBytes): Promise<string | undefined> =>
    model.folder === undefined
      ? undefined
      : ((await readText(job.root, packagePath(version.folder, name), maxBytes)) ??
        (await readText(job.root, packagePath(model.folder, name), maxBytes)));

  const configText = await read('config.pbtxt');
  const config = configText === undefined ? undefined : parseModelConfig(configText, 'config.pbtxt');
  for (const { field, line, reason } of config?.unmapped ?? [])
    notes.push(`config.pbtxt, line ${line}: ${field} is not used: ${reason}.`);
  await keep('config.pbtxt', configText);

  const manifestText = await read('millrace.json');
  const manifest = parseManifest(
    { ...config?.manifest, ...(manifestText !== undefined && readJson(manifestText)) },
    'millrace.json',
  );
  await keep('millrace.json', manifestText);

  const labelFile = config?.labelFile;
  const labelPath = labelFile === undefined ? undefined : parseLabelPath(labelFile);
  const labelText =
    (await read('labels.txt')) ??
    (labelPath === undefined ? undefined : await read(labelPath)) ??
    (labels === undefined ? undefined : `${labels.join('\n')}\n`);
  if (labelFile !== undefined && labelText === undefined)
    notes.push(`config.pbtxt names the labels ${labelFile}, which are not there.`);
  await keep('labels.txt', labelText);

  const samplesText = await read('samples.json', maxSamplesBytes);
  await keep('samples.json', samplesText);
  notes.push(...(await unusedFiles(job.root, model, version, files, labelPath)));
  return { manifest, config, samples: samplesText === undefined ? undefined : parseSamples(samplesText), notes };
}

function parseLabelPath(labelFile: string): string {
  return labelFile === 'labels.txt' ? labelFile : parseLocation(labelFile).join('/');
}

async function unusedFiles(
  root: string,
  model: PackageModel,
  version: PackageVersion,
  files: Readonly<Record<string, FileDigest>>,
  labelPath: string | undefined,
): Promise<string[]> {
  if (model.folder === undefined) return [];
  const entries = await readdir(join(root, version.folder), { recursive: true, withFileTypes: true });
  const inVersion = version.version !== undefined;
  const unused = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(join(root, version.folder).length)
        .replaceAll('\\', '/')
        .replace(/^\//, ''),
    )
    .filter(
      (path) => files[path] === undefined && path !== version.file && path !== labelPath && path !== 'version.json',
    );
  if (unused.length === 0) return [];
  const shown = unused.slice(0, 5).join(', ');
  return [
    `Not part of the model and left out${inVersion ? ` of version ${version.version}` : ''}: ${shown}${unused.length > 5 ? ` and ${unused.length - 5} more` : ''}.`,
  ];
}

async function readText(root: string, path: string, maxBytes: number): Promise<string | undefined> {
  const file = await openPackageFile(root, path);
  if (file === undefined) return undefined;
  try {
    if (file.sizeBytes > maxBytes) {
      throw modelRefusal(
        'limit',
        `${path} has ${file.sizeBytes} bytes; at most ${maxBytes} are read.`,
        `Make ${path} smaller.`,
      );
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.handle.readFile());
    return text === '' ? undefined : text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw modelRefusal('text', `${path} is not UTF-8 text.`, 'Save it as UTF-8.', error);
  } finally {
    await file.handle.close();
  }
}

function readJson(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch (error) {
    throw new MillraceError('invalid-manifest', `millrace.json is not valid JSON: ${(error as Error).message}.`, {
      hint: 'Correct millrace.json.',
    });
  }
}

/**
 * Brings one version of a model into staging, file by file, judged on the way: the model, the weights it keeps in other files,
 * labels, settings and test cases. After this nothing is read from where it came from.
 */
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ByteSource } from './byte-source.ts';
import { parseLocation } from './external-data.ts';
import { packagePath } from './import-source.ts';
import { checkValues, inspectModel } from './inspection.ts';
import { modelRefusal, sizeText } from './model-refusal.ts';
import type { ExternalFile, OnnxModel } from './onnx-reader.ts';
import { openPackageFile } from './package-file.ts';
import type { PackageFile } from './package-file.ts';
import type { PackageModel, PackageVersion } from './package-layout.ts';
import { stageSideFiles } from './side-files.ts';
import type { SideFiles } from './side-files.ts';
import { checkSpace, explainFull } from './staging.ts';
import type { FileDigest, FreeBytes, Staging } from './staging.ts';
import { labelLines, planZipMapRemoval } from './zip-map.ts';

export interface StagingJob {
  readonly staging: Staging;
  /** The package, a real path. */
  readonly root: string;
  readonly freeBytes: FreeBytes;
  readonly onBytes: (doneBytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

export interface StagedVersion {
  /** Absolute; becomes the version's folder. */
  readonly folder: string;
  readonly model: OnnxModel;
  readonly files: Record<string, FileDigest>;
  readonly sha256: string;
  readonly neededBytes: number;
  readonly side: SideFiles;
  /** What was changed in the model file, and what a person should know; one sentence each. */
  readonly changes: readonly string[];
  readonly notes: readonly string[];
}

/** `folder` is a new name in staging. Throws `model-refused` and `invalid-manifest`. */
export async function stageVersion(
  job: StagingJob,
  model: PackageModel,
  version: PackageVersion,
  folder: string,
): Promise<StagedVersion> {
  const neededBytes = await measure(job, version, packagePath(version.folder, version.file));
  await checkSpace(job.staging.path, neededBytes, job.freeBytes);
  try {
    return await copyVersion(job, model, version, folder, neededBytes);
  } catch (error) {
    return explainFull(error, job.staging.path, neededBytes, job.freeBytes);
  }
}

async function copyVersion(
  job: StagingJob,
  model: PackageModel,
  version: PackageVersion,
  folder: string,
  neededBytes: number,
): Promise<StagedVersion> {
  let doneBytes = 0;
  const onBytes = (bytes: number): void => job.onBytes((doneBytes += bytes), neededBytes);
  const files: Record<string, FileDigest> = Object.create(null);
  const stage = async (from: PackageFile, to: string): Promise<void> => {
    try {
      files[to] = await job.staging.copy(from.handle, from.sizeBytes, `${folder}/${to}`, onBytes, job.signal);
    } finally {
      await from.handle.close();
    }
  };
  await stage(await required(job.root, packagePath(version.folder, version.file)), 'model.onnx');
  const { sha256 } = files['model.onnx']!;
  const rewritten = await withoutZipMap(job.staging, folder, version.shownAs ?? version.file);
  files['model.onnx'] = rewritten.digest ?? files['model.onnx']!;
  checkValues(rewritten.model);
  for (const [target, external] of distinct(rewritten.model.externalFiles)) {
    await stage(await openExternal(job.root, version, target, external), target);
  }
  const side = await stageSideFiles(job, model, version, folder, files, rewritten.labels);
  const notes = [...rewritten.notes, ...side.notes];
  return {
    folder: join(job.staging.path, folder),
    model: rewritten.model,
    files,
    sha256,
    neededBytes,
    side,
    changes: rewritten.changes,
    notes,
  };
}

/** Bytes that the version takes. Looks into the model where it is, so that a wrong file is refused before it is copied. */
async function measure(job: StagingJob, version: PackageVersion, path: string): Promise<number> {
  const file = await required(job.root, path);
  try {
    // ZipMap asks for a second copy while the file is written anew; a classifier is small.
    const model = inspectModel(ByteSource.ofFile(file.handle.fd, file.sizeBytes), version.shownAs ?? version.file);
    let neededBytes = file.sizeBytes * (model.zipMaps.length > 0 ? 2 : 1);
    for (const [target, external] of distinct(model.externalFiles)) {
      const found = await openExternal(job.root, version, target, external);
      neededBytes += found.sizeBytes;
      await found.handle.close();
    }
    return neededBytes;
  } finally {
    await file.handle.close();
  }
}

interface Rewritten {
  readonly model: OnnxModel;
  /** Undefined where the file is as it came. */
  readonly digest: FileDigest | undefined;
  readonly labels: readonly string[] | undefined;
  readonly changes: readonly string[];
  readonly notes: readonly string[];
}

async function withoutZipMap(staging: Staging, folder: string, fileName: string): Promise<Rewritten> {
  const path = join(staging.path, folder, 'model.onnx');
  const { model, sizeBytes } = await inspectFile(path, fileName);
  const plan = planZipMapRemoval(model, sizeBytes);
  if (plan === undefined) return { model, digest: undefined, labels: undefined, changes: [], notes: [] };
  const before = join(staging.path, `${folder}.before`);
  await rename(path, before);
  const handle = await open(before);
  let digest: FileDigest;
  try {
    digest = await staging.compose(handle, plan.pieces, `${folder}/model.onnx`);
  } finally {
    await handle.close();
  }
  await rm(before);
  const labels = labelLines(plan.classLabels);
  const notes = [
    `scikit-learn's ZipMap was taken out: ${plan.replaced.map(({ output, tensor }) => `the map ${output} is served as the tensor ${tensor}`).join(', ')}.`,
  ];
  if (labels === undefined && plan.classLabels.length > 0) {
    notes.push(
      `The classes ${plan.classLabels.slice(0, 10).join(', ')} are what the label output says; they are no line numbers, so there is no labels.txt.`,
    );
  }
  const changes = plan.replaced.map(({ output, tensor }) => `ZipMap removed: output ${output} became ${tensor}`);
  return { model: (await inspectFile(path, fileName)).model, digest, labels, changes, notes };
}

async function inspectFile(path: string, fileName: string): Promise<{ model: OnnxModel; sizeBytes: number }> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    return { model: inspectModel(ByteSource.ofFile(handle.fd, size), fileName), sizeBytes: size };
  } finally {
    await handle.close();
  }
}

/** By the path in the version's folder. Throws where two differ in case only: Windows and macOS would make them one file. */
function distinct(externalFiles: readonly ExternalFile[]): Map<string, ExternalFile> {
  const targets = new Map<string, ExternalFile>();
  const keys = new Map<string, string>();
  for (const external of externalFiles) {
    const target = parseLocation(external.location).join('/');
    const first = keys.get(target.toLowerCase());
    if (first !== undefined && first !== target) {
      const message = `The model keeps weights in ${first} and in ${target}, which are one file on Windows and macOS.`;
      throw modelRefusal('external-data-location', message, 'Export it again with one file of external data.');
    }
    keys.set(target.toLowerCase(), target);
    const minBytes = Math.max(external.minBytes, targets.get(target)?.minBytes ?? 0);
    targets.set(target, { ...external, minBytes });
  }
  return targets;
}

async function openExternal(
  root: string,
  version: PackageVersion,
  target: string,
  { minBytes }: ExternalFile,
): Promise<PackageFile> {
  const file = await openPackageFile(root, packagePath(version.folder, target), { singleName: true });
  if (file === undefined) {
    throw modelRefusal(
      'external-data-missing',
      `The model keeps its weights in a second file, ${target} (at least ${sizeText(minBytes)}), which is not beside it.`,
      `Ask for ${target} too and import the folder with both files.`,
    );
  }
  if (file.sizeBytes >= minBytes) return file;
  await file.handle.close();
  throw modelRefusal(
    'external-data-truncated',
    `${target} has ${file.sizeBytes} bytes, but the model's weights in it need at least ${minBytes}.`,
    `Copy ${target} again: the last copy or download did not finish, or it belongs to another model.`,
  );
}

async function required(root: string, path: string): Promise<PackageFile> {
  const file = await openPackageFile(root, path);
  if (file !== undefined) return file;
  throw modelRefusal('no-model', `${path} is gone.`, 'Import it again when it is complete.');
}

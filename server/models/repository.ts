/**
 * Reads a model repository from a folder, in Triton's layout:
 *
 *     <model>/<version>/model.onnx     version: digits, greater than 0, no leading zero
 *     <model>/labels.txt               one class label per line, optional
 *     <model>/millrace.json            our settings, optional (manifest.ts)
 *     <model>/config.pbtxt             Triton's settings, optional (model-config.ts)
 *
 * The last three may also lie in the version's folder, where an import puts them; the model's own win.
 *
 * Owns what counts as a model and what is wrong with the rest. Opens no model: the replica does, in its own process. Writes
 * nothing. One bad model never hides the others: it becomes a problem that a person can read and mend.
 */

import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import type { ModelManifest } from './manifest.ts';
import type { VersionPolicy } from './model-config.ts';
import { modelNameKey, parseModelName } from './model-name.ts';
import { readConfig, readLabels, readManifest } from './model-settings.ts';
import { codeOf, findFile, problemOf, ScanProblem } from './repository-file.ts';
import type { RepositoryProblem } from './repository-file.ts';

export type { RepositoryProblem } from './repository-file.ts';

export interface ModelVersion {
  /** Digits, e.g. `'1'`. */
  readonly version: string;
  /** Absolute, symbolic links resolved, inside the repository. */
  readonly modelPath: string;
  readonly sizeBytes: number;
}

export interface ModelEntry {
  readonly name: string;
  /** Ascending by number. Empty only where the manifest has upstreams: such a model runs elsewhere. */
  readonly versions: readonly ModelVersion[];
  /** Class labels by index; undefined without labels.txt. */
  readonly labels: readonly string[] | undefined;
  readonly manifest: ModelManifest;
  /** Triton's `version_policy`: which versions the owner wants in service. */
  readonly policy: VersionPolicy | undefined;
}

export interface RepositoryScan {
  /** Sorted by name. */
  readonly models: readonly ModelEntry[];
  readonly problems: readonly RepositoryProblem[];
}

/** Up to 18 digits fit a signed 64-bit number, which Triton's clients send. */
const VERSION = /^[1-9][0-9]{0,17}$/;

/**
 * What is in `directory` now.
 *
 * Files and folders whose name starts with a dot are passed over, as are files beside the models. A version without a
 * usable model.onnx is left out with a problem and the model's other versions remain; a model with a broken manifest or
 * broken labels is left out as a whole, because it would answer otherwise than its owner says.
 * Errors: `invalid-config` where the folder itself cannot be read.
 */
export async function scanRepository(directory: string): Promise<RepositoryScan> {
  const root = await openRoot(directory);
  const models: ModelEntry[] = [];
  const problems: RepositoryProblem[] = [];
  const firstNames = new Map<string, string>();
  for (const folder of root.folders) {
    try {
      const name = parseModelName(folder);
      const first = firstNames.get(modelNameKey(name));
      if (first !== undefined) throw collision(name, first);
      firstNames.set(modelNameKey(name), name);
      models.push(await readModel(root.path, name, problems));
    } catch (error) {
      problems.push(problemOf(error, folder));
    }
  }
  return { models, problems };
}

/**
 * One model of a repository as it is now, its settings as those of `version`: labels and settings that came with a version hold
 * for that version. Undefined where the model cannot be served; `problems` says why. Throws `invalid-config` as scanRepository.
 */
export async function scanModel(
  directory: string,
  name: string,
  version: string | undefined,
): Promise<{ readonly entry: ModelEntry | undefined; readonly problems: readonly RepositoryProblem[] }> {
  const root = await openRoot(directory);
  const problems: RepositoryProblem[] = [];
  try {
    return { entry: await readModel(root.path, name, problems, version), problems };
  } catch (error) {
    return { entry: undefined, problems: [...problems, problemOf(error, name)] };
  }
}

/** The real path of the repository and the names of the folders in it, sorted. */
async function openRoot(directory: string): Promise<{ path: string; folders: string[] }> {
  try {
    const path = await realpath(resolve(directory));
    const folders: string[] = [];
    for (const name of await readdir(path)) {
      if (!name.startsWith('.') && (await isFolder(join(path, name)))) folders.push(name);
    }
    return { path, folders: folders.sort() };
  } catch (cause) {
    throw new MillraceError('invalid-config', `The model folder ${directory} cannot be read (${codeOf(cause)}).`, {
      hint: 'Name an existing folder that this user may read, with one folder for each model in it.',
      cause,
    });
  }
}

async function readModel(
  root: string,
  name: string,
  problems: RepositoryProblem[],
  settingsOf?: string,
): Promise<ModelEntry> {
  const names = await readdir(join(root, name));
  const numbers = names.filter((entry) => VERSION.test(entry)).sort(byNumber);
  const chosen = settingsOf ?? numbers.at(-1);
  const config = await readConfig(root, name, chosen, problems);
  const manifest = await readManifest(root, name, chosen, config);
  const versions: ModelVersion[] = [];
  const faults: RepositoryProblem[] = [];
  for (const version of numbers) {
    try {
      versions.push(await readVersion(root, name, version));
    } catch (error) {
      faults.push(problemOf(error, `${name}/${version}`));
    }
  }
  problems.push(...faults);
  if (versions.length === 0 && manifest.upstreams.length === 0) {
    throw new ScanProblem(name, `Model ${name} has no version that can be served.`, layoutHint(name, names, faults));
  }
  const labels = await readLabels(root, name, settingsOf ?? versions.at(-1)?.version, config);
  return { name, versions, labels, manifest, policy: config?.versionPolicy };
}

async function readVersion(root: string, name: string, version: string): Promise<ModelVersion> {
  const path = `${name}/${version}/model.onnx`;
  const file = await findFile(root, path);
  if (file === undefined) {
    const others = await readdir(join(root, name, version));
    const found = others.length === 0 ? 'it is empty' : `it holds ${others.slice(0, 3).join(', ')}`;
    throw new ScanProblem(
      `${name}/${version}`,
      `Version ${version} of ${name} has no model.onnx; ${found}.`,
      `Put the model at ${path}; Millrace serves ONNX files only.`,
    );
  }
  if (file.sizeBytes === 0) throw new ScanProblem(path, `${path} is empty.`, 'Copy the model file again.');
  return { version, modelPath: file.path, sizeBytes: file.sizeBytes };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function collision(name: string, first: string): ScanProblem {
  const message = `Model ${name} has the same name as ${first}, apart from upper and lower case.`;
  return new ScanProblem(name, message, `Rename one of the two folders; ${first} is served.`);
}

function layoutHint(name: string, names: readonly string[], faults: readonly RepositoryProblem[]): string {
  if (faults[0] !== undefined) return faults[0].hint;
  const stray = names.find((entry) => entry.endsWith('.onnx'));
  return stray === undefined
    ? `Put the model at ${name}/1/model.onnx.`
    : `Move ${name}/${stray} to ${name}/1/model.onnx.`;
}

function byNumber(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}

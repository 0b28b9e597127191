/**
 * Reads a model repository from a folder, in Triton's layout:
 *
 *     <model>/<version>/model.onnx     version: digits, greater than 0, no leading zero
 *     <model>/labels.txt               one class label per line, optional
 *     <model>/millrace.json            our settings, optional (manifest.ts)
 *
 * Owns what counts as a model and what is wrong with the rest. Opens no model: the replica does, in its own process. Writes
 * nothing. One bad model never hides the others: it becomes a problem that a person can read and mend.
 */

import { lstat, readFile, readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { asMillraceError, MillraceError } from '../base/errors.ts';
import { parseManifest, type ModelManifest } from './manifest.ts';
import { modelNameKey, parseModelName } from './model-name.ts';

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
}

export interface RepositoryProblem {
  /** Relative to the repository, with `/` on every system. */
  readonly path: string;
  /** One sentence; holds no absolute path. */
  readonly message: string;
  /** What a person can do about it. */
  readonly hint: string;
}

export interface RepositoryScan {
  /** Sorted by name. */
  readonly models: readonly ModelEntry[];
  readonly problems: readonly RepositoryProblem[];
}

/** Up to 18 digits fit a signed 64-bit number, which Triton's clients send. */
const VERSION = /^[1-9][0-9]{0,17}$/;

/** labels.txt and millrace.json are read whole; ImageNet's 1000 labels take 30 kB. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;

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

async function readModel(root: string, name: string, problems: RepositoryProblem[]): Promise<ModelEntry> {
  const manifest = await readManifest(root, name);
  const labels = await readLabels(root, name);
  const names = await readdir(join(root, name));
  const versions: ModelVersion[] = [];
  const faults: RepositoryProblem[] = [];
  for (const version of names.filter((entry) => VERSION.test(entry)).sort(byNumber)) {
    try {
      versions.push(await readVersion(root, name, version));
    } catch (error) {
      faults.push(problemOf(error, `${name}/${version}`));
    }
  }
  problems.push(...faults);
  if (names.includes('config.pbtxt')) problems.push(unreadConfig(name));
  if (versions.length === 0 && manifest.upstreams.length === 0) {
    throw new ScanProblem(name, `Model ${name} has no version that can be served.`, layoutHint(name, names, faults));
  }
  return { name, versions, labels, manifest };
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

async function readManifest(root: string, name: string): Promise<ModelManifest> {
  const path = `${name}/millrace.json`;
  const text = await readText(root, path);
  if (text === undefined) return parseManifest({}, path);
  try {
    return parseManifest(JSON.parse(text), path);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw new ScanProblem(path, ...wordsOf(error));
    throw new ScanProblem(path, `${path} is not valid JSON: ${error.message}.`, `Correct ${path}.`);
  }
}

async function readLabels(root: string, name: string): Promise<string[] | undefined> {
  const text = await readText(root, `${name}/labels.txt`);
  return text === undefined || text === '' ? undefined : text.replace(/\r?\n$/, '').split(/\r?\n/);
}

/** Text of a file of the repository without a byte-order mark; undefined where there is none. */
async function readText(root: string, path: string): Promise<string | undefined> {
  const file = await findFile(root, path);
  if (file === undefined) return undefined;
  if (file.sizeBytes > MAX_TEXT_BYTES) {
    const message = `${path} has ${file.sizeBytes} bytes; at most ${MAX_TEXT_BYTES} are read.`;
    throw new ScanProblem(path, message, `Make ${path} smaller.`);
  }
  const bytes = await readFile(file.path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ScanProblem(path, `${path} is not UTF-8 text.`, 'Save it as UTF-8.');
  }
}

/**
 * The regular file at `path`; undefined where nothing is there. A link may point elsewhere in the repository, never out of it: a
 * copied folder must not make the server show /etc/passwd as labels. A pipe is refused: reading it would never end.
 */
async function findFile(root: string, path: string): Promise<{ path: string; sizeBytes: number } | undefined> {
  const asWritten = join(root, path);
  try {
    await lstat(asWritten);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
  const real = await realpath(asWritten).catch((error: unknown) => {
    throw new ScanProblem(
      path,
      `${path} is a link that leads nowhere (${codeOf(error)}).`,
      'Put the file itself there.',
    );
  });
  if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw new ScanProblem(path, `${path} is a link out of the model folder.`, 'Copy the file itself into the folder.');
  }
  const facts = await stat(real);
  if (!facts.isFile()) throw new ScanProblem(path, `${path} is not a file.`, 'Put a file of that name there.');
  return { path: real, sizeBytes: facts.size };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** A problem on its way to the list; never leaves this file. */
class ScanProblem extends Error {
  readonly problem: RepositoryProblem;
  constructor(path: string, message: string, hint: string) {
    super(message);
    this.problem = { path, message, hint };
  }
}

function problemOf(error: unknown, path: string): RepositoryProblem {
  if (error instanceof ScanProblem) return error.problem;
  if (error instanceof MillraceError) {
    const [message, hint] = wordsOf(error);
    return { path, message, hint };
  }
  return { path, message: `${path} cannot be read (${codeOf(error)}).`, hint: 'Check that this user may read it.' };
}

function wordsOf(error: unknown): [message: string, hint: string] {
  const known = asMillraceError(error);
  return [known.message, known.hint ?? 'Look at the log.'];
}

function collision(name: string, first: string): ScanProblem {
  const message = `Model ${name} has the same name as ${first}, apart from upper and lower case.`;
  return new ScanProblem(name, message, `Rename one of the two folders; ${first} is served.`);
}

function unreadConfig(name: string): RepositoryProblem {
  const message = `The config.pbtxt of ${name} is not read yet: the model is served without its settings.`;
  return { path: `${name}/config.pbtxt`, message, hint: `Put the settings that matter into ${name}/millrace.json.` };
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

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error';
}

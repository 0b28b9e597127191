/**
 * Finds the models in a folder as people have them: a Triton repository of many, one model with versions, or a folder with a
 * model.onnx in it. Looks at names only. Folders behind links are passed over.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { modelRefusal } from './model-refusal.ts';
import { byNumber, isVersion } from './model-store.ts';

export interface PackageVersion {
  /** Undefined where the layout gives no number. */
  readonly version: string | undefined;
  /** Relative to the package, with `/`; `''` is the package itself. External data is looked for here. */
  readonly folder: string;
  /** Name of the model file in it. */
  readonly file: string;
  /** What sentences call it, where it has another name on disk. */
  readonly shownAs?: string;
}

export interface PackageModel {
  /** Not yet checked. */
  readonly name: string;
  /** Where labels.txt, config.pbtxt, millrace.json and samples.json are; undefined where only the file was named. */
  readonly folder: string | undefined;
  /** Ascending. */
  readonly versions: readonly PackageVersion[];
}

export interface PackageLayout {
  readonly models: readonly PackageModel[];
  /** Entries that are part of no model. */
  readonly passedOver: readonly string[];
}

/** Wrappers around a model that archives and exporters add: a folder of the archive's name, then perhaps `onnx`. */
const maxWrappers = 3;

/** Throws `model-refused` where no model is found, naming what is there instead. */
export async function findModels(root: string, sourceName: string): Promise<PackageLayout> {
  const found = await look(root, '', sourceName, 0);
  if (found !== undefined) return found;
  throw await nothingFound(root, sourceName);
}

async function look(root: string, folder: string, name: string, depth: number): Promise<PackageLayout | undefined> {
  const { files, folders } = await list(join(root, folder));
  const direct = await versionAt(root, folder, undefined);
  if (direct !== undefined) {
    // The folder of a version was named itself: its parent has the name.
    const own = folder === '' && isVersion(name) ? basename(dirname(root)) : name;
    return { models: [{ name: own, folder, versions: [direct] }], passedOver: [] };
  }
  const versions = await versionsIn(root, folder, folders);
  if (versions.length > 0) return { models: [{ name, folder, versions }], passedOver: [] };
  const models: PackageModel[] = [];
  const passedOver = files.filter((file) => !file.startsWith('.'));
  for (const each of folders) {
    const inner = join(folder, each).replaceAll('\\', '/');
    const found = await versionsIn(root, inner, (await list(join(root, inner))).folders);
    if (found.length > 0) models.push({ name: each, folder: inner, versions: found });
    else passedOver.push(each);
  }
  if (models.length > 0) return { models, passedOver };
  const wrappers = folders.filter((each) => each === 'onnx' || folders.length === 1);
  if (wrappers.length !== 1 || depth >= maxWrappers) return undefined;
  const [wrapper] = wrappers;
  return look(root, join(folder, wrapper!).replaceAll('\\', '/'), wrapper === 'onnx' ? name : wrapper!, depth + 1);
}

async function versionsIn(root: string, folder: string, folders: readonly string[]): Promise<PackageVersion[]> {
  const versions: PackageVersion[] = [];
  for (const version of folders.filter(isVersion).sort(byNumber)) {
    const found = await versionAt(root, folder === '' ? version : `${folder}/${version}`, version);
    if (found !== undefined) versions.push(found);
  }
  return versions;
}

/** A model.onnx, the only .onnx file there is, or Triton's folder of the name model.onnx with the files of one model in it. */
async function versionAt(
  root: string,
  folder: string,
  version: string | undefined,
): Promise<PackageVersion | undefined> {
  const { files, folders } = await list(join(root, folder));
  if (folders.includes('model.onnx')) {
    return versionAt(root, folder === '' ? 'model.onnx' : `${folder}/model.onnx`, version);
  }
  const onnx = files.filter((file) => file.toLowerCase().endsWith('.onnx'));
  const file = onnx.includes('model.onnx') ? 'model.onnx' : onnx.length === 1 ? onnx[0]! : undefined;
  if (file !== undefined) return { version, folder, file };
  if (onnx.length === 0) return undefined;
  throw modelRefusal(
    'several-models',
    `${folder === '' ? 'The folder' : folder} holds ${onnx.length} ONNX files and none is called model.onnx: ${onnx.slice(0, 5).join(', ')}.`,
    'Import the file you mean by its own path, with --name.',
  );
}

async function nothingFound(root: string, sourceName: string): Promise<Error> {
  const all = await readdir(root, { recursive: true }).catch(() => []);
  const has = (pattern: RegExp): boolean => all.some((path) => pattern.test(path));
  const noModel = `${sourceName} holds no ONNX model`;
  if (has(/saved_model\.pb$|keras_metadata\.pb$/)) {
    return modelRefusal(
      'tensorflow',
      `${noModel}: it is a TensorFlow SavedModel.`,
      'Ask for a conversion: `python -m tf2onnx.convert --saved-model <folder> --output model.onnx`.',
    );
  }
  if (has(/\.(?:safetensors|pt|pth)$|pytorch_model.*\.bin$/)) {
    return modelRefusal(
      'pytorch',
      `${noModel}: it is a PyTorch model.`,
      'Ask for an ONNX export: torch.onnx.export, or `optimum-cli export onnx` for models of Hugging Face.',
    );
  }
  const other = all.slice(0, 4).join(', ');
  return modelRefusal(
    'no-model',
    `${noModel}${other === '' ? ': it is empty' : `; it has ${other}`}.`,
    'Put the model at <name>/1/model.onnx, or name the file itself.',
  );
}

async function list(path: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = await readdir(path, { withFileTypes: true });
  const names = (wanted: (entry: (typeof entries)[number]) => boolean): string[] =>
    entries
      .filter(wanted)
      .map(({ name }) => name)
      .sort();
  return {
    files: names((entry) => !entry.isDirectory()),
    folders: names((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== '__MACOSX'),
  };
}

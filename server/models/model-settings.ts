/**
 * What the files beside a model say: config.pbtxt, millrace.json and labels.txt, of the model's own folder or of the newest
 * version's. Which of two counts is decided here and nowhere else.
 */
import { parseManifest, type ModelManifest } from './manifest.ts';
import { parseModelConfig, type ModelConfig } from './model-config.ts';
import { readText, ScanProblem, wordsOf } from './repository-file.ts';
import type { RepositoryProblem } from './repository-file.ts';

/** Triton's settings as far as they mean something here; the rest is a problem each time, never silence. */
export async function readConfig(
  root: string,
  name: string,
  newest: string | undefined,
  problems: RepositoryProblem[],
): Promise<ModelConfig | undefined> {
  const found = await readBeside(root, name, newest, 'config.pbtxt');
  if (found === undefined) return undefined;
  const { path, text } = found;
  try {
    const config = parseModelConfig(text, path);
    if (config.unmapped.length > 0) {
      const list = config.unmapped.map(({ field, line, reason }) => `${field} in line ${line} (${reason})`);
      const message = `The config.pbtxt of ${name} has settings that are not used: ${list.join(', ')}.`;
      problems.push({ path, message, hint: `What has a field in millrace.json can be set in ${name}/millrace.json.` });
    }
    return config;
  } catch (error) {
    throw new ScanProblem(path, ...wordsOf(error));
  }
}

/** Of the model's own settings each field counts before that of the newest version, and that before config.pbtxt. */
export async function readManifest(
  root: string,
  name: string,
  newest: string | undefined,
  config: ModelConfig | undefined,
): Promise<ModelManifest> {
  const own = await readManifestFile(root, `${name}/millrace.json`);
  const imported = newest === undefined ? {} : await readManifestFile(root, `${name}/${newest}/millrace.json`);
  return parseManifest({ ...config?.manifest, ...imported, ...own }, `${name}/millrace.json`);
}

async function readManifestFile(root: string, path: string): Promise<object> {
  const text = await readText(root, path);
  if (text === undefined) return {};
  try {
    const raw: unknown = JSON.parse(text);
    parseManifest(raw, path);
    return raw as object;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw new ScanProblem(path, ...wordsOf(error));
    throw new ScanProblem(path, `${path} is not valid JSON: ${error.message}.`, `Correct ${path}.`);
  }
}

export async function readLabels(
  root: string,
  name: string,
  version: string | undefined,
  config: ModelConfig | undefined,
): Promise<string[] | undefined> {
  const file = config?.labelFile;
  const isPlain = file !== undefined && !/^\/|(?:^|[\\/])\.\.(?:[\\/]|$)|^[A-Za-z]:/.test(file);
  const found =
    (await readBeside(root, name, version, 'labels.txt')) ??
    (isPlain ? await readBeside(root, name, version, file) : undefined);
  return found === undefined || found.text === '' ? undefined : found.text.replace(/\r?\n$/, '').split(/\r?\n/);
}

/** The model's own file, else the one that came with the version. */
async function readBeside(
  root: string,
  name: string,
  version: string | undefined,
  file: string,
): Promise<{ readonly path: string; readonly text: string } | undefined> {
  for (const path of [`${name}/${file}`, ...(version === undefined ? [] : [`${name}/${version}/${file}`])]) {
    const text = await readText(root, path);
    if (text !== undefined) return { path, text };
  }
  return undefined;
}

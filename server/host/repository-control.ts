/** Load and unload as Triton's clients ask for them: with a config that overrides, and with files that come along. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MillraceError, asMillraceError } from '../base/errors.ts';
import type { LoadParameters, RepositoryControl } from '../gateway/repository-handler.ts';
import { importModels } from '../models/import.ts';
import type { ModelManifest } from '../models/manifest.ts';
import { parseManifest } from '../models/manifest.ts';
import { parseModelConfigJson } from '../models/model-config-json.ts';
import { isVersion } from '../models/model-store.ts';
import { isPlainSegment } from '../models/path-segment.ts';
import type { TryModel } from '../models/trial.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { ModelCommands } from './model-commands.ts';

export interface RepositoryControlOptions {
  readonly models: ModelCommands;
  readonly dataDirectory: string;
  /** Files that come along are imported; a folder of the user's takes none. */
  readonly servesStore: boolean;
  readonly tryModel: TryModel;
  readonly onEvent: (event: NewHostEvent) => void;
}

export function repositoryControl(options: RepositoryControlOptions): RepositoryControl {
  return {
    async load(name, { config, files }) {
      try {
        const settings = config === undefined ? {} : settingsFrom(options, name, config);
        if (files.size === 0) await options.models.load(name, settings);
        else await loadFiles(options, name, files, settings);
      } catch (error) {
        const { code, message, hint, details } = asMillraceError(error);
        // The words that Triton's clients look for.
        throw new MillraceError(code, `failed to load '${name}', ${message}`, {
          ...(hint !== undefined && { hint }),
          ...(details !== undefined && { details }),
          cause: error,
        });
      }
    },
    unload: (name) => options.models.unload(name),
  };
}

/** What the ModelConfig says in our settings; the rest is an event, never silence. */
function settingsFrom({ onEvent }: RepositoryControlOptions, name: string, config: string): Partial<ModelManifest> {
  const { manifest, unmapped } = parseModelConfigJson(config);
  if (unmapped.length > 0) {
    onEvent({
      kind: 'model',
      severity: 'attention',
      model: name,
      sentence: `The config with which ${name} is loaded has settings that are not used: ${unmapped.map(({ field, reason }) => `${field} (${reason})`).join(', ')}.`,
    });
  }
  const parsed = parseManifest(manifest, 'the parameter "config"');
  return Object.fromEntries(Object.keys(manifest).map((key) => [key, parsed[key as keyof ModelManifest]]));
}

/** Through the same gate as any import; then the highest version that came along answers. */
async function loadFiles(
  { models, dataDirectory, servesStore, tryModel }: RepositoryControlOptions,
  name: string,
  files: LoadParameters['files'],
  settings: Partial<ModelManifest>,
): Promise<void> {
  if (!servesStore) {
    throw new MillraceError('unsupported', 'This host serves a folder of its user, to which it adds nothing.', {
      hint: 'Start it without --models, so that it serves its store.',
    });
  }
  const folder = await mkdtemp(join(tmpdir(), 'millrace-load-'));
  try {
    for (const [path, content] of files) {
      const segments = path.split('/');
      const isGood =
        segments.length >= 2 && segments.length <= 4 && isVersion(segments[0]!) && segments.every(isPlainSegment);
      if (!isGood) {
        throw new MillraceError(
          'invalid-request',
          `The file ${JSON.stringify(path.slice(0, 100))} has no name of the form <version>/<file>.`,
        );
      }
      const target = join(folder, name, ...segments);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await writeFile(target, content, { flag: 'wx', mode: 0o600 });
    }
    const report = await importModels({ path: join(folder, name), dataDirectory, name, tryModel });
    const refused = report.versions.find(({ state }) => state === 'refused');
    if (refused?.state === 'refused') throw refused.error;
    const last = report.versions.at(-1);
    if (last === undefined || last.state === 'refused')
      throw new MillraceError('invalid-request', 'No model came along.');
    await models.loadVersion(name, last.record.version, settings);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A repository with one model, copied, whose settings change from trial to trial: the real one is not touched while it is measured. */
import { constants } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import type { TuneSetting } from '../protocol/admin/tune-result.ts';

/** Files of a model's folder that say how it is served. */
const sideFiles = ['millrace.json', 'config.pbtxt', 'labels.txt', 'samples.json'];

export class TrialRepository implements AsyncDisposable {
  /** With the model's folder in it. */
  readonly folder: string;
  readonly #model: string;
  readonly #settings: Readonly<Record<string, unknown>>;

  private constructor(folder: string, model: string, settings: Readonly<Record<string, unknown>>) {
    this.folder = folder;
    this.#model = model;
    this.#settings = settings;
  }

  /** Copies one version; a copy shares its bytes where the file system can. Errors: `unknown-model`, `storage-failed`. */
  static async open(
    model: string,
    modelsFolder: string,
    version: string | undefined,
    dataDirectory: string,
  ): Promise<TrialRepository> {
    const source = join(modelsFolder, model);
    const names = await readdir(source).catch((): string[] => []);
    const newest = names
      .filter((name) => /^[1-9]\d*$/.test(name))
      .toSorted((a, b) => Number(a) - Number(b))
      .at(-1);
    const chosen = version ?? newest;
    if (chosen === undefined || !names.includes(chosen)) {
      throw new MillraceError('unknown-model', `There is no model ${model} on this machine that could be tuned.`, {
        hint: 'Name its folder with --models, or import it.',
      });
    }
    const parent = join(dataDirectory, 'tuning');
    await mkdir(parent, { recursive: true, mode: 0o700 });
    const folder = await mkdtemp(join(parent, 'trial-'));
    try {
      const target = join(folder, model);
      await mkdir(target);
      for (const name of sideFiles) {
        if (names.includes(name)) await copyFile(join(source, name), join(target, name), constants.COPYFILE_FICLONE);
      }
      await cp(join(source, chosen), join(target, chosen), { recursive: true, mode: constants.COPYFILE_FICLONE });
      return new TrialRepository(folder, model, await readSettings(join(target, 'millrace.json')));
    } catch (cause) {
      await rm(folder, { recursive: true, force: true });
      throw new MillraceError('storage-failed', `The model ${model} cannot be copied for its trials.`, {
        hint: 'Check the free space of the data folder.',
        cause,
      });
    }
  }

  async set(setting: TuneSetting): Promise<void> {
    await writeFile(join(this.folder, this.#model, 'millrace.json'), JSON.stringify({ ...this.#settings, ...setting }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function readSettings(path: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

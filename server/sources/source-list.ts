/**
 * Which sources there are: those of the settings file, which are changed there, and those that were added, in `<data>/sources.json`.
 * What a person last said with pause and resume is in that file too, for both kinds. Read anew each time: a host and commands share it.
 */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { sourceSettingsSchema } from '../protocol/admin/source-settings.ts';
import type { SourceSettings } from '../protocol/admin/source-settings.ts';

export interface ListedSource {
  readonly settings: SourceSettings;
  readonly origin: 'settings' | 'added';
  readonly paused: boolean;
}

interface SourcesFile {
  readonly sources: readonly SourceSettings[];
  /** By name. */
  readonly paused: Readonly<Record<string, boolean>>;
}

const maxSources = 32;
const maxBytes = 1024 * 1024;

export class SourceList {
  readonly #path: string;
  readonly #configured: readonly SourceSettings[];

  /** `configured` are those of the settings file. */
  constructor(dataDirectory: string, configured: readonly SourceSettings[] = []) {
    this.#path = join(dataDirectory, 'sources.json');
    this.#configured = configured;
  }

  /** By name. Throws `invalid-config` where sources.json cannot be used. A name in both places is the settings file's. */
  async all(): Promise<ListedSource[]> {
    const { sources, paused } = await this.#read();
    const names = new Set(this.#configured.map(({ name }) => name));
    const listed = [
      ...this.#configured.map((settings) => ({ settings, origin: 'settings' as const })),
      ...sources.filter(({ name }) => !names.has(name)).map((settings) => ({ settings, origin: 'added' as const })),
    ];
    return listed
      .map(({ settings, origin }) => ({ settings, origin, paused: paused[settings.name] ?? settings.paused }))
      .sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
  }

  /** Throws `unknown-source`, with what there is. */
  async find(name: string): Promise<ListedSource> {
    const all = await this.all();
    const found = all.find(({ settings }) => settings.name === name);
    if (found !== undefined) return found;
    const names = all.map(({ settings }) => settings.name).join(', ');
    throw new MillraceError('unknown-source', `There is no source '${name.slice(0, 64)}'.`, {
      hint: names === '' ? 'Add one with `millrace sources add`.' : `There is: ${names}.`,
    });
  }

  /** Throws `invalid-config` where the name is taken. */
  async add(settings: SourceSettings): Promise<void> {
    const file = await this.#read();
    const taken = [...this.#configured, ...file.sources].some(({ name }) => name === settings.name);
    if (taken) {
      throw new MillraceError('invalid-config', `There is a source ${settings.name} already.`, {
        hint: 'Remove it first, or take another name.',
      });
    }
    if (file.sources.length >= maxSources) {
      throw new MillraceError('invalid-config', `There are ${maxSources} sources; more are not kept.`, {
        hint: 'Remove one.',
      });
    }
    await this.#write({ ...file, sources: [...file.sources, settings] });
  }

  /** Throws `unknown-source`, and `invalid-config` for a source of the settings file. */
  async remove(name: string): Promise<void> {
    const { origin } = await this.find(name);
    if (origin === 'settings') {
      throw new MillraceError('invalid-config', `The source ${name} is in the settings file.`, {
        hint: 'Remove it there.',
      });
    }
    const { sources, paused } = await this.#read();
    const { [name]: _gone, ...others } = paused;
    await this.#write({ sources: sources.filter((each) => each.name !== name), paused: others });
  }

  /** Throws `unknown-source`. */
  async setPaused(name: string, isPaused: boolean): Promise<void> {
    await this.find(name);
    const file = await this.#read();
    await this.#write({ ...file, paused: { ...file.paused, [name]: isPaused } });
  }

  async #read(): Promise<SourcesFile> {
    let text: string;
    try {
      if ((await stat(this.#path)).size > maxBytes) throw new Error('too large');
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { sources: [], paused: {} };
      throw this.#unusable('cannot be read', error);
    }
    try {
      const raw = JSON.parse(text) as { readonly sources?: unknown[]; readonly paused?: Record<string, boolean> };
      const sources = (raw.sources ?? []).map((each) => sourceSettingsSchema.parse(each));
      return { sources, paused: raw.paused ?? {} };
    } catch (error) {
      throw this.#unusable('is damaged', error);
    }
  }

  async #write(file: SourcesFile): Promise<void> {
    await mkdir(join(this.#path, '..'), { recursive: true, mode: 0o700 });
    const beside = `${this.#path}.${process.pid}`;
    await writeFile(beside, `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600, flush: true });
    await rename(beside, this.#path);
  }

  #unusable(why: string, cause: unknown): MillraceError {
    return new MillraceError('invalid-config', `${this.#path} ${why}.`, {
      hint: 'Correct it, or remove it and add the sources again.',
      cause,
    });
  }
}

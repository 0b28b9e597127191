/**
 * `<data>/settings.json`: what people changed through the interface and `millrace settings`, with what it was before, so that a change
 * can be taken back. Written whole, beside and then renamed; read anew each time, because a host and commands share it.
 */
import { readFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import type { FlatSettings } from './layers.ts';

export interface Revision {
  /** ISO 8601, of the change that replaced these values. */
  readonly at: string;
  /** What that change was about. */
  readonly paths: readonly string[];
  readonly values: FlatSettings;
}

export interface KeptSettings {
  readonly values: FlatSettings;
  /** The last change first. */
  readonly undo: readonly Revision[];
}

const nothing: KeptSettings = { values: {}, undo: [] };
const maxRevisions = 20;
const maxBytes = 1024 * 1024;

export class SettingsFile {
  readonly path: string;

  constructor(dataDirectory: string) {
    this.path = join(dataDirectory, 'settings.json');
  }

  /** Throws `invalid-config` where there is a file and it is none of ours. */
  read(): KeptSettings {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return nothing;
      throw this.#unusable(error);
    }
    try {
      const raw = JSON.parse(text.slice(0, maxBytes)) as Partial<KeptSettings>;
      if (!isRecord(raw.values) || !Array.isArray(raw.undo)) throw new TypeError('It has no values.');
      return { values: raw.values, undo: raw.undo.filter(isRevision) };
    } catch (error) {
      throw this.#unusable(error);
    }
  }

  /** Replaces the values; those before can be taken back. */
  async change(values: FlatSettings, paths: readonly string[], now: Date): Promise<void> {
    const { values: before, undo } = this.#readOr(nothing);
    const revision = { at: now.toISOString(), paths, values: before };
    await this.#write({ values, undo: [revision, ...undo].slice(0, maxRevisions) });
  }

  /** Takes the last change back; undefined where there is none. */
  async takeBack(): Promise<Revision | undefined> {
    const { undo } = this.read();
    const [last, ...older] = undo;
    if (last !== undefined) await this.#write({ values: last.values, undo: older });
    return last;
  }

  #readOr(otherwise: KeptSettings): KeptSettings {
    try {
      return this.read();
    } catch {
      return otherwise;
    }
  }

  async #write(kept: KeptSettings): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    const beside = `${this.path}.${process.pid}`;
    await rm(beside, { force: true });
    const handle = await open(beside, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(kept, undefined, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, this.path);
  }

  #unusable(cause: unknown): MillraceError {
    return new MillraceError('invalid-config', `${this.path} cannot be used: ${(cause as Error).message}`, {
      hint: 'Remove it; the settings of the interface then are the defaults again.',
      cause,
    });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRevision(value: unknown): value is Revision {
  return (
    isRecord(value) && typeof value['at'] === 'string' && Array.isArray(value['paths']) && isRecord(value['values'])
  );
}

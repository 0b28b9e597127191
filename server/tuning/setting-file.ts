/**
 * Writes a tuned setting into the owner's millrace.json of a model and keeps what was there, so that it can be undone. Only the four
 * tuned fields are touched; everything else in the file stays as its owner wrote it.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import type { TuneSetting } from '../protocol/admin/tune-result.ts';

const fields = ['replicas', 'threads', 'maxBatchSize', 'maxBatchDelayMs'] as const;

interface Undo {
  readonly version: 1;
  readonly before: TuneSetting;
  readonly after: TuneSetting;
  /** ISO 8601. */
  readonly at: string;
}

export class SettingFile {
  readonly #model: string;
  readonly #path: string;
  readonly #undoPath: string;

  /** `modelFolder`: of the model, above its versions. */
  constructor(model: string, modelFolder: string, dataDirectory: string) {
    this.#model = model;
    this.#path = join(modelFolder, 'millrace.json');
    this.#undoPath = join(dataDirectory, 'tuning', `${encodeURIComponent(model)}.json`);
  }

  /** Fields that `setting` leaves out stay as they are. Errors: `invalid-manifest`, `storage-failed`. */
  async save(setting: TuneSetting): Promise<void> {
    const { raw } = await this.#read();
    const before = pickOf(raw);
    const earlier = await this.#readUndo();
    // Tuned twice: undoing leads back to what the owner had, not to the first tuning.
    const isOurs =
      earlier !== undefined &&
      fields.every((field) => before[field] === { ...earlier.before, ...earlier.after }[field]);
    const undo: Undo = {
      version: 1,
      before: isOurs ? earlier.before : before,
      after: setting,
      at: new Date().toISOString(),
    };
    await replace(this.#undoPath, undo);
    await replace(this.#path, { ...raw, ...setting });
  }

  /** Gives back what was there before. Errors: `not-found` where nothing was tuned, `conflict` where the owner has changed it since. */
  async undo(): Promise<TuneSetting> {
    const undo = await this.#readUndo();
    if (undo === undefined) {
      throw new MillraceError('not-found', `There is no tuning of ${this.#model} to undo.`, {
        hint: 'Only the last tuning that was saved can be undone, once.',
      });
    }
    const { raw } = await this.#read();
    const now = pickOf(raw);
    const changed = fields.filter((field) => field in undo.after && now[field] !== undo.after[field]);
    if (changed.length > 0) {
      throw new MillraceError(
        'conflict',
        `${changed.join(', ')} of ${this.#model} ${changed.length === 1 ? 'has' : 'have'} been changed since it was tuned.`,
        { hint: 'Edit its millrace.json; undoing would throw that change away.' },
      );
    }
    const others = Object.fromEntries(Object.entries(raw).filter(([name]) => !(name in undo.after)));
    const back = Object.fromEntries(
      fields
        .filter((field) => field in undo.after && undo.before[field] !== undefined)
        .map((field) => [field, undo.before[field]]),
    );
    const restored = { ...others, ...back };
    if (Object.keys(restored).length === 0) await rm(this.#path, { force: true });
    else await replace(this.#path, restored);
    await rm(this.#undoPath, { force: true });
    return undo.before;
  }

  async #read(): Promise<{ readonly raw: Record<string, unknown> }> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { raw: {} };
      throw new MillraceError('storage-failed', `The millrace.json of ${this.#model} cannot be read.`, {
        cause: error,
      });
    }
    try {
      const raw: unknown = JSON.parse(text);
      if (typeof raw === 'object' && raw !== null && !Array.isArray(raw))
        return { raw: raw as Record<string, unknown> };
    } catch {
      // The same answer as for another kind of JSON.
    }
    throw new MillraceError('invalid-manifest', `The millrace.json of ${this.#model} is no JSON object.`, {
      hint: 'Correct it first.',
    });
  }

  async #readUndo(): Promise<Undo | undefined> {
    try {
      const undo = JSON.parse(await readFile(this.#undoPath, 'utf8')) as Undo;
      return undo.version === 1 && typeof undo.before === 'object' && typeof undo.after === 'object' ? undo : undefined;
    } catch {
      return undefined;
    }
  }
}

function pickOf(raw: Readonly<Record<string, unknown>>): TuneSetting {
  return Object.fromEntries(
    fields.filter((field) => typeof raw[field] === 'number').map((field) => [field, raw[field] as number]),
  );
}

async function replace(path: string, content: object): Promise<void> {
  try {
    await mkdir(join(path, '..'), { recursive: true });
    const beside = `${path}.${process.pid}`;
    await writeFile(beside, `${JSON.stringify(content, undefined, 2)}\n`);
    await rename(beside, path);
  } catch (cause) {
    throw new MillraceError('storage-failed', 'The tuned setting cannot be written.', {
      hint: 'Check that the model folder and the data folder may be written and the disk is not full.',
      cause,
    });
  }
}

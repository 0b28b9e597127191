/**
 * Where removed models and versions wait for a while, so that a removal can be taken back:
 *
 *     trash/<name>@<version>@<milliseconds>/    what models/<name>/<version> was
 *     trash/<name>@all@<milliseconds>/          what models/<name> was, with all its versions and what its owner wrote
 *
 * What goes in and out does so by one rename. Nothing here decides whether something may be removed or restored.
 */
import { mkdir, readdir, rename, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { modelNameKey } from './model-name.ts';
import { Staging, syncFolder } from './staging.ts';

/** How long what was removed can be restored, days. A week: whoever misses a model misses it on the same day of the next. */
export const keptDays = 7;
const dayMs = 86_400_000;

/** `@` is part of no model name. */
const entryRule = /^([^@]+)@(all|[1-9][0-9]{0,17})@([0-9]{1,15})$/;
const versionRule = /^[1-9][0-9]{0,17}$/;

export interface TrashEntry {
  /** Name of its folder in the trash. */
  readonly id: string;
  readonly name: string;
  /** Ascending; one, or all that a model had when it was removed as a whole. */
  readonly versions: readonly string[];
  readonly isWhole: boolean;
  readonly removedAtMs: number;
  /** From then on it is deleted. */
  readonly deletedAtMs: number;
}

export class ModelTrash {
  readonly folder: string;
  readonly #stagingFolder: string;

  constructor(dataDirectory: string) {
    this.folder = join(dataDirectory, 'trash');
    this.#stagingFolder = join(dataDirectory, 'staging');
  }

  /** Takes a folder of the store, whole or of one version, in one step. */
  async take(from: string, name: string, version: string | undefined, nowMs: number): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    for (let atMs = nowMs; ; atMs++) {
      const target = join(this.folder, `${name}@${version ?? 'all'}@${atMs}`);
      // Two removals of one version within a millisecond are two entries.
      if ((await stat(target).catch(() => undefined)) !== undefined) continue;
      await rename(from, target);
      break;
    }
    await syncFolder(this.folder);
  }

  /** The last removed first. */
  async entries(): Promise<TrashEntry[]> {
    const entries: TrashEntry[] = [];
    for (const { name: id } of await foldersIn(this.folder)) {
      const match = entryRule.exec(id);
      if (match === null) continue;
      const [, name, what, at] = match as unknown as [string, string, string, string];
      const isWhole = what === 'all';
      const inside = isWhole ? (await foldersIn(join(this.folder, id))).map((each) => each.name) : [what];
      const versions = inside
        .filter((each) => versionRule.test(each))
        .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
      const removedAtMs = Number(at);
      entries.push({ id, name, versions, isWhole, removedAtMs, deletedAtMs: removedAtMs + keptDays * dayMs });
    }
    return entries.sort((a, b) => b.removedAtMs - a.removedAtMs);
  }

  /** The last removed of that model, with that version where one is named. Throws `unknown-model` and `unknown-version`. */
  async find(name: string, version?: string): Promise<TrashEntry> {
    const ofModel = (await this.entries()).filter((entry) => modelNameKey(entry.name) === modelNameKey(name));
    const found = ofModel.find(({ versions }) => version === undefined || versions.includes(version));
    if (found !== undefined) return found;
    if (ofModel.length === 0) {
      const names = [...new Set((await this.entries()).map((entry) => entry.name))];
      throw new MillraceError('unknown-model', `Nothing of a model '${name.slice(0, 64)}' waits in the trash.`, {
        hint: names.length === 0 ? 'The trash is empty.' : `There is: ${names.slice(0, 20).join(', ')}.`,
      });
    }
    const versions = [...new Set(ofModel.flatMap((entry) => entry.versions))];
    throw new MillraceError('unknown-version', `Version ${version?.slice(0, 20)} of ${name} is not in the trash.`, {
      hint: `There is: ${versions.join(', ')}.`,
    });
  }

  /** The folder of a version in an entry. */
  versionFolder({ id, isWhole }: TrashEntry, version: string): string {
    return isWhole ? join(this.folder, id, version) : join(this.folder, id);
  }

  /** Deletes entries for good: those that are given, else those whose time is over. Resolves with what was deleted. */
  async empty(nowMs: number, which?: readonly TrashEntry[]): Promise<TrashEntry[]> {
    const due = which ?? (await this.entries()).filter(({ deletedAtMs }) => deletedAtMs <= nowMs);
    if (due.length === 0) return [];
    // By way of staging: a process that is killed meanwhile leaves there what the next start clears, and no half entry here.
    const staging = await Staging.open(this.#stagingFolder);
    const deleted: TrashEntry[] = [];
    try {
      for (const entry of due) {
        const moved = await rename(join(this.folder, entry.id), join(staging.path, entry.id)).then(
          () => true,
          () => false, // Another process was faster, or Windows keeps a file of it open; the next one tries again.
        );
        if (moved) deleted.push(entry);
      }
    } finally {
      await staging.discard();
    }
    await rmdir(this.folder).catch(() => {}); // Only where nothing is left in it.
    return deleted;
  }

  /** After a version was taken out of the entry of a whole model: without any, the entry is of no use. */
  async dropIfEmpty(entry: TrashEntry, nowMs: number): Promise<void> {
    const left = (await this.entries()).find(({ id }) => id === entry.id);
    if (left !== undefined && left.versions.length === 0) await this.empty(nowMs, [left]);
    await rmdir(this.folder).catch(() => {});
  }
}

/** Bytes of all files in an entry; what vanishes meanwhile counts nothing. */
export async function entryBytes(trash: ModelTrash, { id }: TrashEntry): Promise<number> {
  let bytes = 0;
  const entries = await readdir(join(trash.folder, id), { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

async function foldersIn(path: string): Promise<{ readonly name: string }[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
}

/**
 * The models in the data directory:
 *
 *     models/<name>/<version>/    published: model.onnx, version.json, and what came with it; never changed
 *     models/<name>/millrace.json, labels.txt    the owner's own, optional; they win over what came with a version
 *     models/<name>/serving.json                 which versions are to be served (serving.ts); missing: the newest
 *     staging/                    growing or on its way out (staging.ts)
 *     trash/                      removed, and kept for a while (trash.ts)
 *     quarantine/<name>/          versions whose bytes are not those that were imported
 *
 * A version appears and disappears by one rename. Nothing here decides whether a model is good: import.ts does.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { modelNameKey, parseModelName } from './model-name.ts';
import { syncFolder } from './staging.ts';
import { ModelTrash } from './trash.ts';
import { parseRecord } from './version-record.ts';
import type { VersionRecord } from './version-record.ts';

/** Up to 18 digits fit a signed 64-bit number, which Triton's clients send. */
const versionRule = /^[1-9][0-9]{0,17}$/;
const maxRecordBytes = 16 * 1024 * 1024;
const chunkBytes = 1024 * 1024;
/** Files that desktops put into every folder they show. */
const desktopFiles = /^(?:\..*|Thumbs\.db|desktop\.ini)$/i;

export interface VersionCheck {
  readonly name: string;
  readonly version: string;
  /** What is wrong, completing "version 3 of iris …"; undefined where all is as it was imported. */
  readonly fault: string | undefined;
}

export class ModelStore {
  readonly modelsFolder: string;
  readonly stagingFolder: string;
  readonly quarantineFolder: string;
  readonly trash: ModelTrash;

  constructor(dataDirectory: string) {
    this.modelsFolder = join(dataDirectory, 'models');
    this.stagingFolder = join(dataDirectory, 'staging');
    this.quarantineFolder = join(dataDirectory, 'quarantine');
    this.trash = new ModelTrash(dataDirectory);
  }

  versionFolder(name: string, version: string): string {
    return join(this.modelsFolder, name, version);
  }

  /** Names of models with at least one version, sorted. */
  async names(): Promise<string[]> {
    const names: string[] = [];
    for (const name of await foldersIn(this.modelsFolder)) {
      if (isModelName(name) && (await this.versions(name)).length > 0) names.push(name);
    }
    return names;
  }

  /** Ascending by number; empty where there is no such model. */
  async versions(name: string): Promise<string[]> {
    return (await foldersIn(join(this.modelsFolder, name))).filter(isVersion).sort(byNumber);
  }

  /** The name under which a model that differs at most in case is stored. */
  async storedName(name: string): Promise<string | undefined> {
    return (await this.names()).find((stored) => modelNameKey(stored) === modelNameKey(name));
  }

  /** Undefined where version.json is missing or damaged. */
  async record(name: string, version: string): Promise<VersionRecord | undefined> {
    const path = join(this.versionFolder(name, version), 'version.json');
    try {
      if ((await stat(path)).size > maxRecordBytes) return undefined;
      return parseRecord(await readFile(path, 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** Throws `unknown-model` or `unknown-version`, with what there is. */
  async find(name: string, version?: string): Promise<{ name: string; versions: string[] }> {
    const stored = await this.storedName(name);
    if (stored === undefined) {
      throw new MillraceError('unknown-model', `The store has no model '${name}'.`, {
        hint: `It has: ${(await this.names()).slice(0, 20).join(', ') || 'none'}.`,
      });
    }
    const versions = await this.versions(stored);
    if (version === undefined) return { name: stored, versions };
    if (!versions.includes(version)) {
      throw new MillraceError('unknown-version', `Model '${stored}' has no version ${version} in the store.`, {
        hint: `It has: ${versions.join(', ')}.`,
      });
    }
    return { name: stored, versions: [version] };
  }

  /** The number after the highest one that is or was in use: one in quarantine or in the trash is not given to other contents. */
  async nextVersion(name: string): Promise<string> {
    const quarantined = (await foldersIn(join(this.quarantineFolder, name))).map((folder) => folder.split('-')[0]!);
    const removed = (await this.trash.entries()).flatMap((entry) => (entry.name === name ? entry.versions : []));
    const used = [...(await this.versions(name)), ...quarantined.filter(isVersion), ...removed];
    const highest = used.sort(byNumber).at(-1);
    return String(BigInt(highest ?? 0) + 1n);
  }

  /** Makes a staged folder the version. False where the number is taken; then the folder is still in staging. */
  async publish(stagedFolder: string, name: string, version: string): Promise<boolean> {
    const target = this.versionFolder(name, version);
    for (let attempt = 1; ; attempt += 1) {
      await mkdir(join(this.modelsFolder, name), { recursive: true, mode: 0o700 });
      try {
        await rename(stagedFolder, target);
        break;
      } catch (error) {
        if (await exists(target)) return false;
        // Another process removed the model's last version, and with it the empty folder.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 5) throw error;
      }
    }
    await syncFolder(join(this.modelsFolder, name));
    await syncFolder(this.modelsFolder);
    return true;
  }

  /** Takes a version, or the whole model, out of the store in one step, and into the trash. Deletes what is over its time there. */
  async remove(name: string, version: string | undefined, nowMs = Date.now()): Promise<void> {
    const from = version === undefined ? join(this.modelsFolder, name) : this.versionFolder(name, version);
    await this.trash.take(from, name, version, nowMs);
    if (version !== undefined) await this.#clearIfEmpty(name);
    await syncFolder(this.modelsFolder);
    // The removal is done; what is not deleted today is deleted by the next one.
    await this.trash.empty(nowMs).catch(() => {});
  }

  /**
   * Brings back what was removed last of a model: a version, or all of it, with what its owner wrote. Resolves with the versions that came
   * back. Throws `unknown-model` and `unknown-version` where the trash does not have it, and `conflict` where its number has been given to
   * other contents; then nothing has moved.
   */
  async restore(wanted: string, version?: string, nowMs = Date.now()): Promise<{ name: string; versions: string[] }> {
    const entry = await this.trash.find(wanted, version);
    const name = (await this.storedName(entry.name)) ?? entry.name;
    const target = join(this.modelsFolder, name);
    if (entry.isWhole && version === undefined && !(await exists(target))) {
      await mkdir(this.modelsFolder, { recursive: true, mode: 0o700 });
      await rename(join(this.trash.folder, entry.id), target);
    } else {
      const wishes = version === undefined ? entry.versions : [version];
      const taken = (await this.versions(name)).filter((each) => wishes.includes(each));
      if (taken.length > 0) {
        const [only] = taken;
        throw new MillraceError(
          'conflict',
          `${taken.length === 1 ? `Version ${only} of ${name} is` : `Versions ${taken.join(', ')} of ${name} are`} in the store again.`,
          { hint: `Remove ${taken.length === 1 ? 'it' : 'them'} first, or restore another version with --version.` },
        );
      }
      await mkdir(target, { recursive: true, mode: 0o700 });
      for (const each of wishes) await rename(this.trash.versionFolder(entry, each), this.versionFolder(name, each));
      await syncFolder(target);
    }
    await syncFolder(this.modelsFolder);
    await this.trash.dropIfEmpty(entry, nowMs);
    return { name, versions: version === undefined ? [...entry.versions] : [version] };
  }

  /** Compares every byte with the record. `onBytes` hears of progress. */
  async check(name: string, version: string, onBytes: (bytes: number) => void = () => {}): Promise<VersionCheck> {
    const fault = await this.#fault(name, version, onBytes);
    return { name, version, fault };
  }

  /** Moves a damaged version out of what is served. Throws where the system does not let it. */
  async quarantine(name: string, version: string, fault: string): Promise<void> {
    const folder = join(this.quarantineFolder, name);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const target = join(folder, `${version}-${Date.now()}`);
    await rename(this.versionFolder(name, version), target);
    await writeFile(join(target, 'quarantine.json'), JSON.stringify({ fault, at: new Date().toISOString() }));
    await this.#clearIfEmpty(name);
  }

  /** Versions in quarantine whose number has not been imported again. */
  async quarantined(): Promise<VersionCheck[]> {
    const found: VersionCheck[] = [];
    for (const name of await foldersIn(this.quarantineFolder)) {
      const present = await this.versions(name);
      for (const folder of await foldersIn(join(this.quarantineFolder, name))) {
        const version = folder.split('-')[0]!;
        if (!isVersion(version) || present.includes(version)) continue;
        const fault = await quarantineReason(join(this.quarantineFolder, name, folder));
        found.push({ name, version, fault: fault ?? 'is damaged' });
      }
    }
    return found;
  }

  /** Model folders that a killed import or a removal left without anything in them. */
  async clearEmptyFolders(): Promise<void> {
    for (const name of await foldersIn(this.modelsFolder)) await this.#clearIfEmpty(name);
  }

  /** A model's folder goes with its last version, and what was wanted of its versions; what its owner wrote stays. */
  async #clearIfEmpty(name: string): Promise<void> {
    if ((await this.versions(name)).length > 0) return;
    await rm(join(this.modelsFolder, name, 'serving.json'), { force: true }).catch(() => {});
    await rmdir(join(this.modelsFolder, name)).catch(() => {});
  }

  async #fault(name: string, version: string, onBytes: (bytes: number) => void): Promise<string | undefined> {
    const folder = this.versionFolder(name, version);
    const record = await this.record(name, version);
    if (record === undefined) return 'has a version.json that is missing or changed';
    if (record.name !== name || record.version !== version)
      return `was imported as version ${record.version} of ${record.name}`;
    for (const [path, { sizeBytes, sha256 }] of Object.entries(record.files)) {
      const found = await digestOf(join(folder, path), onBytes);
      if (found === undefined) return `has lost its ${path}`;
      if (found.sizeBytes !== sizeBytes || found.sha256 !== sha256)
        return `has a ${path} that changed after its import`;
    }
    const listed = new Set([...Object.keys(record.files), 'version.json']);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory() || desktopFiles.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/');
      if (!listed.has(path)) return `has a file that was not imported, ${path}`;
    }
    return undefined;
  }
}

export function isVersion(text: string): boolean {
  return versionRule.test(text);
}

export function byNumber(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}

async function digestOf(
  path: string,
  onBytes: (bytes: number) => void,
): Promise<{ sizeBytes: number; sha256: string } | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path);
  } catch (error) {
    // Only what is not there is lost; a disk that fails to read today may read tomorrow.
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let sizeBytes = 0;
    while (true) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return { sizeBytes, sha256: hash.digest('hex') };
      hash.update(buffer.subarray(0, bytesRead));
      sizeBytes += bytesRead;
      onBytes(bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function quarantineReason(folder: string): Promise<string | undefined> {
  try {
    return (JSON.parse(await readFile(join(folder, 'quarantine.json'), 'utf8')) as { fault?: string }).fault;
  } catch {
    return undefined; // Killed between the move and the note, or damaged like the rest.
  }
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

function isModelName(name: string): boolean {
  try {
    parseModelName(name);
    return true;
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

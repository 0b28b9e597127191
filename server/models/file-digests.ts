/**
 * What a version in a plain folder is: a digest of its files, worked out in the background and remembered by path, size and
 * time of change, so that a gigabyte is read once and not at every start. A version of the store has its digest in its record.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { contentDigest, parseRecord } from './version-record.ts';
import type { FileDigest } from './staging.ts';

interface RememberedFile {
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly sha256: string;
}

interface FoundFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
}

/** Files of one version; a model split into more is not cached. */
const maxFiles = 1000;
/** Remembered files of all models; then the memory begins anew. */
const maxRemembered = 10_000;
/** A file that changed so recently may change again within the same tick of its file system's clock. */
const settledAfterMs = 2000;

export class FileDigests {
  readonly #memoryPath: string;
  #memory: Map<string, RememberedFile> | undefined;
  /** One at a time: at a start all models ask at once, and reading is what the disk is busy with anyway. */
  #turn: Promise<unknown> = Promise.resolve();

  /** `memoryPath`: absolute path of the file of remembered digests. */
  constructor(memoryPath: string) {
    this.#memoryPath = memoryPath;
  }

  /** SHA-256 of the version's contents; undefined where its files cannot be read or change meanwhile. */
  digestOf(versionFolder: string): Promise<string | undefined> {
    const turn = this.#turn.then(() => this.#digest(versionFolder).catch(() => undefined));
    this.#turn = turn;
    return turn;
  }

  async #digest(folder: string): Promise<string | undefined> {
    const before = await findFiles(folder);
    const record = before.some(({ path }) => path === 'version.json')
      ? parseRecord(await readFile(join(folder, 'version.json'), 'utf8'))
      : undefined;
    if (record !== undefined) return record.digest;
    const memory = (this.#memory ??= await this.#remember());
    const digests: Record<string, FileDigest> = {};
    let learned = false;
    for (const file of before) {
      const path = join(folder, file.path);
      const known = memory.get(path);
      if (known?.sizeBytes === file.sizeBytes && known.mtimeMs === file.mtimeMs) {
        digests[file.path] = known;
        continue;
      }
      const sha256 = await hashFile(path);
      digests[file.path] = { sizeBytes: file.sizeBytes, sha256 };
      if (Date.now() - file.mtimeMs < settledAfterMs) continue;
      memory.set(path, { sizeBytes: file.sizeBytes, mtimeMs: file.mtimeMs, sha256 });
      learned = true;
    }
    if (fingerprint(await findFiles(folder)) !== fingerprint(before)) return undefined;
    if (learned) await this.#write(memory);
    return contentDigest(digests);
  }

  async #remember(): Promise<Map<string, RememberedFile>> {
    try {
      const known = JSON.parse(await readFile(this.#memoryPath, 'utf8')) as Record<string, RememberedFile>;
      const entries = Object.entries(known);
      return new Map(entries.length > maxRemembered ? [] : entries);
    } catch {
      return new Map();
    }
  }

  async #write(memory: ReadonlyMap<string, RememberedFile>): Promise<void> {
    try {
      await mkdir(dirname(this.#memoryPath), { recursive: true, mode: 0o700 });
      await writeFile(`${this.#memoryPath}.new`, JSON.stringify(Object.fromEntries(memory)), { mode: 0o600 });
      await rename(`${this.#memoryPath}.new`, this.#memoryPath);
    } catch {
      // Without a memory the files are read again at the next start.
    }
  }
}

/** Names, sizes and times of change of a version's files: equal while nobody has touched them. Throws where they cannot be read. */
export async function versionFingerprint(versionFolder: string): Promise<string> {
  return fingerprint(await findFiles(versionFolder));
}

function fingerprint(files: readonly FoundFile[]): string {
  return JSON.stringify(files.map(({ path, sizeBytes, mtimeMs }) => [path, sizeBytes, mtimeMs]));
}

/** With `/` on every system, sorted. */
async function findFiles(folder: string): Promise<FoundFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  if (files.length > maxFiles) throw new Error(`${files.length} files are too many`);
  const found = await Promise.all(
    files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = await stat(path);
      return { path: path.slice(folder.length + 1).replaceAll('\\', '/'), sizeBytes: size, mtimeMs };
    }),
  );
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

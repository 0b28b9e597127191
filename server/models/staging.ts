/**
 * Folders in the store where imports grow before they are published, and where what is removed goes before it is deleted:
 * `<data>/staging/<process>-<random>`. One rename makes a finished one part of the store, so a process that dies leaves the
 * old state and a folder here, which the next import or start clears away.
 */
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { modelRefusal, sizeText } from './model-refusal.ts';
import type { Span } from './protobuf-reader.ts';

/** A file of a version as recorded when it was written. */
export interface FileDigest {
  readonly sizeBytes: number;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

/** Bytes free for this user on the disk of a folder. A parameter, so that a full disk can be tried without one. */
export type FreeBytes = (folder: string) => Promise<number>;

const chunkBytes = 1024 * 1024;
/** Kept free on the disk: logs, caches and the run file share it. */
const reserveBytes = 1_000_000;
/** No import takes a day; a folder of a process id that has been given to another program goes then. */
const abandonedMs = 86_400_000;

export class Staging {
  /** Absolute. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async open(stagingRoot: string): Promise<Staging> {
    await mkdir(stagingRoot, { recursive: true, mode: 0o700 });
    await clearAbandoned(stagingRoot);
    const path = join(stagingRoot, `${process.pid}-${randomBytes(6).toString('hex')}`);
    await mkdir(path, { mode: 0o700 });
    return new Staging(path);
  }

  /** Copies `sizeBytes` of an open file; `onBytes` hears of each chunk. Throws where the file has another size by then. */
  async copy(
    from: FileHandle,
    sizeBytes: number,
    to: string,
    onBytes: (bytes: number) => void = () => {},
    signal?: AbortSignal,
  ): Promise<FileDigest> {
    return this.#write(to, async (write) => {
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, sizeBytes + 1));
      let at = 0;
      while (true) {
        signal?.throwIfAborted();
        const { bytesRead } = await from.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) break;
        at += bytesRead;
        if (at > sizeBytes) break;
        await write(buffer.subarray(0, bytesRead));
        onBytes(bytesRead);
      }
      if (at !== sizeBytes) {
        throw modelRefusal('changed', `${to} changed while it was being read.`, 'Import it again when it is complete.');
      }
    });
  }

  /** Writes a new file of ranges of `from` and new bytes. */
  async compose(from: FileHandle, pieces: readonly (Span | Buffer)[], to: string): Promise<FileDigest> {
    return this.#write(to, async (write) => {
      for (const piece of pieces) {
        if (Buffer.isBuffer(piece)) {
          await write(piece);
          continue;
        }
        for (let at = piece.start; at < piece.end; at += chunkBytes) {
          const part = Buffer.allocUnsafe(Math.min(chunkBytes, piece.end - at));
          await from.read(part, 0, part.length, at);
          await write(part);
        }
      }
    });
  }

  async writeText(text: string, to: string): Promise<FileDigest> {
    return this.#write(to, (write) => write(Buffer.from(text)));
  }

  /** A folder in which nothing is and, on systems that know such folders, nothing can be put. */
  async emptyFolder(): Promise<string> {
    const path = join(this.path, 'empty');
    await mkdir(path, { recursive: true, mode: 0o555 });
    return path;
  }

  /** Removes everything that is still here. Idempotent. */
  async discard(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Writes, hashes and syncs one file, which must not exist yet. */
  async #write(to: string, fill: (write: (bytes: Buffer) => Promise<void>) => Promise<void>): Promise<FileDigest> {
    const path = join(this.path, to);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      const hash = createHash('sha256');
      let sizeBytes = 0;
      await fill(async (bytes) => {
        hash.update(bytes);
        await handle.writeFile(bytes);
        sizeBytes += bytes.length;
      });
      await handle.sync();
      return { sizeBytes, sha256: hash.digest('hex') };
    } finally {
      await handle.close();
    }
  }
}

/** Makes the entries of a folder survive a power cut; systems that cannot sync a folder do it by themselves. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY).catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // Windows refuses; NTFS journals its folders.
  } finally {
    await handle?.close();
  }
}

/** Syncs a folder and all folders in it, the innermost first. */
export async function syncTree(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncTree(join(path, entry.name));
  }
  await syncFolder(path);
}

export const freeBytesOf: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/** Throws `disk-full` with the bytes needed where the disk cannot take them. */
export async function checkSpace(folder: string, neededBytes: number, freeBytes: FreeBytes): Promise<void> {
  const free = await freeBytes(folder);
  if (neededBytes + reserveBytes > free) throw diskFull(neededBytes, Math.max(0, free - reserveBytes));
}

/** Throws the error again, a full disk in words. */
export async function explainFull(
  error: unknown,
  folder: string,
  neededBytes: number,
  freeBytes: FreeBytes,
): Promise<never> {
  if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  throw diskFull(neededBytes, await freeBytes(folder));
}

function diskFull(neededBytes: number, freeBytes: number): Error {
  return modelRefusal(
    'disk-full',
    `The disk is full: the import needs ${sizeText(neededBytes)} (${neededBytes} bytes), and ${sizeText(freeBytes)} are free.`,
    'Free some space (`millrace models trash --empty` deletes removed models), or name a data folder on another disk with --data.',
  );
}

/** Removes what processes that have ended left behind. Leaves what it cannot remove. */
export async function clearAbandoned(stagingRoot: string): Promise<void> {
  const names = await readdir(stagingRoot).catch(() => []);
  for (const name of names) {
    const path = join(stagingRoot, name);
    const facts = await stat(path).catch(() => undefined);
    if (facts === undefined || (isRunning(Number.parseInt(name, 10)) && Date.now() - facts.mtimeMs < abandonedMs))
      continue;
    await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

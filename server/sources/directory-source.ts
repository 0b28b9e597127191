/** A folder as a source: a disk, a network share, a folder that another program fills. Links are passed over, never followed. */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, constants, mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MillraceError } from '../base/errors.ts';
import { openPackageFile } from '../models/package-file.ts';
import { syncFolder } from '../models/staging.ts';
import type { DirectorySettings } from '../protocol/admin/source-settings.ts';
import { sourceLimits } from './model-source.ts';
import type { ModelSource, OpenedObject, OpenOptions, PutOptions, SourceEntry } from './model-source.ts';
import { failureReason, sourceFailure } from './source-failure.ts';
import { parseSourceKey, quoted } from './source-key.ts';

/** Entries of one page: enough to be quick, few enough to stop soon. */
const pageEntries = 1000;
/** Bytes read at once. */
const readBytes = 256 * 1024;
/** Files on their way in; a listing passes hidden files over. */
const growingPrefix = '.millrace-part-';

export class DirectorySource implements ModelSource {
  readonly address: string;
  readonly #path: string;

  constructor({ path }: Pick<DirectorySettings, 'path'>) {
    this.#path = path;
    this.address = path;
  }

  async *list(signal?: AbortSignal): AsyncGenerator<readonly SourceEntry[]> {
    const root = await this.#root();
    const pending: { readonly folder: string; readonly depth: number }[] = [{ folder: '', depth: 0 }];
    let page: SourceEntry[] = [];
    let count = 0;
    while (pending.length > 0) {
      signal?.throwIfAborted();
      const { folder, depth } = pending.pop()!;
      const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
        throw this.#failure(error, folder);
      });
      for (const entry of entries) {
        const key = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.name.startsWith('.')) continue;
        if (entry.isDirectory() && depth + 1 < sourceLimits.depth) pending.push({ folder: key, depth: depth + 1 });
        if (!entry.isFile()) continue;
        const facts = await stat(join(root, key), { bigint: true }).catch(() => undefined);
        if (facts === undefined) continue; // Gone since the folder was read.
        if (++count > sourceLimits.entries) throw tooMany(this.address);
        page.push({ key, sizeBytes: Number(facts.size), etag: etagOf(facts) });
        if (page.length === pageEntries) {
          yield page;
          page = [];
        }
      }
    }
    if (page.length > 0) yield page;
  }

  async open(key: string, { etag, fromByte = 0, signal }: OpenOptions): Promise<OpenedObject> {
    signal?.throwIfAborted();
    const file = await openPackageFile(await this.#root(), key).catch((error: unknown) => {
      throw this.#failure(error, key);
    });
    if (file === undefined)
      throw sourceFailure('missing', `${quoted(key)} is gone from ${this.address}.`, 'Sync again.');
    const { handle } = file;
    try {
      const facts = await handle.stat({ bigint: true });
      if (etagOf(facts) !== etag) throw changed(key);
      return {
        sizeBytes: Number(facts.size),
        fromByte,
        body: Readable.from(unchangedBytes(handle, fromByte, key, etag, signal), { objectMode: false }),
      };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async put(key: string, { body, signal, onBytes = () => {} }: PutOptions): Promise<void> {
    if (parseSourceKey(key).kind === 'hostile') throw new TypeError(`${quoted(key)} is no key of ours.`);
    const root = await this.#root();
    const target = join(root, key);
    const growing = join(dirname(target), `${growingPrefix}${randomBytes(6).toString('hex')}`);
    try {
      await mkdir(dirname(target), { recursive: true });
      const counted = async function* (from: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
        for await (const bytes of from) {
          onBytes(bytes.length);
          yield bytes;
        }
      };
      await pipeline(body(), counted, createWriteStream(growing, { flags: 'wx', flush: true }), {
        ...(signal !== undefined && { signal }),
      });
      await rename(growing, target);
      await syncFolder(dirname(target));
    } catch (error) {
      signal?.throwIfAborted();
      throw this.#failure(error, key, 'write');
    } finally {
      await rm(growing, { force: true });
    }
  }

  close(): void {}

  async #root(): Promise<string> {
    try {
      const root = await realpath(this.#path);
      if (!(await stat(root)).isDirectory()) {
        throw sourceFailure('missing', `${this.address} is no folder.`, 'Name the folder that holds the models.');
      }
      await access(root, constants.R_OK);
      return root;
    } catch (error) {
      throw this.#failure(error, '');
    }
  }

  #failure(error: unknown, key: string, doing: 'read' | 'write' = 'read'): MillraceError {
    if (error instanceof MillraceError && failureReason(error) !== undefined) return error;
    const what = key === '' ? this.address : `${quoted(key)} in ${this.address}`;
    if (error instanceof MillraceError) {
      return sourceFailure(
        'protocol',
        `${what} is not read: ${error.message}`,
        error.hint ?? 'Put the file itself there.',
        error,
      );
    }
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    const isForbidden = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
    if (doing === 'write') {
      const hint = 'Check that this user may write there, and the free space.';
      return sourceFailure(
        isForbidden ? 'not-writable' : 'unreachable',
        `${what} cannot be written (${code}).`,
        hint,
        error,
      );
    }
    if (isForbidden)
      return sourceFailure('forbidden', `${what} may not be read (${code}).`, 'Let this user read it.', error);
    if (code === 'ENOENT' && key === '') {
      return sourceFailure(
        'unreachable',
        `There is no folder ${what}.`,
        'Connect the disk or share, or correct the path.',
        error,
      );
    }
    return sourceFailure(
      'unreachable',
      `${what} cannot be read (${code}).`,
      'Check the disk or the network share.',
      error,
    );
  }
}

/** A file that is written to while it is read has another etag at the end. */
async function* unchangedBytes(
  handle: Awaited<ReturnType<typeof open>>,
  fromByte: number,
  key: string,
  etag: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  try {
    let at = fromByte;
    while (true) {
      signal?.throwIfAborted();
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(readBytes), 0, readBytes, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
    if (etagOf(await handle.stat({ bigint: true })) !== etag) throw changed(key);
  } finally {
    await handle.close();
  }
}

/** Size and time of the last write, to the nanosecond where the system knows it, and the file itself. */
function etagOf({ size, mtimeNs, ino }: BigIntStats): string {
  return `${size}-${mtimeNs}-${ino}`;
}

export function changed(key: string, cause?: unknown): MillraceError {
  return sourceFailure(
    'changed',
    `${quoted(key)} changed at the source while it was being fetched.`,
    'It is fetched again by the next sync; publish new contents as a new version.',
    cause,
  );
}

export function tooMany(address: string): MillraceError {
  return sourceFailure(
    'limit',
    `${address} holds more than ${sourceLimits.entries} objects.`,
    'Name a folder or prefix below it that holds the models only.',
  );
}

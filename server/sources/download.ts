/**
 * Brings one object of a source into a file: in order, with its SHA-256 taken on the way, and from where it was cut when the
 * connection or this process ends. The part that is on disk is trusted as far as it was synced and the object has the same etag.
 *
 *   <part>        the bytes so far
 *   <part>.json   which object they are of, and how many of them survive a power cut
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { backOffMs } from './back-off.ts';
import { changed } from './directory-source.ts';
import type { ModelSource, SourceEntry } from './model-source.ts';
import { sourceFailure } from './source-failure.ts';
import { quoted } from './source-key.ts';

export interface DownloadLimits {
  /** Longest silence of a server, milliseconds. 30 s: a busy disk behind it. */
  readonly silenceMs: number;
  /** Tries in a row that bring less than `progressBytes`. 5: about a minute with the waits between them. */
  readonly tries: number;
  /** Below this many bytes a try counts as one that failed. 1 MiB: a server that sends a byte and hangs up must not go on for ever. */
  readonly progressBytes: number;
  /** Slowest line that is waited for, bytes per second, after five minutes' grace. 20 kB/s: 1 GB in fourteen hours. */
  readonly floorBytesPerSecond: number;
}

export const downloadLimits: DownloadLimits = {
  silenceMs: 30_000,
  tries: 5,
  progressBytes: 1024 * 1024,
  floorBytesPerSecond: 20_000,
};

export interface DownloadJob {
  readonly source: ModelSource;
  readonly entry: SourceEntry;
  /** Absolute, both on one disk. */
  readonly partPath: string;
  readonly finalPath: string;
  /** What the bytes must have; undefined where nobody said. */
  readonly sha256: string | undefined;
  readonly limits?: DownloadLimits;
  readonly signal?: AbortSignal | undefined;
  /** Hears of bytes that came, and with `isKept` of those that were here from before. */
  readonly onBytes?: (bytes: number, isKept: boolean) => void;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly wait?: Wait;
}

/** Resolves after `ms`; rejects with the signal's reason when it is aborted. */
export type Wait = (ms: number, signal: AbortSignal | undefined) => Promise<void>;

/** What a power cut or a kill may cost: so many bytes, or so much time. */
const syncEveryBytes = 64 * 1024 * 1024;
const syncEveryMs = 2000;
const graceMs = 300_000;

/**
 * The SHA-256 of the file that is then at `finalPath`. Throws `source-failed`: `changed`, `size` and `checksum` take the part away,
 * `cut` and `unreachable` leave it for the next time. Never calls back after it has settled.
 */
export async function downloadObject(job: DownloadJob): Promise<string> {
  const { entry, partPath, finalPath } = job;
  const { random = Math.random, wait = sleep, limits = downloadLimits } = job;
  await mkdir(dirname(partPath), { recursive: true, mode: 0o700 });
  await mkdir(dirname(finalPath), { recursive: true, mode: 0o700 });
  const part = await Part.open(partPath, entry);
  if (part.at > 0) job.onBytes?.(part.at, true);
  try {
    let failures = 0;
    while (part.at < entry.sizeBytes) {
      const before = part.at;
      try {
        await fetchRest(job, part, limits);
      } catch (error) {
        job.signal?.throwIfAborted();
        if (!(error instanceof MillraceError) || !error.retryable) throw error;
        failures = part.at - before >= limits.progressBytes ? 1 : failures + 1;
        if (failures >= limits.tries) throw error;
        await wait(backOffMs(failures, random()), job.signal);
      }
    }
    const sha256 = part.digest();
    if (job.sha256 !== undefined && sha256 !== job.sha256) {
      throw sourceFailure(
        'checksum',
        `${quoted(entry.key)} does not have the SHA-256 that its manifest gives: ${sha256.slice(0, 12)}… instead of ${job.sha256.slice(0, 12)}….`,
        'Publish the version again; its upload was damaged or its manifest belongs to other files.',
      );
    }
    await part.close();
    await rename(partPath, finalPath);
    await rm(`${partPath}.json`, { force: true });
    return sha256;
  } catch (error) {
    await part.close();
    if (error instanceof MillraceError && error.code === 'source-failed' && !error.retryable) await part.remove();
    throw error;
  }
}

/** One request: from where the part ends to the end of the object, or to wherever the connection is cut. */
async function fetchRest(job: DownloadJob, part: Part, limits: DownloadLimits): Promise<void> {
  const { source, entry, signal, now = () => performance.now() } = job;
  const { key, etag, sizeBytes } = entry;
  const opened = await source.open(key, { etag, fromByte: part.at, ...(signal !== undefined && { signal }) });
  const { body } = opened;
  const silence = setTimeout(() => {
    body.destroy(cut(key, `said nothing for ${Math.round(limits.silenceMs / 1000)} s`));
  }, limits.silenceMs);
  const onAbort = (): void => void body.destroy();
  signal?.addEventListener('abort', onAbort);
  try {
    if (opened.sizeBytes !== sizeBytes) throw wrongSize(key, sizeBytes, `${opened.sizeBytes} when it was opened`);
    if (opened.fromByte > part.at)
      throw sourceFailure('protocol', `${quoted(key)} was sent from the wrong place.`, 'Check the server.');
    if (opened.fromByte < part.at) await part.restart(opened.fromByte);
    const deadlineMs = now() + graceMs + ((sizeBytes - part.at) / limits.floorBytesPerSecond) * 1000;
    for await (const bytes of body as AsyncIterable<Buffer>) {
      silence.refresh();
      if (part.at + bytes.length > sizeBytes) throw wrongSize(key, sizeBytes, 'more came');
      await part.append(bytes);
      job.onBytes?.(bytes.length, false);
      if (now() > deadlineMs) throw sourceFailure('limit', `${quoted(key)} comes too slowly.`, 'Check the line.');
    }
    signal?.throwIfAborted();
    if (part.at < sizeBytes) throw cut(key, `was cut after ${part.at} of ${sizeBytes} bytes`);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof MillraceError) throw error;
    if ((error as NodeJS.ErrnoException).syscall === 'write' || (error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw error;
    throw cut(key, `was cut after ${part.at} of ${sizeBytes} bytes`, error);
  } finally {
    clearTimeout(silence);
    signal?.removeEventListener('abort', onAbort);
    body.on('error', () => {});
    body.destroy();
  }
}

interface PartNote {
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly syncedBytes: number;
}

/** The file that grows, its hash so far, and the note beside it. */
class Part {
  at = 0;
  #hash: Hash = createHash('sha256');
  #synced = 0;
  #syncedAtMs = performance.now();
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #entry: SourceEntry;
  #isClosed = false;

  private constructor(handle: FileHandle, path: string, entry: SourceEntry) {
    this.#handle = handle;
    this.#path = path;
    this.#entry = entry;
  }

  static async open(path: string, entry: SourceEntry): Promise<Part> {
    const note = await readNote(`${path}.json`);
    const isSame = note?.key === entry.key && note.etag === entry.etag && note.sizeBytes === entry.sizeBytes;
    const part = new Part(
      await open(path, isSame ? 'r+' : 'w+', 0o600).catch(() => open(path, 'w+', 0o600)),
      path,
      entry,
    );
    if (isSame) await part.#takeOver(note.syncedBytes);
    await part.#handle.truncate(part.at);
    await part.#writeNote();
    return part;
  }

  async append(bytes: Buffer): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.at + done);
      done += bytesWritten;
    }
    this.#hash.update(bytes);
    this.at += bytes.length;
    const isDue = this.at - this.#synced >= syncEveryBytes || performance.now() - this.#syncedAtMs >= syncEveryMs;
    if (isDue) await this.#sync();
  }

  /** The server began before the end of the part. */
  async restart(at: number): Promise<void> {
    if (at !== 0) throw changed(this.#entry.key);
    this.at = 0;
    this.#synced = 0;
    this.#hash = createHash('sha256');
    await this.#handle.truncate(0);
    await this.#writeNote();
  }

  digest(): string {
    return this.#hash.digest('hex');
  }

  /** What is here stays for the next time. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#sync();
    } finally {
      await this.#handle.close();
    }
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
    await rm(`${this.#path}.json`, { force: true });
  }

  async #takeOver(syncedBytes: number): Promise<void> {
    const buffer = Buffer.allocUnsafe(1024 * 1024);
    while (this.at < syncedBytes) {
      const { bytesRead } = await this.#handle.read(buffer, 0, Math.min(buffer.length, syncedBytes - this.at), this.at);
      if (bytesRead === 0) break;
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.at += bytesRead;
    }
    this.#synced = this.at;
  }

  async #sync(): Promise<void> {
    if (this.#synced === this.at) return;
    await this.#handle.datasync();
    this.#synced = this.at;
    this.#syncedAtMs = performance.now();
    await this.#writeNote();
  }

  async #writeNote(): Promise<void> {
    const { key, etag, sizeBytes } = this.#entry;
    const note: PartNote = { key, etag, sizeBytes, syncedBytes: this.#synced };
    const beside = `${this.#path}.json.new`;
    await writeFile(beside, JSON.stringify(note), { mode: 0o600 });
    await rename(beside, `${this.#path}.json`);
  }
}

async function readNote(path: string): Promise<PartNote | undefined> {
  try {
    const note = JSON.parse(await readFile(path, 'utf8')) as PartNote;
    return Number.isSafeInteger(note.syncedBytes) ? note : undefined;
  } catch {
    return undefined;
  }
}

function cut(key: string, what: string, cause?: unknown): MillraceError {
  return sourceFailure('cut', `${quoted(key)} ${what}.`, 'It goes on from there the next time.', cause);
}

function wrongSize(key: string, sizeBytes: number, instead: string): MillraceError {
  return sourceFailure(
    'size',
    `${quoted(key)} was listed with ${sizeBytes} bytes; ${instead}.`,
    'Wait until its upload is complete; if it stays so, the server is not to be trusted.',
  );
}

export const sleep: Wait = (ms, signal) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });

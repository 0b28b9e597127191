/**
 * Files on their way in: `<data>/uploads/<id>/file/content`, and above it what was announced. What has arrived is the length of the
 * file, so an upload goes on where it broke, also after a restart of the host.
 *
 * Bounded in number, in size by the free disk, and in time. The names on disk are ours; the client's is shown and never used
 * as a path.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { MillraceError } from '../base/errors.ts';
import { checkSpace, explainFull, freeBytesOf } from '../models/staging.ts';
import type { FreeBytes } from '../models/staging.ts';
import { newUploadSchema } from '../protocol/admin/upload-view.ts';
import type { NewUpload, UploadView } from '../protocol/admin/upload-view.ts';

/** Waiting at once: a person drops a few files; more is a script that forgets to import. */
const maxUploads = 16;

/** A day without a byte: the client has given up. */
const lifeMs = 24 * 3_600_000;

/** Between two pieces of one request: a sender that is silent for this long is gone. */
const silenceMs = 60_000;

const announcedSchema = z.strictObject({ ...newUploadSchema.shape, usedMs: z.number() });

interface Upload extends NewUpload {
  readonly id: string;
  offsetBytes: number;
  usedMs: number;
  /** The request that writes now; another takes its place. */
  writing: { readonly request: IncomingMessage; readonly ended: Promise<void> } | undefined;
  /** An import reads it: nothing may change it. */
  isTaken: boolean;
}

/** An upload that is being imported. */
export interface TakenUpload {
  readonly path: string;
  readonly fileName: string;
  /** Gives it back, or throws it away. */
  release(keep: boolean): Promise<void>;
}

export interface UploadStoreOptions {
  readonly folder: string;
  /** Wall clock, milliseconds. */
  now?(): number;
  readonly freeBytes?: FreeBytes;
}

export class UploadStore {
  readonly #folder: string;
  readonly #now: () => number;
  readonly #freeBytes: FreeBytes;
  readonly #uploads = new Map<string, Upload>();

  constructor({ folder, now = Date.now, freeBytes = freeBytesOf }: UploadStoreOptions) {
    this.#folder = folder;
    this.#now = now;
    this.#freeBytes = freeBytes;
  }

  /** Takes up what the run before has left, and clears away what is too old or no longer readable. */
  async open(): Promise<void> {
    for (const id of await readdir(this.#folder).catch(() => [])) {
      const upload = await this.#read(id);
      if (upload === undefined) await rm(join(this.#folder, id), { recursive: true, force: true });
      else this.#uploads.set(id, upload);
    }
    await this.#expire();
  }

  /** Throws `queue-full`, and says so where the disk has no room. */
  async create({ fileName, sizeBytes }: NewUpload): Promise<UploadView> {
    await this.#expire();
    if (this.#uploads.size >= maxUploads) {
      throw new MillraceError('queue-full', `${maxUploads} uploads are waiting already.`, {
        hint: 'Import or delete one of them.',
        retryable: true,
        retryAfterSeconds: 60,
      });
    }
    const id = randomBytes(16).toString('hex');
    const upload: Upload = {
      id,
      fileName,
      sizeBytes,
      offsetBytes: 0,
      usedMs: this.#now(),
      writing: undefined,
      isTaken: false,
    };
    // In the map from now on, so that two at once are not given the same free bytes.
    this.#uploads.set(id, upload);
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await this.#checkSpace();
      await mkdir(join(this.#folder, id, 'file'), { recursive: true, mode: 0o700 });
      await writeFile(this.#contentPath(id), '', { mode: 0o600 });
      await this.#writeAnnounced(upload);
    } catch (error) {
      this.#uploads.delete(id);
      await rm(join(this.#folder, id), { recursive: true, force: true });
      throw error;
    }
    return view(upload);
  }

  /** Throws `not-found`. */
  find(id: string): UploadView {
    return view(this.#find(id));
  }

  list(): UploadView[] {
    return [...this.#uploads.values()].map(view);
  }

  /**
   * Appends a request's body at `offsetBytes`. A connection that breaks leaves what has arrived, and the promise rejects. A
   * second request for the same upload ends the first, whose client has gone without our noticing.
   *
   * Throws `not-found`, `conflict` with `details.offsetBytes` where the upload is at another place, `payload-too-large`.
   */
  async append(id: string, offsetBytes: number, request: IncomingMessage): Promise<UploadView> {
    const upload = this.#find(id);
    if (upload.writing !== undefined) {
      upload.writing.request.destroy();
      await upload.writing.ended;
    }
    this.#refuseTaken(upload);
    if (upload.writing !== undefined || upload.offsetBytes !== offsetBytes) {
      throw new MillraceError('conflict', `The upload is at byte ${upload.offsetBytes}, not at ${offsetBytes}.`, {
        hint: 'Go on from there.',
        details: { offsetBytes: upload.offsetBytes },
      });
    }
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    upload.writing = { request, ended };
    try {
      await this.#write(upload, request);
    } finally {
      upload.offsetBytes = await stat(this.#contentPath(id)).then(
        ({ size }) => size,
        () => 0,
      );
      upload.usedMs = this.#now();
      upload.writing = undefined;
      resolve();
    }
    return view(upload);
  }

  /** Throws `not-found`, and `conflict` while it is being imported. */
  async remove(id: string): Promise<void> {
    const upload = this.#find(id);
    this.#refuseTaken(upload);
    this.#uploads.delete(id);
    upload.writing?.request.destroy();
    await upload.writing?.ended;
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }

  /** For an import. Throws `not-found`, and `conflict` where it is not complete or being imported already. */
  take(id: string): TakenUpload {
    const upload = this.#find(id);
    this.#refuseTaken(upload);
    if (upload.offsetBytes !== upload.sizeBytes || upload.writing !== undefined) {
      throw new MillraceError(
        'conflict',
        `${upload.fileName} is not complete: ${upload.offsetBytes} of ${upload.sizeBytes} bytes have arrived.`,
        { hint: 'Send the rest first.', details: { offsetBytes: upload.offsetBytes } },
      );
    }
    upload.isTaken = true;
    return {
      path: this.#contentPath(id),
      fileName: upload.fileName,
      release: async (keep) => {
        upload.isTaken = false;
        upload.usedMs = this.#now();
        if (!keep) await this.remove(id);
      },
    };
  }

  /** Ends what is being sent; what has arrived stays for the next run. */
  async stop(): Promise<void> {
    for (const upload of this.#uploads.values()) {
      upload.writing?.request.destroy();
      await upload.writing?.ended;
      await this.#writeAnnounced(upload).catch(() => {});
    }
  }

  async #write(upload: Upload, request: IncomingMessage): Promise<void> {
    const path = this.#contentPath(upload.id);
    let room = upload.sizeBytes - upload.offsetBytes;
    const bounded = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        room -= chunk.length;
        if (room < 0) done(tooMuch(upload));
        else done(null, chunk);
      },
    });
    const silence = setTimeout(() => request.destroy(), silenceMs);
    bounded.on('data', () => silence.refresh());
    try {
      await pipeline(request, bounded, createWriteStream(path, { flags: 'r+', start: upload.offsetBytes }));
    } catch (error) {
      if (error instanceof MillraceError) {
        // None of a request that says more than it may counts.
        await truncate(path, upload.offsetBytes);
        throw error;
      }
      if (request.destroyed && !request.complete) {
        throw new MillraceError('client-gone', 'The connection broke before the piece was complete.', { cause: error });
      }
      return await explainFull(error, this.#folder, upload.sizeBytes - upload.offsetBytes, this.#freeBytes);
    } finally {
      clearTimeout(silence);
    }
  }

  async #checkSpace(): Promise<void> {
    const awaited = [...this.#uploads.values()].reduce((sum, each) => sum + each.sizeBytes - each.offsetBytes, 0);
    await checkSpace(this.#folder, awaited, this.#freeBytes);
  }

  async #expire(): Promise<void> {
    const nowMs = this.#now();
    for (const upload of this.#uploads.values()) {
      if (upload.usedMs + lifeMs <= nowMs && upload.writing === undefined && !upload.isTaken)
        await this.remove(upload.id);
    }
  }

  /** Undefined where the folder is not a whole upload. */
  async #read(id: string): Promise<Upload | undefined> {
    if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
    try {
      const announced = announcedSchema.parse(
        JSON.parse(await readFile(join(this.#folder, id, 'announced.json'), 'utf8')),
      );
      const { size } = await stat(this.#contentPath(id));
      if (size > announced.sizeBytes) return undefined;
      return { id, ...announced, offsetBytes: size, writing: undefined, isTaken: false };
    } catch {
      return undefined;
    }
  }

  async #writeAnnounced({ id, fileName, sizeBytes, usedMs }: Upload): Promise<void> {
    // The folder is there first: where it has been removed meanwhile, nothing is made again.
    const handle = await open(join(this.#folder, id, 'announced.json'), 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify({ fileName, sizeBytes, usedMs }));
    } finally {
      await handle.close();
    }
  }

  #contentPath(id: string): string {
    // Alone in a folder: a model may name files beside it as its weights, and ours are none of its business.
    return join(this.#folder, id, 'file', 'content');
  }

  #find(id: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload !== undefined) return upload;
    throw new MillraceError('not-found', 'No upload has this id, or its time has passed.', {
      hint: 'Begin a new one with POST /api/v1/uploads.',
    });
  }

  #refuseTaken({ isTaken, fileName }: Upload): void {
    if (isTaken) throw new MillraceError('conflict', `${fileName} is being imported.`);
  }
}

function view({ id, fileName, sizeBytes, offsetBytes, usedMs }: Upload): UploadView {
  return { id, fileName, sizeBytes, offsetBytes, expiresAt: new Date(usedMs + lifeMs).toISOString() };
}

function tooMuch({ sizeBytes, offsetBytes }: Upload): MillraceError {
  return new MillraceError(
    'payload-too-large',
    `The upload was announced with ${sizeBytes} bytes; after the ${offsetBytes} that are there more came than the rest.`,
    { hint: 'Announce it again with its size.', details: { sizeBytes, offsetBytes } },
  );
}

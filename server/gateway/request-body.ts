/**
 * Reads a request's body into one buffer: bounded by the body limit, by the host's memory budget, and by the number of
 * chunks, whatever the headers claim.
 */
import type { IncomingMessage } from 'node:http';
import { createGunzip, createInflate } from 'node:zlib';
import { MillraceError, asMillraceError } from '../base/errors.ts';
import type { MemoryPermit } from './memory-budget.ts';

/** More chunks than this in a body without a length: a client that sends single bytes to cost us time. */
const maxChunks = 65_536;

/** Room made at once for a body that announces its length; above this only what arrives counts. */
const trustedBytes = 1024 * 1024;

export interface BodyLimits {
  /** Largest body, compressed and decompressed, bytes. */
  readonly maxBodyBytes: number;
}

const noBytes = Buffer.alloc(0);

/**
 * Calls `onDone` once, with the body or with why there is none. A client that leaves early is `client-gone`.
 * What `permit` holds grows with the body; releasing it is the caller's, also after an error.
 */
export function readBody(
  request: IncomingMessage,
  contentLength: number | undefined,
  limits: BodyLimits,
  permit: MemoryPermit,
  onDone: (body: Buffer | undefined, error: MillraceError | undefined) => void,
): void {
  const declared = contentLength ?? 0;
  if (declared > limits.maxBodyBytes) return onDone(undefined, tooLarge(declared, limits.maxBodyBytes));
  // A look, not a reservation: two clients that announce 64 MiB and send nothing must not lock all others out.
  if (!permit.couldGrow(declared)) return onDone(undefined, memoryFull());

  const growing = new GrowingBuffer(permit, limits.maxBodyBytes, Math.min(declared, trustedBytes));
  let whole: Buffer | undefined;
  let chunks = 0;
  let done = false;
  const finish = (body: Buffer | undefined, error: MillraceError | undefined): void => {
    if (done) return;
    done = true;
    onDone(body, error);
  };
  request.on('data', (chunk: Buffer) => {
    if (done) return;
    chunks++;
    if (chunks === 1 && chunk.length === contentLength) {
      if (permit.grow(chunk.length)) whole = chunk;
      else finish(undefined, memoryFull());
      return;
    }
    if (contentLength === undefined && chunks > maxChunks) {
      const sent = new MillraceError('payload-too-large', `The body came in more than ${maxChunks} chunks.`, {
        hint: 'Send larger chunks, or a Content-Length.',
      });
      finish(undefined, sent);
      return;
    }
    const error = growing.append(chunk);
    if (error !== undefined) finish(undefined, error);
  });
  request.on('end', () => finish(whole ?? growing.take(), undefined));
  request.on('close', () => {
    if (!done) finish(undefined, new MillraceError('client-gone', 'The client left before its request was complete.'));
  });
  request.on('error', () => {}); // 'close' follows and reports it.
}

/** Undoes `Content-Encoding`. `deflate` is zlib's format, as RFC 9110 section 8.4.1.2 says. Throws MillraceErrors. */
export async function decompress(
  body: Buffer,
  contentEncoding: string,
  limits: BodyLimits,
  permit: MemoryPermit,
): Promise<Buffer> {
  const encoding = contentEncoding.toLowerCase();
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    throw new MillraceError(
      'unsupported-encoding',
      `The Content-Encoding '${encoding.slice(0, 40)}' is not supported.`,
      {
        hint: 'Use gzip, deflate or none.',
      },
    );
  }
  const stream = encoding === 'gzip' ? createGunzip() : createInflate();
  const growing = new GrowingBuffer(permit, limits.maxBodyBytes, 0);
  try {
    stream.end(body);
    for await (const chunk of stream) {
      const error = growing.append(chunk as Buffer);
      if (error !== undefined) throw error;
    }
  } catch (error) {
    const known = asMillraceError(error);
    if (known.code !== 'internal') throw known;
    throw new MillraceError('invalid-request', `The body is not valid ${encoding} data.`, {
      hint: 'Check that Content-Encoding names what the body was compressed with.',
      cause: error,
    });
  } finally {
    stream.destroy();
  }
  return growing.take();
}

/** One buffer that doubles. Many tiny chunks cost their bytes and no more; the permit holds what has arrived. */
class GrowingBuffer {
  readonly #permit: MemoryPermit;
  readonly #limitBytes: number;
  readonly #firstCapacity: number;
  #buffer = noBytes;
  #length = 0;

  /** Takes `firstCapacity` bytes without growing. */
  constructor(permit: MemoryPermit, limitBytes: number, firstCapacity: number) {
    this.#permit = permit;
    this.#limitBytes = limitBytes;
    this.#firstCapacity = firstCapacity;
  }

  append(chunk: Buffer): MillraceError | undefined {
    const needed = this.#length + chunk.length;
    if (needed > this.#limitBytes) return tooLarge(needed, this.#limitBytes);
    if (!this.#permit.grow(chunk.length)) return memoryFull();
    if (needed > this.#buffer.length) {
      const capacity = Math.max(needed, 2 * this.#buffer.length, this.#firstCapacity);
      const larger = Buffer.allocUnsafeSlow(Math.min(capacity, this.#limitBytes));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.#length);
    this.#length = needed;
    return undefined;
  }

  take(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}

function tooLarge(bytes: number, limitBytes: number): MillraceError {
  return new MillraceError('payload-too-large', `The body has at least ${bytes} bytes; the limit is ${limitBytes}.`, {
    hint: 'Send fewer rows per request, or raise limits.maxBodyBytes.',
    details: { limitBytes },
  });
}

function memoryFull(): MillraceError {
  return new MillraceError(
    'memory-full',
    'The server holds as many request bytes as it may; this request was not read.',
    {
      hint: 'Try again in a moment, or raise limits.maxBufferedBytes.',
      retryable: true,
      retryAfterSeconds: 1,
    },
  );
}

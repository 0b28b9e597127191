/**
 * Reads a request's body: bounded by the body limit, by the host's memory budget, and by the number of chunks, whatever the
 * headers claim. What arrives in large pieces stays in them: the host forwards bodies and has no use for one buffer.
 */
import type { IncomingMessage } from 'node:http';
import { createGunzip, createInflate } from 'node:zlib';
import { MillraceError, asMillraceError } from '../base/errors.ts';
import type { MemoryPermit } from './memory-budget.ts';

const noBytes = Buffer.alloc(0);

/** More chunks than this in a body without a length: a client that sends single bytes to cost us time. */
const maxChunks = 65_536;

export interface BodyLimits {
  /** Largest body, compressed and decompressed, bytes. */
  readonly maxBodyBytes: number;
}

export interface ReceivedBody {
  /** In order; none of them empty. */
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
}

/** Chunks below this are put together, so that a body in single bytes costs its bytes and no more. */
const smallChunkBytes = 4096;

/**
 * Calls `onDone` once, with the body or with why there is none. A client that leaves early is `client-gone`.
 * What `permit` holds grows with the body; releasing it is the caller's, also after an error.
 */
export function readBody(
  request: IncomingMessage,
  contentLength: number | undefined,
  limits: BodyLimits,
  permit: MemoryPermit,
  onDone: (body: ReceivedBody | undefined, error: MillraceError | undefined) => void,
): void {
  const declared = contentLength ?? 0;
  if (declared > limits.maxBodyBytes) return onDone(undefined, tooLarge(declared, limits.maxBodyBytes));
  // A look, not a reservation: two clients that announce 64 MiB and send nothing must not lock all others out.
  if (!permit.couldGrow(declared)) return onDone(undefined, memoryFull());

  const collected = new Pieces(permit, limits.maxBodyBytes);
  let chunks = 0;
  let done = false;
  const finish = (body: ReceivedBody | undefined, error: MillraceError | undefined): void => {
    if (done) return;
    done = true;
    onDone(body, error);
  };
  request.on('data', (chunk: Buffer) => {
    if (done) return;
    if (contentLength === undefined && ++chunks > maxChunks) {
      const sent = new MillraceError('payload-too-large', `The body came in more than ${maxChunks} chunks.`, {
        hint: 'Send larger chunks, or a Content-Length.',
      });
      finish(undefined, sent);
      return;
    }
    const error = collected.append(chunk, chunk.length === contentLength);
    if (error !== undefined) finish(undefined, error);
  });
  request.on('end', () => finish(collected.take(), undefined));
  request.on('close', () => {
    if (!done) finish(undefined, new MillraceError('client-gone', 'The client left before its request was complete.'));
  });
  request.on('error', ignore); // 'close' follows and reports it.
}

function ignore(): void {}

/** Undoes `Content-Encoding`. `deflate` is zlib's format, as RFC 9110 section 8.4.1.2 says. Throws MillraceErrors. */
export async function decompress(
  body: ReceivedBody,
  contentEncoding: string,
  limits: BodyLimits,
  permit: MemoryPermit,
): Promise<ReceivedBody> {
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
  const decompressed = new Pieces(permit, limits.maxBodyBytes);
  try {
    for (const piece of body.pieces) stream.write(piece);
    stream.end();
    for await (const chunk of stream) {
      const error = decompressed.append(chunk as Buffer, false);
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
  return decompressed.take();
}

class Pieces {
  readonly #permit: MemoryPermit;
  readonly #limitBytes: number;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  /** Small chunks put together; doubles as it fills. */
  #tail = noBytes;
  #tailLength = 0;

  constructor(permit: MemoryPermit, limitBytes: number) {
    this.#permit = permit;
    this.#limitBytes = limitBytes;
  }

  /** `whole` says that the chunk is the entire body, which needs no copy, however small. */
  append(chunk: Buffer, whole: boolean): MillraceError | undefined {
    if (this.#bytes + chunk.length > this.#limitBytes) return tooLarge(this.#bytes + chunk.length, this.#limitBytes);
    if (!this.#permit.grow(chunk.length)) return memoryFull();
    this.#bytes += chunk.length;
    if (whole || chunk.length >= smallChunkBytes) {
      this.#endTail();
      this.#pieces.push(chunk);
      return undefined;
    }
    if (this.#tailLength + chunk.length > this.#tail.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(smallChunkBytes, 2 * this.#tail.length));
      this.#tail.copy(larger, 0, 0, this.#tailLength);
      this.#tail = larger;
    }
    this.#tailLength += chunk.copy(this.#tail, this.#tailLength);
    return undefined;
  }

  take(): ReceivedBody {
    this.#endTail();
    return { pieces: this.#pieces, bytes: this.#bytes };
  }

  #endTail(): void {
    if (this.#tailLength > 0) this.#pieces.push(this.#tail.subarray(0, this.#tailLength));
    this.#tail = noBytes;
    this.#tailLength = 0;
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

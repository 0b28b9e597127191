/** Writes answers: headers as flat lists, one write per answer, compression where the client asks for it and it pays. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, deflate, gzip } from 'node:zlib';
import type { MillraceError } from '../base/errors.ts';
import { joined } from '../protocol/frames.ts';
import { errorResponse } from './error-response.ts';
import { rawHeader } from './request-head.ts';

/** Answers shorter than this are sent as they are: compressing costs more than it saves. */
const compressFromBytes = 1024;

type Encoding = 'gzip' | 'deflate';

/**
 * The coding with the highest weight in `Accept-Encoding` among identity, deflate and gzip; identity where none is named.
 * (RFC 9110 section 12.5.3, and Triton's choice of three.)
 */
export function chooseEncoding(acceptEncoding: string | undefined): Encoding | undefined {
  if (acceptEncoding === undefined) return undefined;
  const weights = { identity: 0, deflate: 0, gzip: 0 };
  for (const part of acceptEncoding.split(',')) {
    const [coding, ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    if (coding !== 'gzip' && coding !== 'deflate' && coding !== 'identity') continue;
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    weights[coding] = Number.isFinite(quality) ? quality : 0;
  }
  if (weights.gzip > 0 && weights.gzip >= weights.deflate && weights.gzip >= weights.identity) return 'gzip';
  if (weights.deflate > 0 && weights.deflate >= weights.identity) return 'deflate';
  return undefined;
}

/** Up to this size head and body leave as one string: a vector of two buffers costs the system twice as much. */
const oneWriteBytes = 8192;

/** Sends one complete answer. `headers` alternate names and values; the length is added here. */
export function sendBytes(
  response: ServerResponse,
  status: number,
  headers: readonly string[],
  body: Buffer,
  acceptEncoding: string | undefined,
): void {
  sendPieces(response, status, headers, [body], acceptEncoding);
}

/** The same for a body in pieces, which leave without being copied. */
export function sendPieces(
  response: ServerResponse,
  status: number,
  headers: readonly string[],
  pieces: readonly Buffer[],
  acceptEncoding: string | undefined,
): void {
  let bytes = 0;
  for (const piece of pieces) bytes += piece.length;
  const encoding = bytes >= compressFromBytes ? chooseEncoding(acceptEncoding) : undefined;
  if (encoding === undefined) {
    response.writeHead(status, [...headers, 'Content-Length', String(bytes)]);
    endWith(response, pieces, bytes);
    return;
  }
  const compress = encoding === 'gzip' ? gzip : deflate;
  const body = joined(pieces);
  compress(body, { level: constants.Z_BEST_SPEED }, (error, compressed) => {
    if (response.destroyed) return;
    const payload = error === null ? compressed : body;
    const coding = error === null ? ['Content-Encoding', encoding] : [];
    const length = ['Content-Length', String(payload.length)];
    response.writeHead(status, [...headers, ...coding, 'Vary', 'Accept-Encoding', ...length]);
    response.end(payload);
  });
}

function endWith(response: ServerResponse, pieces: readonly Buffer[], bytes: number): void {
  if (bytes <= oneWriteBytes) {
    // Latin-1 is how Node writes the head, and it carries any byte unchanged.
    response.end(joined(pieces).toString('latin1'), 'latin1');
    return;
  }
  response.cork();
  for (const piece of pieces) response.write(piece);
  response.end();
  response.uncork();
}

export function sendJson(response: ServerResponse, status: number, body: unknown, acceptEncoding?: string): void {
  sendBytes(response, status, ['Content-Type', 'application/json'], Buffer.from(JSON.stringify(body)), acceptEncoding);
}

/** How much of a refused body is read on, milliseconds and chunks: what a LAN delivers of 64 MiB, and of single bytes little. */
const lingerMs = 2000;
const lingerChunks = 4096;

/**
 * Sends an error. Where the request's body has not been read to its end the connection closes after the answer: reading the
 * rest would give a client that is refused as much of our time as one that is served. `onDropped` hears of bytes that still arrive.
 */
export function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  error: MillraceError,
  onDropped: (bytes: number) => void,
): string | undefined {
  const { status, headers, body, requestId } = errorResponse(error);
  if (response.headersSent) {
    // Part of an answer is out: only a broken connection tells the client that the rest is missing.
    response.destroy();
    return requestId;
  }
  // Without a body the request is over, although Node calls it complete only after its handler has run.
  const unread = !request.complete && hasBody(request);
  const closing = unread ? ['Connection', 'close'] : [];
  response.writeHead(status, [...headers, ...closing, 'Content-Length', String(body.length)]);
  if (unread) endAfterReading(request, response, body, onDropped);
  else response.end(body);
  return requestId;
}

function hasBody({ rawHeaders }: IncomingMessage): boolean {
  const length = rawHeader(rawHeaders, 'content-length');
  return length === undefined ? rawHeader(rawHeaders, 'transfer-encoding') !== undefined : Number(length) > 0;
}

/**
 * Hands over the answer, then drops what still arrives, for a moment. A connection that is closed over unread bytes is reset,
 * and a client that is busy sending would see a broken pipe instead of the reason.
 */
function endAfterReading(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  onDropped: (bytes: number) => void,
): void {
  let chunks = 0;
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, lingerMs);
  response.write(body);
  request.on('data', (chunk: Buffer) => {
    onDropped(chunk.length);
    if (++chunks > lingerChunks) end();
  });
  request.on('end', end);
  request.on('close', end);
}

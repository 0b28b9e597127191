/**
 * What a client reads when its bytes are not HTTP, or too slow, or too long in the head: requests that never reach a handler.
 * Without this, node:http answers with a status line alone.
 */
import type { Duplex } from 'node:stream';

interface Refusal {
  readonly status: string;
  readonly error: string;
  readonly code: string;
}

const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    error: 'The head of the request has more than 16 KiB.',
    code: 'invalid-request',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    error: 'The request did not arrive in time.',
    code: 'invalid-request',
  },
};

const malformed: Refusal = {
  status: '400 Bad Request',
  error: 'The request is not well-formed HTTP/1.1, or its method is unknown.',
  code: 'invalid-request',
};

const encrypted: Refusal = {
  status: '400 Bad Request',
  error: 'This port speaks http, and the request came as https.',
  code: 'invalid-request',
};

/** First byte of a TLS handshake (RFC 8446 section 5.1). */
const tlsHandshake = 0x16;

interface ParserError extends NodeJS.ErrnoException {
  /** The bytes that could not be parsed. */
  readonly rawPacket?: Buffer;
}

/** Answers and closes the connection. Nothing is written to one that has gone or that has already been answered. */
export function refuseUnparsed(error: ParserError, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const other = error.rawPacket?.[0] === tlsHandshake ? encrypted : malformed;
  const { status, error: sentence, code } = refusals[error.code ?? ''] ?? other;
  const body = JSON.stringify({ error: sentence, code });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/**
 * One request by hand over a socket of its own, byte for byte as an attacker would write it; what comes back, as far as it is
 * HTTP. Bounded in time and size.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Target {
  readonly host: string;
  readonly port: number;
  /** Undefined: plain. The authority that is trusted beside the system's; the certificate is judged for this host. */
  readonly tls: { readonly authorityPem: string | undefined } | undefined;
}

export type RawReply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Lower case. */
      readonly headers: ReadonlyMap<string, string>;
      readonly body: string;
    }
  /** The line was cut, or nothing came in time. */
  | { readonly kind: 'closed' | 'silent'; readonly afterMs: number }
  /** Nobody listens there, or the certificate is not trusted. */
  | { readonly kind: 'refused'; readonly reason: string };

const maxReplyBytes = 256 * 1024;

export function exchange(target: Target, request: string | Buffer, timeoutMs: number): Promise<RawReply> {
  const startMs = performance.now();
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    let isConnected = false;
    const socket = open(target);
    const end = (reply: RawReply): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reply);
    };
    const ended = (kind: 'closed' | 'silent'): void => {
      const answer = parseReply(bytes, true);
      end(answer ?? { kind, afterMs: performance.now() - startMs });
    };
    const timer = setTimeout(() => ended('silent'), timeoutMs);
    socket.once(target.tls === undefined ? 'connect' : 'secureConnect', () => {
      isConnected = true;
      socket.write(request);
    });
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const answer = parseReply(bytes, bytes.length > maxReplyBytes);
      if (answer !== undefined) end(answer);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (isConnected) ended('closed');
      else end({ kind: 'refused', reason: error.code ?? error.message });
    });
    socket.on('close', () => ended('closed'));
  });
}

function open({ host, port, tls }: Target): Socket {
  if (tls === undefined) return connect({ host, port });
  return connectTls({
    host,
    port,
    servername: '',
    ...(tls.authorityPem !== undefined && { ca: tls.authorityPem }),
  });
}

/** Undefined while it is not whole. `isOver`: no more comes. */
function parseReply(bytes: Buffer, isOver: boolean): RawReply | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) return undefined;
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const body = bytes.subarray(headEnd + 4);
  const length = Number(headers.get('content-length'));
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
  const isWhole = status === 204 || isStream || (!Number.isNaN(length) && body.length >= length);
  if (!isWhole && !isOver) return undefined;
  return { kind: 'answer', status, headers, body: body.toString('utf8') };
}

/** What every server that answers inference is made with: sizes and times, for this machine's listener and the network's alike. */
import type { ServerOptions } from 'node:http';

export interface ListenerLimits {
  /** Largest request body, also after decompression, bytes. */
  readonly maxBodyBytes: number;
  /** Request bodies held at once, all clients together, bytes. */
  readonly maxBufferedBytes: number;
  readonly maxConnections: number;
  /** From a connection's first byte to the end of a request's head, milliseconds. */
  readonly headersTimeoutMs: number;
  /** From a request's first byte to the end of its body; at least `headersTimeoutMs`, milliseconds. */
  readonly requestTimeoutMs: number;
  /** An idle connection is kept this long, milliseconds. */
  readonly keepAliveTimeoutMs: number;
}

/** Longest request head that is read, bytes: Node's own default, stated because it is a promise. */
const maxHeaderBytes = 16 * 1024;

/** Of every server that answers inference. */
export function serverOptions(limits: ListenerLimits): ServerOptions {
  return {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutMs),
    // The Host check answers for a missing one, with a sentence.
    requireHostHeader: false,
  };
}

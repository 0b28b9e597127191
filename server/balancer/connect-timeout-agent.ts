/**
 * Connections to one remote server: kept open between requests, and given up when they do not come about in time.
 *
 * The time covers name look-up, TCP and TLS. http-proxy-3's own `connectTimeout` ends with TCP, and the health checks, which do
 * not go through it, need the same rule.
 */
import { Agent as HttpAgent } from 'node:http';
import type { ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';

export interface ConnectionSettings {
  readonly secure: boolean;
  readonly connectTimeoutMs: number;
  /** Idle connections kept; 0 uses each connection once. */
  readonly maxIdle: number;
}

/** Shorter than the 75 s that a Millrace keeps an idle connection, so that this side closes first. nginx's default is 60 s. */
const idleTimeoutMs = 30_000;

/** Certificates are verified by Node's own rules and list of authorities. */
export function createConnectionAgent(settings: ConnectionSettings): HttpAgent {
  return settings.secure ? new SecureAgent(settings) : new PlainAgent(settings);
}

function agentOptions({ maxIdle }: ConnectionSettings): {
  keepAlive: boolean;
  maxFreeSockets: number;
  timeout: number;
} {
  return { keepAlive: maxIdle > 0, maxFreeSockets: Math.max(1, maxIdle), timeout: idleTimeoutMs };
}

class PlainAgent extends HttpAgent {
  readonly #connectTimeoutMs: number;

  constructor(settings: ConnectionSettings) {
    super(agentOptions(settings));
    this.#connectTimeoutMs = settings.connectTimeoutMs;
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    return limitConnecting(super.createConnection(options, callback), 'connect', this.#connectTimeoutMs);
  }
}

class SecureAgent extends HttpsAgent {
  readonly #connectTimeoutMs: number;

  constructor(settings: ConnectionSettings) {
    super(agentOptions(settings));
    this.#connectTimeoutMs = settings.connectTimeoutMs;
  }

  override createConnection(
    options: RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    return limitConnecting(super.createConnection(options, callback), 'secureConnect', this.#connectTimeoutMs);
  }
}

/** Destroys the socket with ETIMEDOUT, the code that the system itself gives, unless `connected` comes first. */
function limitConnecting(
  socket: Duplex | null | undefined,
  connected: 'connect' | 'secureConnect',
  timeoutMs: number,
): Duplex | null | undefined {
  if (socket === null || socket === undefined) return socket;
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error(`No connection within ${timeoutMs} ms.`), { code: 'ETIMEDOUT' }));
  }, timeoutMs);
  timer.unref();
  socket.once(connected, () => clearTimeout(timer));
  socket.once('close', () => clearTimeout(timer));
  return socket;
}

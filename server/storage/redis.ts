/**
 * A connection to a Redis server: the only importer of its client.
 *
 * Commands have a deadline and never wait for a connection: without one they fail at once. The connection is sought again
 * with growing pauses. A server that is there and does not keep the deadlines counts as gone until it answers a ping, so that
 * its slowness is paid for by a few commands and not by all.
 */
import { MillraceError } from '../base/errors.ts';

export type RedisReply = string | number | Buffer | null | readonly RedisReply[];

export interface RedisOptions {
  /** `redis://` or `rediss://`, with user and password where the server wants them. */
  readonly url: string;
  /** Hears why it cannot be used, and undefined when it can. Only changes are told. */
  onTrouble(reason: string | undefined): void;
}

interface RedisClient {
  readonly isReady: boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'ready', listener: () => void): unknown;
  connect(): Promise<unknown>;
  sendCommand(args: readonly (string | Buffer)[], options: object): Promise<unknown>;
  destroy(): void;
}

/** A LAN connects in 1 ms; a name server may need a second. */
const connectTimeoutMs = 2000;
const firstReconnectMs = 100;
const longestReconnectMs = 10_000;
/** Missed deadlines in a row after which it counts as gone. */
const missesUntilSlow = 10;
/** How often a slow server is asked whether it answers, and how long it may take, milliseconds. */
const probeIntervalMs = 1000;
const probeDeadlineMs = 250;
/** Commands without a reply; more are refused. */
const maxOutstanding = 10_000;

export class Redis {
  readonly #options: RedisOptions;
  /** Host and port, without the password: for people. */
  readonly address: string;
  #client: RedisClient | undefined;
  #trouble: string | undefined;
  #misses = 0;
  #isSlow = false;
  #probe: NodeJS.Timeout | undefined;
  #closed = false;

  /** Connects in the background. Throws `invalid-config` for a URL that is none. */
  constructor(options: RedisOptions) {
    this.#options = options;
    this.address = redisAddress(options.url);
    void this.#connect();
  }

  get isReady(): boolean {
    return this.#client?.isReady === true && !this.#isSlow;
  }

  /** Why it cannot be used, one sentence. Undefined while it can. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** The reply, with texts as buffers. Throws `storage-failed`: no connection, no reply in time, or the server's refusal. */
  async send(args: readonly (string | Buffer)[], deadlineMs: number): Promise<RedisReply> {
    if (!this.isReady) throw this.#unavailable(this.#trouble ?? `Redis at ${this.address} is not connected yet.`);
    return this.#ask(args, deadlineMs);
  }

  /** Ends the connection at once; commands without a reply fail. Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#probe);
    this.#client?.destroy();
    this.#client = undefined;
  }

  async #connect(): Promise<void> {
    // Loaded here: most hosts have no Redis, and its client takes 10 MB.
    const { createClient, RESP_TYPES } = await import('@redis/client');
    if (this.#closed) return;
    const client = createClient({
      url: this.#options.url,
      name: 'millrace',
      RESP: 2,
      disableOfflineQueue: true,
      commandsQueueMaxLength: maxOutstanding,
      // A server whose machine has lost its power says nothing: after three pings without a reply the connection is given up.
      pingInterval: 5000,
      socket: {
        connectTimeout: connectTimeoutMs,
        socketTimeout: 15_000,
        reconnectStrategy: (retries) => {
          const delayMs = Math.min(longestReconnectMs, firstReconnectMs * 2 ** Math.min(retries, 10));
          return delayMs * (0.75 + Math.random() / 2);
        },
      },
      commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    }) as unknown as RedisClient;
    client.on('error', (error) => this.#tell(`Redis at ${this.address} cannot be reached: ${reasonOf(error)}.`));
    client.on('ready', () => this.#recover());
    this.#client = client;
    // It goes on trying by itself; what stands against it has been told by 'error'.
    await client.connect().catch(() => {});
  }

  async #ask(args: readonly (string | Buffer)[], deadlineMs: number): Promise<RedisReply> {
    const client = this.#client;
    if (client?.isReady !== true) throw this.#unavailable(`Redis at ${this.address} is not connected.`);
    const reply = client.sendCommand(args, {});
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, deadlineMs, 'late');
    });
    try {
      const outcome = await Promise.race([reply as Promise<RedisReply>, late]);
      if (outcome === 'late') {
        reply.catch(() => {});
        this.#onMiss();
        throw this.#unavailable(`Redis at ${this.address} did not answer within ${deadlineMs} ms.`);
      }
      this.#misses = 0;
      return outcome;
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      throw this.#unavailable(`Redis at ${this.address} refused a command: ${reasonOf(error as Error)}.`, error);
    } finally {
      clearTimeout(timer);
    }
  }

  #onMiss(): void {
    this.#misses++;
    if (this.#misses < missesUntilSlow || this.#isSlow) return;
    this.#isSlow = true;
    this.#tell(`Redis at ${this.address} is too slow to be used.`);
    this.#scheduleProbe();
  }

  #scheduleProbe(): void {
    this.#probe = setTimeout(() => {
      if (this.#closed || !this.#isSlow) return;
      void this.#ask(['PING'], probeDeadlineMs).then(
        () => this.#recover(),
        () => this.#scheduleProbe(),
      );
    }, probeIntervalMs).unref();
  }

  #recover(): void {
    this.#misses = 0;
    this.#isSlow = false;
    this.#tell(undefined);
  }

  #tell(trouble: string | undefined): void {
    if (this.#closed || trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.onTrouble(trouble);
  }

  #unavailable(message: string, cause?: unknown): MillraceError {
    return new MillraceError('storage-failed', message, {
      hint: 'Look whether the Redis server runs, can be reached from here, and takes this password.',
      retryable: true,
      ...(cause !== undefined && { cause }),
    });
  }
}

/** Host and port of a Redis URL. Throws `invalid-config`; the text, which may hold a password, is not shown. */
export function redisAddress(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:') || parsed.hostname === '') {
    throw new MillraceError('invalid-config', 'The address of Redis is not one.', {
      hint: 'Write redis://host:6379, or rediss:// for TLS; user, password and number of the database are optional.',
    });
  }
  return `${parsed.hostname}:${parsed.port === '' ? '6379' : parsed.port}`;
}

function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? (error.message === '' ? error.name : error.message.replace(/\.$/, ''));
}

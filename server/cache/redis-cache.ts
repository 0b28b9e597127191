/**
 * Saved answers in Redis, where several machines share them. Redis forgets by itself: each answer is set with its time, and
 * what a full server removes is its own setting (`maxmemory-policy allkeys-lru` suits).
 *
 * A value is a small head and the outputs: format u8 · 7 bytes 0 · storedMs f64 · runMs f64 · outputs.
 */
import type { Redis, RedisReply } from '../storage/redis.ts';
import { cacheUnavailable } from './prediction-cache.ts';
import type {
  CacheProblem,
  CacheReading,
  CacheUsage,
  NewAnswer,
  PredictionCache,
  SavedAnswer,
} from './prediction-cache.ts';
import { WriteQueue } from './write-queue.ts';

/** How long a request waits for Redis, milliseconds. A LAN answers in less than one; many models run in five. */
const lookDeadlineMs = 5;
/** Nobody waits for these. */
const writeDeadlineMs = 2000;
/** Written at once; what comes meanwhile waits for the replies. */
const maxWriting = 256;
const headBytes = 24;
const format = 1;
const keysPerScan = '500';

export class RedisCache implements PredictionCache {
  readonly kind = 'redis';
  readonly #redis: Redis;
  readonly #queue = new WriteQueue();
  readonly #writing = new Map<NewAnswer, Promise<void>>();
  #scheduled = false;
  #closed = false;
  #written = 0;
  #dropped = 0;
  /** The server's last refusal of a write, until one succeeds. */
  #refusal: string | undefined;

  /** Takes over the connection: closing the cache closes it. */
  constructor(redis: Redis) {
    this.#redis = redis;
  }

  get isUsable(): boolean {
    return this.#redis.isReady;
  }

  look(model: string, key: string, nowMs: number, onFound: (answer: SavedAnswer | undefined) => void): void {
    const waiting = this.#queue.find(key);
    if (waiting !== undefined) {
      onFound(waiting.expiresMs > nowMs ? waiting : undefined);
      return;
    }
    if (!this.#redis.isReady) {
      onFound(undefined);
      return;
    }
    this.#redis.send(['GET', keyOf(model, key)], lookDeadlineMs).then(
      (reply) => onFound(decodeValue(reply)),
      () => onFound(undefined),
    );
  }

  save(answer: NewAnswer): void {
    if (this.#closed || !this.#redis.isReady || !this.#queue.add(answer)) {
      this.#dropped++;
      return;
    }
    this.#scheduleWrites();
  }

  async clear(model: string | undefined): Promise<number> {
    let removed = 0;
    this.#queue.clear(model);
    // What is being written now would otherwise arrive after the search has passed its place.
    await Promise.all(this.#writing.values());
    const pattern = model === undefined ? `${prefix}*` : keyOf(model, '*');
    let cursor = '0';
    try {
      do {
        const scan = ['SCAN', cursor, 'MATCH', pattern, 'COUNT', keysPerScan];
        const [next, keys] = (await this.#redis.send(scan, writeDeadlineMs)) as [Buffer, readonly Buffer[]];
        if (keys.length > 0) removed += (await this.#redis.send(['UNLINK', ...keys], writeDeadlineMs)) as number;
        cursor = next.toString();
      } while (cursor !== '0');
    } catch {
      throw cacheUnavailable(this.#problem() ?? slowProblem(this.#redis.address));
    }
    return removed;
  }

  reading(): CacheReading {
    return {
      usage: undefined,
      written: this.#written,
      dropped: this.#dropped,
      expired: 0,
      evicted: 0,
      problem: this.#problem(),
    };
  }

  usageOf(): CacheUsage | undefined {
    return undefined;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    while (this.#queue.size > 0) {
      this.#writeWaiting();
      await Promise.all(this.#writing.values());
    }
    this.#redis.close();
  }

  #problem(): CacheProblem | undefined {
    const message = this.#redis.trouble ?? this.#refusal;
    return message === undefined ? undefined : redisProblem(message);
  }

  #scheduleWrites(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#writeWaiting();
    });
  }

  #writeWaiting(): void {
    for (const answer of this.#queue) {
      if (this.#writing.size >= maxWriting) return;
      if (!this.#writing.has(answer)) this.#writing.set(answer, this.#write(answer));
    }
  }

  /** Never rejects. */
  async #write(answer: NewAnswer): Promise<void> {
    // Not before the caller has noted it.
    await undefined;
    try {
      const ttlMs = Math.round(answer.expiresMs - Date.now());
      if (ttlMs > 0) {
        const value = encodeValue(answer);
        await this.#redis.send(['SET', keyOf(answer.model, answer.key), value, 'PX', String(ttlMs)], writeDeadlineMs);
      }
      this.#written++;
      this.#refusal = undefined;
    } catch (error) {
      this.#dropped++;
      this.#refusal = (error as Error).message;
    } finally {
      this.#writing.delete(answer);
      this.#queue.done(answer);
      if (this.#queue.size > 0) this.#scheduleWrites();
    }
  }
}

export function redisProblem(reason: string): CacheProblem {
  return {
    message: `Answers are not saved: ${reason}`,
    hint: 'Requests are answered without it. Look whether the Redis server runs, can be reached, and has memory left.',
  };
}

/** Another layout is another prefix: machines with older and newer programs may share one server. */
const prefix = `millrace:answer:${format}:`;

/** Model names hold letters, digits, `.`, `_` and `-` only, nothing that a search pattern would take for more. */
function keyOf(model: string, key: string): string {
  return `${prefix}${model}:${key}`;
}

function encodeValue({ outputs, storedMs, runMs }: SavedAnswer): Buffer {
  const value = Buffer.alloc(headBytes + outputs.length);
  value.writeUInt8(format, 0);
  value.writeDoubleLE(storedMs, 8);
  value.writeDoubleLE(runMs, 16);
  outputs.copy(value, headBytes);
  return value;
}

function decodeValue(reply: RedisReply): SavedAnswer | undefined {
  if (!Buffer.isBuffer(reply) || reply.length < headBytes || reply[0] !== format) return undefined;
  return { storedMs: reply.readDoubleLE(8), runMs: reply.readDoubleLE(16), outputs: reply.subarray(headBytes) };
}

function slowProblem(address: string): CacheProblem {
  return { message: `Redis at ${address} did not answer in time.`, hint: 'Try again.' };
}

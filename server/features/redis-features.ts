/**
 * Feature sets in Redis, where several machines share them: `millrace:features` is a hash of set name to schema,
 * `millrace:features:<set>` a hash of entity id to entity.
 *
 * A schema grows by comparing: it is written only where it is still what was read, else the write begins anew.
 */
import { MillraceError } from '../base/errors.ts';
import type { Redis, RedisReply } from '../storage/redis.ts';
import { emptySchema, growSchema, isCurrent } from './feature-set.ts';
import type { Entity, FeatureSchema, Features, StoredEntity } from './feature-set.ts';
import type { EntityPage, FeatureStore, NamedSchema } from './feature-store.ts';

const setsKey = 'millrace:features';
const deadlineMs = 2000;
/** Two machines that grow one schema at the same time; more often than this is no coincidence. */
const maxTries = 10;

/** Writes the schema and the entities in one step, if the schema is still the one that they were checked against. */
const putScript = `
local now = redis.call('HGET', KEYS[1], ARGV[1])
if (now or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
for i = 4, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
return 1`;

export class RedisFeatures implements FeatureStore {
  readonly kind = 'redis';
  readonly #redis: Redis;
  readonly #nowMs: () => number;

  /** Takes over the connection: closing the store closes it. */
  constructor(redis: Redis, nowMs: () => number) {
    this.#redis = redis;
    this.#nowMs = nowMs;
  }

  async sets(): Promise<readonly NamedSchema[]> {
    const reply = (await this.#send('HGETALL', setsKey)) as readonly Buffer[];
    const sets = Array.from({ length: reply.length / 2 }, (_, index) => ({
      name: String(reply[index * 2]),
      schema: JSON.parse(String(reply[index * 2 + 1])) as FeatureSchema,
    }));
    return sets.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async schema(set: string): Promise<FeatureSchema | undefined> {
    const text = await this.#schemaText(set);
    return text === '' ? undefined : (JSON.parse(text) as FeatureSchema);
  }

  async setTtl(set: string, ttlSeconds: number | undefined): Promise<FeatureSchema> {
    return this.#change(set, [], (schema) => ({ ...schema, ttlSeconds }));
  }

  async get(set: string, ids: readonly string[]): Promise<readonly (StoredEntity | undefined)[]> {
    if (ids.length === 0) return [];
    const schema = await this.schema(set);
    if (schema === undefined) return ids.map(() => undefined);
    const replies = (await this.#send('HMGET', keyOf(set), ...ids)) as readonly (Buffer | null)[];
    const nowMs = this.#nowMs();
    return replies.map((reply, index) => {
      const entity = reply === null ? undefined : readEntity(ids[index]!, reply);
      return entity !== undefined && isCurrent(entity, schema, nowMs) ? entity : undefined;
    });
  }

  async put(set: string, entities: readonly Entity[]): Promise<FeatureSchema> {
    return this.#change(set, entities, (schema) => growSchema(schema, entities));
  }

  async remove(set: string, id: string): Promise<boolean> {
    return (await this.#send('HDEL', keyOf(set), id)) === 1;
  }

  async drop(set: string): Promise<boolean> {
    const removed = await this.#send('HDEL', setsKey, set);
    await this.#send('UNLINK', keyOf(set));
    return removed === 1;
  }

  async count(set: string): Promise<number> {
    return (await this.#send('HLEN', keyOf(set))) as number;
  }

  async page(set: string, after: string | undefined, limit: number): Promise<EntityPage> {
    const schema = await this.schema(set);
    if (schema === undefined) return { entities: [], next: undefined };
    const scan = await this.#send('HSCAN', keyOf(set), after ?? '0', 'COUNT', String(limit));
    const [next, flat] = scan as readonly [Buffer, readonly Buffer[]];
    const nowMs = this.#nowMs();
    const entities = Array.from({ length: flat.length / 2 }, (_, index) =>
      readEntity(String(flat[index * 2]), flat[index * 2 + 1]!),
    ).filter((entity) => isCurrent(entity, schema, nowMs));
    return { entities, next: String(next) === '0' ? undefined : String(next) };
  }

  async close(): Promise<void> {
    this.#redis.close();
  }

  async #change(
    set: string,
    entities: readonly Entity[],
    grow: (schema: FeatureSchema) => FeatureSchema,
  ): Promise<FeatureSchema> {
    for (let tries = 0; tries < maxTries; tries++) {
      const before = await this.#schemaText(set);
      const schema = grow(before === '' ? emptySchema : (JSON.parse(before) as FeatureSchema));
      const writtenMs = this.#nowMs();
      const values = entities.flatMap(({ id, features }) => [
        id,
        JSON.stringify([schema.version, writtenMs, features]),
      ]);
      const after = JSON.stringify(schema);
      const done = await this.#send('EVAL', putScript, '2', setsKey, keyOf(set), set, before, after, ...values);
      if (done === 1) return schema;
    }
    throw new MillraceError('storage-failed', `The schema of ${set} changes faster than it can be written.`, {
      retryable: true,
    });
  }

  async #schemaText(set: string): Promise<string> {
    const reply = (await this.#send('HGET', setsKey, set)) as Buffer | null;
    return reply === null ? '' : String(reply);
  }

  async #send(...args: readonly string[]): Promise<RedisReply> {
    try {
      return await this.#redis.send(args, deadlineMs);
    } catch (cause) {
      // Clients are not told where Redis is.
      throw new MillraceError('storage-failed', 'The feature store cannot be used now.', {
        hint: 'Look whether the Redis server of the setting features.redis runs and can be reached.',
        retryable: true,
        cause,
      });
    }
  }
}

function keyOf(set: string): string {
  return `${setsKey}:${set}`;
}

function readEntity(id: string, value: Buffer): StoredEntity {
  const [schemaVersion, writtenMs, features] = JSON.parse(String(value)) as [number, number, Features];
  return { id, schemaVersion, writtenMs, features };
}

/** `/v1/features` on the inference listener: feature sets and their entities, read and written in JSON. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MillraceError, asMillraceError } from '../base/errors.ts';
import { invalid, parseEntityId, parseFeatures, parseSetName, parseTtl } from '../features/feature-set.ts';
import type { Entity, FeatureSchema, StoredEntity } from '../features/feature-set.ts';
import { maxEntitiesAtOnce, unknownSet } from '../features/feature-store.ts';
import type { FeatureStore } from '../features/feature-store.ts';
import { joined } from '../protocol/frames.ts';
import { parseJsonDocument } from '../protocol/json-document.ts';
import { described, quoted } from '../protocol/wording.ts';
import type { InferContext } from './infer-handler.ts';
import { MemoryPermit } from './memory-budget.ts';
import { decompress, readBody } from './request-body.ts';
import type { RequestHead } from './request-head.ts';
import { sendJson } from './response.ts';
import type { FeatureRoute } from './routes.ts';

/** A thousand entities of a thousand numbers. */
const maxBodyBytes = 16 * 1024 * 1024;
const entitiesPerPage = 500;

export class FeatureHandler {
  readonly #store: FeatureStore;
  readonly #context: InferContext;

  constructor(store: FeatureStore, context: InferContext) {
    this.#store = store;
    this.#context = context;
  }

  /** Never throws. */
  async handle(
    route: FeatureRoute,
    request: IncomingMessage,
    response: ServerResponse,
    head: RequestHead,
  ): Promise<void> {
    try {
      if (route.name === 'features-export') {
        await this.#export(parseSetName(route.set), response);
        return;
      }
      const takesBody =
        route.name.startsWith('features-') || route.name === 'entity-write' || route.name === 'feature-set-write';
      const body = takesBody ? await this.#readJson(request, head) : undefined;
      const answer = await this.#answer(route, body);
      if (!response.destroyed) sendJson(response, 200, answer, head.acceptEncoding);
    } catch (error) {
      this.#context.fail(request, response, asMillraceError(error));
    }
  }

  async #answer(route: FeatureRoute, body: unknown): Promise<unknown> {
    const store = this.#store;
    if (route.name === 'feature-sets') {
      const sets = await store.sets();
      return { sets: await Promise.all(sets.map(({ name, schema }) => this.#setView(name, schema))) };
    }
    const set = parseSetName(route.set);
    switch (route.name) {
      case 'feature-set':
        return this.#setView(set, await this.#schemaOf(set));
      case 'feature-set-write':
        return this.#setView(set, await store.setTtl(set, parseTtl(member(body, 'ttlSeconds'))));
      case 'feature-set-remove':
        if (await store.drop(set)) return { set, removed: true };
        throw unknownSet(set);
      case 'features-get': {
        const ids = list(body, 'ids').map(parseEntityId);
        await this.#schemaOf(set);
        return {
          set,
          entities: (await store.get(set, ids)).map((entity) => (entity && entityView(set, entity)) || null),
        };
      }
      case 'features-write': {
        const entities = list(body, 'entities').map(parseEntity);
        const { version } = await store.put(set, entities);
        return { set, written: entities.length, schemaVersion: version };
      }
      default:
        return this.#answerEntity(route.name, set, parseEntityId(route.entity), body);
    }
  }

  async #answerEntity(name: FeatureRoute['name'], set: string, id: string, body: unknown): Promise<unknown> {
    if (name === 'entity-write') {
      await this.#store.put(set, [{ id, features: parseFeatures(member(body, 'features'), `entity ${quoted(id)}`) }]);
    } else if (name === 'entity-remove') {
      if (await this.#store.remove(set, id)) return { set, id, removed: true };
      throw unknownEntity(set, id);
    }
    await this.#schemaOf(set);
    const [entity] = await this.#store.get(set, [id]);
    if (entity === undefined) throw unknownEntity(set, id);
    return entityView(set, entity);
  }

  /** One entity on each line, page by page: a set may be larger than memory. */
  async #export(set: string, response: ServerResponse): Promise<void> {
    await this.#schemaOf(set);
    response.writeHead(200, ['Content-Type', 'application/x-ndjson', 'X-Content-Type-Options', 'nosniff']);
    let after: string | undefined;
    do {
      const page = await this.#store.page(set, after, entitiesPerPage);
      after = page.next;
      const lines = page.entities.map(({ id, features }) => `${JSON.stringify({ id, features })}\n`).join('');
      if (response.destroyed) return;
      if (lines !== '' && !response.write(lines)) await drained(response);
    } while (after !== undefined);
    response.end();
  }

  async #schemaOf(set: string): Promise<FeatureSchema> {
    const schema = await this.#store.schema(set);
    if (schema === undefined) throw unknownSet(set);
    return schema;
  }

  async #setView(name: string, { version, types, ttlSeconds }: FeatureSchema): Promise<object> {
    return {
      set: name,
      schemaVersion: version,
      features: types,
      ttlSeconds: ttlSeconds ?? null,
      entities: await this.#store.count(name),
    };
  }

  async #readJson(request: IncomingMessage, head: RequestHead): Promise<unknown> {
    const permit = new MemoryPermit(this.#context.budget);
    const limits = { maxBodyBytes: Math.min(maxBodyBytes, this.#context.limits.maxBodyBytes) };
    try {
      const raw = await new Promise<Parameters<Parameters<typeof readBody>[4]>[0]>((resolve, reject) => {
        readBody(request, head.contentLength, limits, permit, (body, error) =>
          error === undefined ? resolve(body) : reject(error),
        );
      });
      const { pieces } =
        head.contentEncoding === undefined ? raw! : await decompress(raw!, head.contentEncoding, limits, permit);
      return parseJsonDocument(joined(pieces));
    } finally {
      permit.release();
    }
  }
}

function entityView(set: string, { id, features, schemaVersion, writtenMs }: StoredEntity): object {
  return { set, id, features, schemaVersion, writtenAt: new Date(writtenMs).toISOString() };
}

function parseEntity(value: unknown, index: number): Entity {
  if (typeof value !== 'object' || value === null) {
    throw invalid(`Entity ${index} is ${described(value)}, expected an object with "id" and "features".`);
  }
  const { id, features } = value as { readonly id?: unknown; readonly features?: unknown };
  const known = parseEntityId(id);
  return { id: known, features: parseFeatures(features, `entity ${quoted(known)}`) };
}

function member(body: unknown, name: string): unknown {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  if (value === undefined) throw new MillraceError('invalid-request', `The body has no ${quoted(name)}.`);
  return value;
}

function list(body: unknown, name: string): readonly unknown[] {
  const value = member(body, name);
  if (!Array.isArray(value)) {
    throw new MillraceError('invalid-request', `The ${quoted(name)} are ${described(value)}, expected a list.`);
  }
  if (value.length <= maxEntitiesAtOnce) return value;
  throw new MillraceError(
    'payload-too-large',
    `The list ${quoted(name)} has ${value.length} entries, which is more than ${maxEntitiesAtOnce} at once.`,
    { hint: 'Send them in several requests.' },
  );
}

function unknownEntity(set: string, id: string): MillraceError {
  return new MillraceError('unknown-entity', `The set ${quoted(set)} has no entity ${quoted(id)}.`, {
    hint: 'Write it, or look whether its time is over (ttlSeconds of the set).',
  });
}

/** Resolves when the client has taken what was written, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}

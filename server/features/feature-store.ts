/**
 * What a feature store does, wherever it keeps its sets. Two implementations, sqlite-features.ts and redis-features.ts; one
 * contract suite, test/contract/feature-store.test.ts. Names, ids and values have been checked before they come here.
 *
 * Every method throws `storage-failed` where the store does not work.
 */
import { MillraceError } from '../base/errors.ts';
import { quoted } from '../protocol/wording.ts';
import type { Entity, FeatureSchema, StoredEntity } from './feature-set.ts';

/** Entities in one write or read. */
export const maxEntitiesAtOnce = 1000;

export interface EntityPage {
  readonly entities: readonly StoredEntity[];
  /** Where the next page begins; undefined after the last. */
  readonly next: string | undefined;
}

export interface NamedSchema {
  readonly name: string;
  readonly schema: FeatureSchema;
}

export interface FeatureStore {
  readonly kind: 'sqlite' | 'redis';
  /** By name. */
  sets(): Promise<readonly NamedSchema[]>;
  /** Undefined where there is no such set. */
  schema(set: string): Promise<FeatureSchema | undefined>;
  /** Sets how long entities are found, also those that are there; makes the set where there is none. */
  setTtl(set: string, ttlSeconds: number | undefined): Promise<FeatureSchema>;
  /** In the order of `ids`, undefined where there is none or its time is over. At most {@link maxEntitiesAtOnce}. */
  get(set: string, ids: readonly string[]): Promise<readonly (StoredEntity | undefined)[]>;
  /** Replaces whole entities, all or none; makes the set and grows its schema. Throws `invalid-features`. */
  put(set: string, entities: readonly Entity[]): Promise<FeatureSchema>;
  /** True where it was there. */
  remove(set: string, id: string): Promise<boolean>;
  /** Removes the set with everything in it. False where there was none. */
  drop(set: string): Promise<boolean>;
  /** Entities in the set, those whose time is over perhaps included. */
  count(set: string): Promise<number>;
  /** Some entities in an order of the store's own, about `limit`; `after` is the `next` of the page before. */
  page(set: string, after: string | undefined, limit: number): Promise<EntityPage>;
  close(): Promise<void>;
}

export function unknownSet(set: string): MillraceError {
  return new MillraceError('unknown-feature-set', `There is no feature set ${quoted(set)}.`, {
    hint: 'GET /v1/features lists the sets; the first entity that is written makes one.',
  });
}

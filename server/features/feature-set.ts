/**
 * Feature sets: what a set holds, and how its schema grows. Pure.
 *
 * A set is a table that grows by itself: the first write of a feature gives it its type, and every later one has to keep it.
 * Each change of the schema is a new version, which every entity written from then on carries.
 */
import { MillraceError } from '../base/errors.ts';
import { described, quoted } from '../protocol/wording.ts';

export type FeatureType = 'number' | 'text' | 'boolean';
export type FeatureValue = number | string | boolean;
export type Features = Readonly<Record<string, FeatureValue>>;

export interface FeatureSchema {
  /** 1 and up; 0 while the set has no feature. */
  readonly version: number;
  readonly types: Readonly<Record<string, FeatureType>>;
  /** How long an entity is found after it was written; undefined: for ever. */
  readonly ttlSeconds?: number | undefined;
}

export interface Entity {
  readonly id: string;
  readonly features: Features;
}

export interface StoredEntity extends Entity {
  /** Of the schema when it was written. */
  readonly schemaVersion: number;
  /** Milliseconds since the epoch. */
  readonly writtenMs: number;
}

export const emptySchema: FeatureSchema = { version: 0, types: {} };

/** As wide as a table that people keep; a model with more columns takes them in the request. */
export const maxFeatures = 1000;
const maxNameCharacters = 200;
const maxTextCharacters = 10_000;
const maxIdCharacters = 200;
const longestTtlSeconds = 315_360_000;
/** As model names: they stand in paths, and nothing in them means something to a file system or a search pattern. */
const setName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Throws `invalid-name`. */
export function parseSetName(name: unknown): string {
  if (typeof name === 'string' && setName.test(name)) return name;
  throw new MillraceError('invalid-name', `The feature set is called ${described(name)}, which is no name.`, {
    hint: 'Use 1 to 100 letters, digits, `.`, `_` and `-`, beginning with a letter or digit.',
  });
}

/** An entity's id: any text without control characters; a whole number counts as its digits. Throws `invalid-name`. */
export function parseEntityId(id: unknown): string {
  const text = Number.isSafeInteger(id) ? String(id) : id;
  const isId = typeof text === 'string' && text.length > 0 && text.length <= maxIdCharacters && !/\p{Cc}/u.test(text);
  if (isId) return text;
  throw new MillraceError('invalid-name', `The entity's id is ${described(id)}, which is none.`, {
    hint: `Use a text of 1 to ${maxIdCharacters} characters, or a whole number.`,
  });
}

/** The features of one entity as a client sends them. Throws `invalid-features`; `where` names the entity. */
export function parseFeatures(value: unknown, where: string): Features {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(
      `The features of ${where} are ${described(value)}, expected an object of numbers, texts and booleans.`,
    );
  }
  const features = value as Record<string, unknown>;
  const names = Object.keys(features);
  if (names.length > maxFeatures) {
    throw invalid(`There are ${names.length} features for ${where}, which is more than ${maxFeatures}.`);
  }
  for (const name of names) {
    if (name === '' || name.length > maxNameCharacters) {
      throw invalid(
        `A feature of ${where} has a name of ${name.length} characters, expected 1 to ${maxNameCharacters}.`,
      );
    }
    const feature = features[name];
    const isValue =
      typeof feature === 'boolean' ||
      (typeof feature === 'number' && Number.isFinite(feature)) ||
      (typeof feature === 'string' && feature.length <= maxTextCharacters);
    if (isValue) continue;
    throw invalid(
      `Feature ${quoted(name)} of ${where} is ${described(feature)}, expected a number, a text of at most ${maxTextCharacters} characters or a boolean.`,
    );
  }
  return features as Features;
}

/** How long entities of a set are found, in seconds; null: for ever. Throws `invalid-features`. */
export function parseTtl(value: unknown): number | undefined {
  if (value === null) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= longestTtlSeconds) {
    return value as number;
  }
  throw invalid(
    `"ttlSeconds" is ${described(value)}, expected a whole number from 1 to ${longestTtlSeconds}, or null.`,
  );
}

/** The schema with what these entities bring; the same object where they bring nothing. Throws `invalid-features`. */
export function growSchema(schema: FeatureSchema, entities: readonly Entity[]): FeatureSchema {
  const added = new Map<string, FeatureType>();
  for (const { id, features } of entities) {
    for (const [name, value] of Object.entries(features)) {
      const type = typeOf(value);
      const known = Object.hasOwn(schema.types, name) ? schema.types[name] : added.get(name);
      if (known === undefined) added.set(name, type);
      else if (known !== type) {
        throw invalid(
          `Feature ${quoted(name)} of entity ${quoted(id)} is a ${type}, but in this set it is a ${known}.`,
        );
      }
    }
  }
  if (added.size === 0) return schema;
  const types = { ...schema.types, ...Object.fromEntries(added) };
  const count = Object.keys(types).length;
  if (count > maxFeatures) throw invalid(`The set would have ${count} features, which is more than ${maxFeatures}.`);
  return { ...schema, version: schema.version + 1, types };
}

function typeOf(value: FeatureValue): FeatureType {
  return typeof value === 'string' ? 'text' : (typeof value as 'number' | 'boolean');
}

/** Whether an entity is still found at this time. */
export function isCurrent({ writtenMs }: StoredEntity, { ttlSeconds }: FeatureSchema, nowMs: number): boolean {
  return ttlSeconds === undefined || nowMs < writtenMs + ttlSeconds * 1000;
}

export function invalid(message: string): MillraceError {
  return new MillraceError('invalid-features', message);
}

/** Feature sets in a SQLite file of their own. What people put there cannot be made again: a damaged file is not touched. */
import { MillraceError } from '../base/errors.ts';
import { openDatabase } from '../storage/database.ts';
import type { Database } from '../storage/database.ts';
import { emptySchema, growSchema, isCurrent } from './feature-set.ts';
import type { Entity, FeatureSchema, Features, StoredEntity } from './feature-set.ts';
import type { EntityPage, FeatureStore, NamedSchema } from './feature-store.ts';

const steps = [
  `CREATE TABLE feature_set (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, schema TEXT NOT NULL) STRICT;
   CREATE TABLE entity (
     feature_set INTEGER NOT NULL REFERENCES feature_set (id) ON DELETE CASCADE,
     id TEXT NOT NULL,
     schema_version INTEGER NOT NULL,
     written_ms INTEGER NOT NULL,
     features TEXT NOT NULL,
     PRIMARY KEY (feature_set, id)
   ) STRICT, WITHOUT ROWID;`,
];

interface EntityRow {
  readonly id: string;
  readonly schema_version: number;
  readonly written_ms: number;
  readonly features: string;
}

export interface SqliteFeaturesOptions {
  /** Absolute path of the file. */
  readonly path: string;
  /** Milliseconds since the epoch. */
  nowMs(): number;
}

type Statements = ReturnType<typeof prepare>;

export class SqliteFeatures implements FeatureStore {
  readonly kind = 'sqlite';
  readonly #options: SqliteFeaturesOptions;
  #database: Database | undefined;
  #statements: Statements | undefined;

  /** The file is opened with the first use: most hosts have no features. */
  constructor(options: SqliteFeaturesOptions) {
    this.#options = options;
  }

  async sets(): Promise<readonly NamedSchema[]> {
    return this.#use(({ sets }) =>
      (sets.all() as { name: string; schema: string }[]).map(({ name, schema }) => ({
        name,
        schema: JSON.parse(schema) as FeatureSchema,
      })),
    );
  }

  async schema(set: string): Promise<FeatureSchema | undefined> {
    return this.#use((statements) => find(statements, set)?.schema);
  }

  async setTtl(set: string, ttlSeconds: number | undefined): Promise<FeatureSchema> {
    return this.#write((statements) => {
      const schema = { ...(find(statements, set)?.schema ?? emptySchema), ttlSeconds };
      statements.saveSet.run(set, JSON.stringify(schema));
      return schema;
    });
  }

  async get(set: string, ids: readonly string[]): Promise<readonly (StoredEntity | undefined)[]> {
    return this.#use((statements) => {
      const found = find(statements, set);
      if (found === undefined) return ids.map(() => undefined);
      const nowMs = this.#options.nowMs();
      return ids.map((id) => {
        const row = statements.get.get(found.id, id) as EntityRow | undefined;
        const entity = row && readEntity(row);
        return entity !== undefined && isCurrent(entity, found.schema, nowMs) ? entity : undefined;
      });
    });
  }

  async put(set: string, entities: readonly Entity[]): Promise<FeatureSchema> {
    return this.#write((statements) => {
      const before = find(statements, set);
      const schema = growSchema(before?.schema ?? emptySchema, entities);
      if (schema !== before?.schema) statements.saveSet.run(set, JSON.stringify(schema));
      const setId = before?.id ?? find(statements, set)!.id;
      const nowMs = this.#options.nowMs();
      for (const { id, features } of entities) {
        statements.put.run(setId, id, schema.version, nowMs, JSON.stringify(features));
      }
      return schema;
    });
  }

  async remove(set: string, id: string): Promise<boolean> {
    return this.#write((statements) => {
      const found = find(statements, set);
      return found !== undefined && statements.remove.run(found.id, id).changes > 0;
    });
  }

  async drop(set: string): Promise<boolean> {
    return this.#write((statements) => statements.drop.run(set).changes > 0);
  }

  async count(set: string): Promise<number> {
    return this.#use((statements) => {
      const found = find(statements, set);
      return found === undefined ? 0 : (statements.count.get(found.id) as { entities: number }).entities;
    });
  }

  async page(set: string, after: string | undefined, limit: number): Promise<EntityPage> {
    return this.#use((statements) => {
      const found = find(statements, set);
      if (found === undefined) return { entities: [], next: undefined };
      const rows = statements.page.all(found.id, after ?? '', limit) as EntityRow[];
      const nowMs = this.#options.nowMs();
      const entities = rows.map(readEntity).filter((entity) => isCurrent(entity, found.schema, nowMs));
      return { entities, next: rows.length < limit ? undefined : rows.at(-1)!.id };
    });
  }

  async close(): Promise<void> {
    this.#database?.close();
    this.#database = undefined;
    this.#statements = undefined;
  }

  #write<T>(work: (statements: Statements) => T): T {
    return this.#use((statements) => this.#database!.transaction(() => work(statements)).immediate());
  }

  #use<T>(work: (statements: Statements) => T): T {
    try {
      if (this.#statements === undefined) {
        this.#database = openDatabase({ path: this.#options.path, steps, kind: 'precious' });
        this.#statements = prepare(this.#database);
      }
      return work(this.#statements);
    } catch (cause) {
      if (cause instanceof MillraceError && cause.code !== 'storage-failed') throw cause;
      // Whatever it was, the next use opens the file anew. Clients are not told where it is.
      void this.close();
      throw new MillraceError('storage-failed', 'The feature store cannot be used now.', {
        hint: 'Look at features.db in the data folder: its permissions, the free space, other programs that hold it.',
        retryable: true,
        cause,
      });
    }
  }
}

function find(
  statements: Statements,
  set: string,
): { readonly id: number; readonly schema: FeatureSchema } | undefined {
  const row = statements.find.get(set) as { id: number; schema: string } | undefined;
  return row && { id: row.id, schema: JSON.parse(row.schema) as FeatureSchema };
}

function readEntity({ id, schema_version: schemaVersion, written_ms: writtenMs, features }: EntityRow): StoredEntity {
  return { id, schemaVersion, writtenMs, features: JSON.parse(features) as Features };
}

function prepare(database: Database) {
  const columns = 'id, schema_version, written_ms, features';
  return {
    sets: database.prepare('SELECT name, schema FROM feature_set ORDER BY name'),
    find: database.prepare('SELECT id, schema FROM feature_set WHERE name = ?'),
    saveSet: database.prepare(
      'INSERT INTO feature_set (name, schema) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET schema = excluded.schema',
    ),
    get: database.prepare(`SELECT ${columns} FROM entity WHERE feature_set = ? AND id = ?`),
    put: database.prepare(
      `INSERT INTO entity (feature_set, ${columns}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (feature_set, id) DO UPDATE
       SET schema_version = excluded.schema_version, written_ms = excluded.written_ms, features = excluded.features`,
    ),
    remove: database.prepare('DELETE FROM entity WHERE feature_set = ? AND id = ?'),
    drop: database.prepare('DELETE FROM feature_set WHERE name = ?'),
    count: database.prepare('SELECT count(*) AS entities FROM entity WHERE feature_set = ?'),
    page: database.prepare(`SELECT ${columns} FROM entity WHERE feature_set = ? AND id > ? ORDER BY id LIMIT ?`),
  };
}

/** `millrace features …`: the feature sets of the running host, over the same HTTP that apps use. */
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { MillraceError } from '../base/errors.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { FeatureType, Features } from '../features/feature-set.ts';
import type { ErrorBody } from '../protocol/admin/error-body.ts';
import { readFeatureFile } from './feature-file.ts';
import type { FileEntity } from './feature-file.ts';
import { HostClient } from './host-client.ts';
import { table } from './output.ts';
import { Progress } from './progress.ts';

export interface FeatureFlags {
  readonly data: string;
  readonly json?: boolean;
}

export interface FeatureImportFlags extends FeatureFlags {
  readonly id: string;
  readonly format?: 'csv' | 'jsonl';
  readonly ttl?: number;
}

export interface FeatureExportFlags extends FeatureFlags {
  readonly output?: string;
  readonly format?: 'csv' | 'jsonl';
}

interface SetView {
  readonly set: string;
  readonly schemaVersion: number;
  readonly features: Readonly<Record<string, FeatureType>>;
  readonly ttlSeconds: number | null;
  readonly entities: number;
}

const entitiesPerWrite = 500;
const requestTimeoutMs = 30_000;

export async function listFeaturesCommand({ data, json }: FeatureFlags): Promise<void> {
  const { sets } = await ask<{ sets: SetView[] }>(await addressOf(data), 'GET', '');
  if (json === true) console.log(JSON.stringify(sets, undefined, 2));
  else if (sets.length === 0) console.log('There is no feature set.');
  else {
    const rows = sets.map(({ set, schemaVersion, features, ttlSeconds, entities }) => [
      set,
      String(entities),
      String(schemaVersion),
      ttlSeconds === null ? 'for ever' : `${ttlSeconds} s`,
      Object.keys(features).join(', '),
    ]);
    console.log(table(['SET', 'ENTITIES', 'SCHEMA', 'KEPT', 'FEATURES'], rows));
  }
}

export async function getFeaturesCommand(set: string, id: string, { data }: FeatureFlags): Promise<void> {
  const entity = await ask(await addressOf(data), 'GET', `/${encodeURIComponent(set)}/${encodeURIComponent(id)}`);
  console.log(JSON.stringify(entity, undefined, 2));
}

export async function removeFeaturesCommand(set: string, id: string | undefined, flags: FeatureFlags): Promise<void> {
  const path = id === undefined ? '' : `/${encodeURIComponent(id)}`;
  await ask(await addressOf(flags.data), 'DELETE', `/${encodeURIComponent(set)}${path}`);
  const removed = id === undefined ? `the set ${set}` : `${id} from ${set}`;
  console.log(flags.json === true ? JSON.stringify({ removed: true }) : `Removed ${removed}.`);
}

export async function importFeaturesCommand(set: string, path: string, flags: FeatureImportFlags): Promise<void> {
  const address = await addressOf(flags.data);
  const at = `/${encodeURIComponent(set)}`;
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new MillraceError('not-found', `The file ${path} cannot be read.`, { cause });
  });
  if (flags.ttl !== undefined) await ask(address, 'PUT', at, { ttlSeconds: flags.ttl });
  const present = (await ask<{ sets: SetView[] }>(address, 'GET', '')).sets.find((each) => each.set === set);
  const progress = new Progress();
  let written = 0;
  const write = async (entities: readonly FileEntity[]): Promise<void> => {
    await ask(address, 'POST', `${at}:write`, { entities: entities.map(({ id, features }) => ({ id, features })) });
    written += entities.length;
  };
  try {
    let batch: FileEntity[] = [];
    const file = {
      path,
      format: flags.format ?? (/\.(jsonl|ndjson|json)$/i.test(path) ? ('jsonl' as const) : ('csv' as const)),
      idColumn: flags.id,
      types: present?.features ?? {},
      onBytes: (bytes: number) => progress.update(`Importing ${set}`, bytes, size),
    };
    for await (const entity of readFeatureFile(file)) {
      batch.push(entity);
      if (batch.length < entitiesPerWrite) continue;
      await write(batch);
      batch = [];
    }
    if (batch.length > 0) await write(batch);
  } finally {
    progress.end();
  }
  const count = `${written} entit${written === 1 ? 'y' : 'ies'}`;
  console.log(flags.json === true ? JSON.stringify({ set, written }) : `Wrote ${count} into ${set}.`);
}

/** JSON Lines as the host sends them, or CSV with a column for each feature of the schema. */
export async function exportFeaturesCommand(set: string, flags: FeatureExportFlags): Promise<void> {
  const address = await addressOf(flags.data);
  const at = `/${encodeURIComponent(set)}`;
  const { features } = await ask<SetView>(address, 'GET', at);
  const response = await fetch(`${address.url}/v1/features${at}:export`, { headers: address.headers });
  if (!response.ok || response.body === null) throw await errorOf(response);
  const format = flags.format ?? (flags.output?.toLowerCase().endsWith('.csv') === true ? 'csv' : 'jsonl');
  const lines = format === 'csv' ? csvLines(response.body, Object.keys(features)) : response.body;
  await pipeline(lines, flags.output === undefined ? process.stdout : createWriteStream(flags.output), {
    end: flags.output !== undefined,
  });
}

async function* csvLines(body: AsyncIterable<Uint8Array>, columns: readonly string[]): AsyncGenerator<string> {
  yield `${['id', ...columns].map(csvCell).join(',')}\r\n`;
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const { id, features } = JSON.parse(line) as { id: string; features: Features };
      yield `${[id, ...columns.map((column) => features[column] ?? '')].map(csvCell).join(',')}\r\n`;
    }
  }
}

/** RFC 4180. */
export function csvCell(value: string | number | boolean): string {
  const text = String(value);
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Where the host answers, and the key that it needs. */
interface Address {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function addressOf(data: string): Promise<Address> {
  const client = await HostClient.find(data);
  return { url: client.run.inferenceUrl, headers: await client.inferenceHeaders('admin') };
}

async function ask<Answer>(address: Address, method: string, path: string, body?: object): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(`${address.url}/v1/features${path}`, {
      method,
      headers: address.headers,
      signal: AbortSignal.timeout(requestTimeoutMs),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new MillraceError('host-not-running', `No Millrace answers at ${address.url}.`, {
      hint: 'Start it with `millrace serve`.',
      cause,
    });
  }
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as Answer;
}

async function errorOf(response: Response): Promise<MillraceError> {
  const { code, error, hint } = (await response.json()) as ErrorBody;
  return new MillraceError(code as ErrorCode, error, hint === undefined ? {} : { hint });
}

/**
 * Entities from a file of people's: CSV with a heading, or JSON Lines. A CSV says no types, so each column gets one: that of
 * the set where it has the feature, else what its first thousand rows allow. An empty cell is a feature that is not there.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse';
import { MillraceError } from '../base/errors.ts';
import type { Entity, FeatureType, FeatureValue } from '../features/feature-set.ts';

export interface FeatureFile {
  readonly path: string;
  readonly format: 'csv' | 'jsonl';
  /** Column or member that holds the entity's id. */
  readonly idColumn: string;
  /** Types that the set has already. */
  readonly types: Readonly<Record<string, FeatureType>>;
  /** Hears of the bytes that have been read. */
  onBytes(bytes: number): void;
}

export interface FileEntity extends Entity {
  /** Of the file, for sentences about it. */
  readonly line: number;
}

const sampledRows = 1000;
const maxLineBytes = 16 * 1024 * 1024;

type Row = Readonly<Record<string, string>>;

/** In the order of the file. Throws `invalid-features`, naming the line. */
export async function* readFeatureFile(file: FeatureFile): AsyncGenerator<FileEntity> {
  const input = createReadStream(file.path);
  let bytes = 0;
  input.on('data', (chunk) => file.onBytes((bytes += chunk.length)));
  if (file.format === 'jsonl') yield* readJsonLines(file, input);
  else yield* readCsv(file, input);
}

async function* readJsonLines(file: FeatureFile, input: NodeJS.ReadableStream): AsyncGenerator<FileEntity> {
  let line = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    line++;
    if (text.trim() === '') continue;
    let value: Record<string, unknown>;
    try {
      value = JSON.parse(text) as Record<string, unknown>;
    } catch {
      throw wrong(line, 'is not JSON');
    }
    // Either what an export writes, or a flat object with the id among the features.
    const { [file.idColumn]: id, features = undefined, ...flat } = value;
    if (typeof id !== 'string' && typeof id !== 'number') throw wrong(line, `has no "${file.idColumn}"`);
    yield { id: String(id), features: (features ?? flat) as Entity['features'], line };
  }
}

async function* readCsv(file: FeatureFile, input: NodeJS.ReadableStream): AsyncGenerator<FileEntity> {
  const rows = input.pipe(
    parse({ columns: true, bom: true, skip_empty_lines: true, trim: true, info: true, max_record_size: maxLineBytes }),
  );
  input.on('error', (error) => rows.destroy(error));
  let types: Record<string, FeatureType> | undefined;
  let sample: { row: Row; line: number }[] = [];
  try {
    for await (const { record, info } of rows as AsyncIterable<{ record: Row; info: { lines: number } }>) {
      if (!Object.hasOwn(record, file.idColumn)) {
        throw new MillraceError('invalid-features', `The file has no column "${file.idColumn}".`, {
          hint: `Name the column that holds the ids with --id; there are: ${Object.keys(record).join(', ')}.`,
        });
      }
      if (types === undefined) {
        sample.push({ row: record, line: info.lines });
        if (sample.length < sampledRows) continue;
        types = columnTypes(file, sample);
        for (const each of sample) yield entityOf(file, types, each.row, each.line);
        sample = [];
      } else {
        yield entityOf(file, types, record, info.lines);
      }
    }
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw new MillraceError('invalid-features', `The file cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  types ??= columnTypes(file, sample);
  for (const each of sample) yield entityOf(file, types, each.row, each.line);
}

/** What all values of a column can be: a number, else a boolean, else a text. */
export function columnTypes(
  { idColumn, types }: Pick<FeatureFile, 'idColumn' | 'types'>,
  sample: readonly { readonly row: Row }[],
): Record<string, FeatureType> {
  const columns = Object.keys(sample[0]?.row ?? {}).filter((column) => column !== idColumn);
  return Object.fromEntries(
    columns.map((column): [string, FeatureType] => {
      if (Object.hasOwn(types, column)) return [column, types[column]!];
      const values = sample.map(({ row }) => row[column]!).filter((value) => value !== '');
      if (values.length > 0 && values.every((value) => asNumber(value) !== undefined)) return [column, 'number'];
      if (values.length > 0 && values.every((value) => asBoolean(value) !== undefined)) return [column, 'boolean'];
      return [column, 'text'];
    }),
  );
}

function entityOf({ idColumn }: FeatureFile, types: Record<string, FeatureType>, row: Row, line: number): FileEntity {
  const id = row[idColumn]!;
  if (id === '') throw wrong(line, `has no ${idColumn}`);
  const features: Record<string, FeatureValue> = {};
  for (const [column, text] of Object.entries(row)) {
    if (column === idColumn || text === '') continue;
    const type = types[column];
    const value = type === 'number' ? asNumber(text) : type === 'boolean' ? asBoolean(text) : text;
    if (value === undefined)
      throw wrong(line, `has '${text.slice(0, 40)}' in the column ${column}, which is a ${type}`);
    features[column] = value;
  }
  return { id, features, line };
}

/** 007 and 1e999 are texts: as numbers they would come back as something else. */
function asNumber(text: string): number | undefined {
  if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? value : undefined;
}

function asBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}

function wrong(line: number, what: string): MillraceError {
  return new MillraceError('invalid-features', `Line ${line} of the file ${what}.`, {
    hint: 'Nothing after that line was written; correct it and import the file again.',
  });
}

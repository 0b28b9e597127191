/**
 * A table sent as CSV: commas, semicolons or tabs, with or without a head, with decimal commas where commas do not separate. Quotes and
 * line ends are csv-parse's; which column is which is decided here.
 */
import { createRequire } from 'node:module';
import type { parse as Parse } from 'csv-parse/sync';
import { MillraceError } from '../base/errors.ts';
import { nearMatch } from './near-match.ts';
import type { ResolvedTable } from './resolved-table.ts';
import { parseNumber, textValue } from './table-cells.ts';
import type { ModelFacts } from './tensors.ts';
import { listed, quoted } from './wording.ts';

/** Loaded by the first table: every replica and every host would pay five megabytes for it. */
let parse: typeof Parse | undefined;
const require = createRequire(import.meta.url);

/** A larger one is sent in parts: reading it would take the replica's memory many times over. */
const maxBytes = 16 * 1024 * 1024;
const maxRows = 100_000;
/** Characters of one line. */
const maxLine = 4 * 1024 * 1024;

/** Values by row, in the order of the table's columns. Throws `payload-too-large`, `invalid-request`, `invalid-tensor`. */
export function readCsvRows(body: Buffer, table: ResolvedTable, model: ModelFacts): unknown[][] {
  if (body.length > maxBytes) {
    throw new MillraceError('payload-too-large', `The table has ${body.length} bytes; at most ${maxBytes} are read.`, {
      hint: 'Send it in parts.',
    });
  }
  const text = decode(body);
  const separator = separatorOf(text);
  const lines = split(text, separator);
  const [first, ...others] = lines;
  if (first === undefined) throw new MillraceError('invalid-request', 'The table has no rows.');
  const hasDecimalComma = separator !== ',';
  const isText = table.columns.map(({ input }) => model.signature.inputs[input]!.datatype === 'BYTES');
  const takesWords = isText.includes(true) || table.columns.some(({ words }) => words !== undefined);
  const isHead = looksLikeHead(first, table, takesWords, hasDecimalComma);
  const order = isHead ? columnOrder(first, table, model) : undefined;
  const rows = isHead ? others : lines;
  if (rows.length > maxRows) {
    throw new MillraceError('payload-too-large', `The table has more than ${maxRows} rows.`, {
      hint: 'Send it in parts.',
    });
  }
  if (rows.length === 0) throw new MillraceError('invalid-request', 'The table has a head and no rows.');
  return rows.map((cells, index) => {
    const where = ` in row ${index + 1}`;
    if (order === undefined && cells.length !== table.columns.length) {
      throw new MillraceError(
        'invalid-request',
        `Row ${index + 1} of the table has ${cells.length} values; model ${quoted(model.name)} takes ${table.columns.length}.`,
        table.isNamed ? { hint: `With a head line, columns are found by their names: ${names(table)}.` } : {},
      );
    }
    return table.columns.map((column, place) => {
      const cell = cells[order === undefined ? place : order[place]!] ?? '';
      return textValue(column, cell, isText[place]!, hasDecimalComma, where);
    });
  });
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new MillraceError('invalid-request', 'The table is not UTF-8 text.', { hint: 'Save it as "CSV UTF-8".' });
  }
}

function split(text: string, delimiter: string): string[][] {
  let lines: string[][];
  parse ??= (require('csv-parse/sync') as { readonly parse: typeof Parse }).parse;
  try {
    lines = parse(text, {
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      to: maxRows + 2,
      max_record_size: maxLine,
    });
  } catch (error) {
    throw new MillraceError('invalid-request', `The table cannot be read: ${firstSentence(error)}`);
  }
  return lines.filter((cells) => cells.some((cell) => cell !== ''));
}

function firstSentence(error: unknown): string {
  const text = (error as Error).message.split('\n', 1)[0]!;
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** What the first line has most of outside of quotes: a tab, a semicolon, else a comma. */
function separatorOf(text: string): string {
  const end = text.search(/[^\s]/);
  const line = text
    .slice(end === -1 ? 0 : end)
    .split(/\r?\n/, 1)[0]!
    .replaceAll(/"[^"]*"/g, '');
  return line.includes('\t') ? '\t' : line.includes(';') ? ';' : ',';
}

/** A line with a column's name in it, or with something that no column takes. */
function looksLikeHead(
  cells: readonly string[],
  { columns }: ResolvedTable,
  takesWords: boolean,
  hasDecimalComma: boolean,
): boolean {
  const known = new Set(columns.map(({ name }) => name.toLowerCase()));
  if (cells.some((cell) => known.has(cell.toLowerCase()))) return true;
  return !takesWords && cells.some((cell) => cell !== '' && parseNumber(cell, hasDecimalComma) === undefined);
}

/** By name; columns that the model does not take are passed over. Undefined where the columns have no names: by place. */
function columnOrder(head: readonly string[], table: ResolvedTable, model: ModelFacts): number[] | undefined {
  if (!table.isNamed) return undefined;
  const found = head.map((name) => name.toLowerCase());
  return table.columns.map(({ name, standIn }) => {
    const at = found.indexOf(name.toLowerCase());
    if (at !== -1) return at;
    // Beyond every row: read as empty.
    if (standIn !== undefined) return Number.MAX_SAFE_INTEGER;
    const near = nearMatch(name, head);
    const instead = near === undefined ? '' : ` (${quoted(near)} is there; did you mean ${quoted(name)}?)`;
    throw new MillraceError(
      'invalid-request',
      `The table has no column ${quoted(name)}${instead}; model ${quoted(model.name)} takes ${names(table)}.`,
    );
  });
}

function names({ columns }: ResolvedTable): string {
  return listed(columns.map(({ name }) => name));
}

/** Reads tables that people paste: commas, semicolons or tabs, decimal commas, quotes, with or without a head. Pure. */

export interface CsvTable {
  /** Undefined where the first line holds values. */
  readonly head: readonly string[] | undefined;
  readonly rows: readonly (readonly string[])[];
}

/** Throws nothing: a text without a table has no rows. */
export function parseCsv(text: string): CsvTable {
  const separator = separatorOf(text);
  const lines = splitLines(text, separator).filter((cells) => cells.some((cell) => cell !== ''));
  const [first, ...rest] = lines;
  if (first === undefined) return { head: undefined, rows: [] };
  const isHead = first.some((cell) => cell !== '' && parseNumber(cell, separator) === undefined);
  return isHead ? { head: first, rows: rest } : { head: undefined, rows: lines };
}

/** The number in a cell; a decimal comma only where the comma does not separate cells. Undefined where it is none. */
export function parseNumber(cell: string, separator = ';'): number | undefined {
  const plain = cell.trim().replace(/^["']|["']$/g, '');
  const text = separator === ',' ? plain : plain.replace(/^(-?\d*),(\d+)$/, '$1.$2');
  if (text === '' || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  return Number(text);
}

/** Reads a cell of a column that has words or a range; undefined where it does not take it. */
export type ReadCell = (cell: string, place: number, separator: string) => number | string | undefined;

export interface CsvRows {
  readonly rows: readonly (readonly (number | string)[])[];
  /** What cannot be used, one for each place, at most ten. */
  readonly faults: readonly CsvFault[];
}

export type CsvFault =
  | { readonly kind: 'cell'; readonly line: number; readonly column: string; readonly text: string }
  | { readonly kind: 'width'; readonly line: number; readonly found: number; readonly wanted: number }
  | { readonly kind: 'missing-column'; readonly column: string };

const maxFaults = 10;

/** The rows in the order of `features`: by the names of the head where it has them, else by place. */
export function csvRows(
  text: string,
  features: readonly string[],
  read: ReadCell = (cell, _place, separator) => parseNumber(cell, separator),
): CsvRows {
  const separator = separatorOf(text);
  const { head, rows } = withHead(parseCsv(text), features, separator, read);
  const faults: CsvFault[] = [];
  const order = columnOrder(head, features, faults);
  if (faults.length > 0) return { rows: [], faults: faults.slice(0, maxFaults) };
  const parsed = rows.map((cells, index) => {
    const line = index + (head === undefined ? 1 : 2);
    if (head === undefined && cells.length !== features.length) {
      faults.push({ kind: 'width', line, found: cells.length, wanted: features.length });
      return [];
    }
    return order.map((column, place) => {
      const cell = cells[column] ?? '';
      const value = read(cell, place, separator);
      if (value === undefined) faults.push({ kind: 'cell', line, column: features[place]!, text: cell });
      return value ?? 0;
    });
  });
  return { rows: faults.length > 0 ? [] : parsed, faults: faults.slice(0, maxFaults) };
}

/** Words make a line look like a head: it is one only where a column is called so, or takes no such word. */
function withHead(table: CsvTable, features: readonly string[], separator: string, read: ReadCell): CsvTable {
  const { head, rows } = table;
  if (head === undefined || head.length !== features.length) return table;
  const isNamed = head.some((cell) => features.some((name) => name.toLowerCase() === cell.toLowerCase()));
  const isRow = head.every((cell, place) => read(cell, place, separator) !== undefined);
  return isNamed || !isRow ? table : { head: undefined, rows: [head, ...rows] };
}

function columnOrder(head: readonly string[] | undefined, features: readonly string[], faults: CsvFault[]): number[] {
  const places = features.map((_, index) => index);
  if (head === undefined) return places;
  const names = head.map((name) => name.trim().toLowerCase());
  const byName = features.map((feature) => names.indexOf(feature.toLowerCase()));
  if (byName.every((column) => column !== -1)) return byName;
  // A head with other names in the right number is taken by place.
  if (byName.every((column) => column === -1) && head.length === features.length) return places;
  for (const [index, column] of byName.entries()) {
    if (column === -1) faults.push({ kind: 'missing-column', column: features[index]! });
  }
  return [];
}

/** The separator that the first line has most of; quoted parts aside. */
function separatorOf(text: string): string {
  const line = text
    .trimStart()
    .split(/\r?\n/, 1)[0]!
    .replaceAll(/"[^"]*"/g, '');
  const count = (separator: string): number => line.split(separator).length - 1;
  if (count('\t') > 0) return '\t';
  if (count(';') > 0) return ';';
  return ',';
}

function splitLines(text: string, separator: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  const endCell = (): void => {
    cells.push(cell.trim());
    cell = '';
  };
  const endLine = (): void => {
    endCell();
    lines.push(cells);
    cells = [];
  };
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]!;
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (letter === '"') isQuoted = true;
    else if (letter === separator) endCell();
    else if (letter === '\n') endLine();
    else if (letter !== '\r') cell += letter;
  }
  endLine();
  return lines;
}

/** A table as CSV (RFC 4180): for downloads. */
export function writeCsv(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number): string => {
    const text = typeof value === 'number' && Number.isNaN(value) ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

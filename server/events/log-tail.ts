/**
 * The last lines of the log, for people who look at it through the admin API. In memory and bounded; what a line says and where
 * else it goes is base/log.ts's business. Lines are parsed when somebody reads them, not when they are written.
 */
import { randomBytes } from 'node:crypto';
import type { LogEntry, LogLevelName, LogQuery, LogView } from '../protocol/admin/log-view.ts';

export interface LogTailOptions {
  /** Lines kept. Default 4000: an hour of a busy host, weeks of a quiet one. */
  readonly maxLines?: number;
  /** Their characters in all. Default 2,000,000. */
  readonly maxCharacters?: number;
}

/** A longer line is cut: a stack of fifty calls fits. */
const maxLineCharacters = 8000;

interface Line {
  readonly id: number;
  readonly text: string;
}

/** pino's numbers: 30 is info. */
const levelNames: readonly (readonly [number, LogLevelName])[] = [
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
  [0, 'debug'],
];
const levelRanks: Readonly<Record<LogLevelName, number>> = { debug: 0, info: 30, warn: 40, error: 50 };

export class LogTail {
  readonly #maxLines: number;
  readonly #maxCharacters: number;
  readonly #run = randomBytes(4).toString('hex');
  readonly #lines: Line[] = [];
  #characters = 0;
  #lastId = 0;

  constructor({ maxLines = 4000, maxCharacters = 2_000_000 }: LogTailOptions = {}) {
    this.#maxLines = maxLines;
    this.#maxCharacters = maxCharacters;
  }

  /** One line of JSON as the log writes it. */
  write(text: string): void {
    const kept = text.length > maxLineCharacters ? cutLine(text) : text;
    this.#lines.push({ id: ++this.#lastId, text: kept });
    this.#characters += kept.length;
    while (this.#lines.length > this.#maxLines || this.#characters > this.#maxCharacters) {
      this.#characters -= this.#lines.shift()!.text.length;
    }
  }

  /** The newest lines that fit, oldest first. */
  read({ after, level, search, limit }: LogQuery): LogView {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const rank = levelRanks[level];
    const entries: LogEntry[] = [];
    for (const line of this.#lines) {
      if (line.id <= after) continue;
      const entry = parseLine(line);
      const text = words.length === 0 ? '' : `${entry.message} ${entry.facts}`.toLowerCase();
      if (levelRanks[entry.level] >= rank && words.every((word) => text.includes(word))) entries.push(entry);
    }
    const shown = entries.slice(-limit);
    // Those that were pushed out before this reader came by count as well: a gap must not look like silence.
    const lost = after === 0 ? 0 : Math.max(0, (this.#lines[0]?.id ?? this.#lastId + 1) - after - 1);
    return { run: this.#run, entries: shown, lastId: this.#lastId, skipped: entries.length - shown.length + lost };
  }
}

function cutLine(text: string): string {
  const { level, time, msg } = readJson(text) ?? {};
  return JSON.stringify({ level, time, msg: `${String(msg).slice(0, 4000)} …`, cutFromCharacters: text.length });
}

function parseLine({ id, text }: Line): LogEntry {
  const parsed = readJson(text);
  if (parsed === undefined) return { id, at: '', level: 'info', message: text.trim(), facts: '' };
  const { level: number, time, msg, ...rest } = parsed;
  const level = levelNames.find(([from]) => Number(number) >= from)?.[1] ?? 'debug';
  return {
    id,
    at: new Date(Number(time)).toISOString(),
    level,
    message: typeof msg === 'string' ? msg : '',
    facts: Object.keys(rest).length === 0 ? '' : JSON.stringify(rest),
  };
}

function readJson(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

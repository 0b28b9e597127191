/** The lines of the log that a page shows: what came is added, what is too old is dropped. Pure. */
import type { LogEntry, LogView } from '../../../server/protocol/admin/log-view.ts';

/** More than a person scrolls through, few enough for the browser. */
export const maxLines = 1000;

export interface LogLines {
  readonly run: string | undefined;
  readonly lastId: number;
  /** Oldest first. */
  readonly entries: readonly LogEntry[];
  /** Lines that fit and are not shown. */
  readonly skipped: number;
}

export const noLines: LogLines = { run: undefined, lastId: 0, entries: [], skipped: 0 };

/** The lines after an answer. A host that was started anew begins a new list. */
export function addLines(lines: LogLines, { run, entries, lastId, skipped }: LogView): LogLines {
  const known = lines.run === run ? lines : { ...noLines, run };
  const fresh = entries.filter(({ id }) => id > known.lastId);
  const all = [...known.entries, ...fresh];
  const cut = Math.max(0, all.length - maxLines);
  if (fresh.length === 0 && lastId === known.lastId && known === lines && skipped === 0) return lines;
  return { run, lastId, entries: all.slice(cut), skipped: known.skipped + skipped + cut };
}

/** One line as text, for the clipboard. */
export function lineText({ at, level, message, facts }: LogEntry): string {
  return [at, level, message, facts].filter(Boolean).join(' ');
}

/** Which of the host's events are told to a person who does not look at the window. Pure; shell.ts shows them. */
import type { HostEvent } from '../server/protocol/admin/host-event.ts';

export interface NoticeBook {
  /** The newest event that has been judged. */
  readonly lastId: number;
  /** When each sentence was last told, milliseconds; at most `maxRemembered` of them. */
  readonly toldMs: Readonly<Record<string, number>>;
}

export const emptyBook: NoticeBook = { lastId: 0, toldMs: {} };

export interface Notice {
  readonly title: string;
  readonly body: string;
}

/** The same sentence is not news again within an hour. */
const repeatMs = 3_600_000;
const maxRemembered = 100;

/** What Millrace deals with itself: copies are replaced, their number changes, saved answers are an aid. */
const ownAffairs: ReadonlySet<string> = new Set(['replica', 'scaling', 'cache']);

/**
 * `events` in any order; those from before `sinceMs` (wall clock), when the program started, are old news. Nothing is told while a
 * person looks at the window, which says it too. Several at once are one notice.
 */
export function decideNotice(
  book: NoticeBook,
  events: readonly HostEvent[],
  { nowMs, sinceMs, isLooking }: { readonly nowMs: number; readonly sinceMs: number; readonly isLooking: boolean },
): { readonly book: NoticeBook; readonly notice?: Notice } {
  const lastId = Math.max(book.lastId, ...events.map(({ id }) => id));
  const due = events
    .filter(({ id, at }) => id > book.lastId && Date.parse(at) >= sinceMs)
    .filter(({ severity, kind }) => severity === 'failure' || (severity === 'attention' && !ownAffairs.has(kind)))
    .filter(({ sentence }) => nowMs - (book.toldMs[sentence] ?? -repeatMs) >= repeatMs)
    .toSorted((a, b) => a.id - b.id);
  const [first] = due;
  if (first === undefined) return { book: { ...book, lastId } };
  const told = [...Object.entries(book.toldMs), ...due.map(({ sentence }) => [sentence, nowMs] as const)];
  const next = { lastId, toldMs: Object.fromEntries(told.slice(-maxRemembered)) };
  if (isLooking) return { book: next };
  const title = due.length === 1 ? 'Millrace needs you' : `Millrace: ${due.length} things need you`;
  return { book: next, notice: { title, body: first.sentence } };
}

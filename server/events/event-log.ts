/**
 * The host's memory of what happened: every event in SQLite, for the admin API, the GUI and `millrace scale events`.
 *
 * Serving never waits for it and never fails with it. While the file cannot be used, events are kept in memory, as many as
 * `maxUnwritten`, and are written once it can be used again; that it cannot is said once, not per event. It decides nothing
 * about what is an event: whoever knows says so through `append`.
 */
import type { EventKind, HostEvent, NewHostEvent } from '../protocol/admin/host-event.ts';
import { openDatabase } from '../storage/database.ts';
import type { Database } from '../storage/database.ts';

export interface EventLogOptions {
  /** Absolute path of the file. */
  readonly path: string;
  /** Events kept, give or take one batch. Default 20,000: years of a quiet host, and at 1 KB each 20 MB at most. */
  readonly maxEvents?: number;
  /** Default 90 days: a quarter, the longest that anybody asks back. */
  readonly maxAgeMs?: number;
  /** Wall clock, milliseconds. */
  readonly now?: () => number;
  /** Hears once that the file cannot be used, and once that it can again. */
  onTrouble(message: string, error?: unknown): void;
}

export interface EventQuery {
  /** Only events with a lower number: the next page of an answer before. */
  readonly before?: number | undefined;
  /** 1 to 1000; default 100. */
  readonly limit?: number | undefined;
  readonly kind?: EventKind | undefined;
  readonly model?: string | undefined;
}

export type EventListener = (event: HostEvent) => void;

const dayMs = 86_400_000;
const defaultLimit = 100;
const maxLimit = 1000;

/** Events between two prunings, and rows that one pruning removes at most: some milliseconds. */
const pruneEvery = 256;
const pruneRows = 2048;

/** Events that wait in memory for a file that cannot be used. */
const maxUnwritten = 1000;

/** Between two attempts at a file that cannot be used, milliseconds. */
const retryMs = 60_000;

/** Characters of a sentence and of the facts' JSON: a person reads the one, and no program needs more than the other. */
const maxSentence = 2000;
const maxFacts = 32_768;

const steps = [
  `CREATE TABLE events (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     at_ms INTEGER NOT NULL,
     kind TEXT NOT NULL,
     severity TEXT NOT NULL,
     model TEXT,
     sentence TEXT NOT NULL,
     hint TEXT,
     facts TEXT
   );
   CREATE INDEX events_by_model ON events (model, id);
   CREATE INDEX events_by_kind ON events (kind, id);`,
];

interface Row {
  readonly id: number;
  readonly at_ms: number;
  readonly kind: string;
  readonly severity: string;
  readonly model: string | null;
  readonly sentence: string;
  readonly hint: string | null;
  readonly facts: string | null;
}

/** The open file. Every method may throw. */
interface EventFile {
  /** All or none. The file gives the numbers, because two hosts may share a data folder. */
  write(events: readonly HostEvent[]): HostEvent[];
  read(query: EventQuery, limit: number): HostEvent[];
  prune(nowMs: number): void;
  /** The highest number that the file has ever given. */
  lastId(): number;
  close(): void;
}

export class EventLog {
  readonly #options: Required<EventLogOptions>;
  readonly #listeners = new Set<EventListener>();
  /** Oldest first: what the file does not hold yet, with numbers for the time being. Empty while all is well. */
  #unwritten: HostEvent[] = [];
  /** Undefined while the file cannot be used. */
  #file: EventFile | undefined;
  #lastId = 0;
  #sincePruned = 0;
  #nextTryMs: number;
  #toldTrouble = false;

  constructor(options: EventLogOptions) {
    this.#options = { maxEvents: 20_000, maxAgeMs: 90 * dayMs, now: Date.now, ...options };
    this.#nextTryMs = this.#options.now();
    this.#attempt(() => this.#open());
  }

  /** Numbers it, dates it, keeps it and tells the subscribers, in this order. Never throws for a file's sake. */
  append(event: NewHostEvent): HostEvent {
    const nowMs = this.#options.now();
    this.#unwritten.push({ id: ++this.#lastId, at: new Date(nowMs).toISOString(), ...bounded(event) });
    if (this.#unwritten.length > maxUnwritten) this.#unwritten.shift();
    const written = this.#attempt(() => {
      if (this.#file === undefined && nowMs >= this.#nextTryMs) this.#open();
      return this.#file && this.#write(this.#file, nowMs);
    });
    const kept = (written ?? this.#unwritten).at(-1)!;
    for (const listener of this.#listeners) listener(kept);
    return kept;
  }

  /** Newest first. */
  list(query: EventQuery = {}): HostEvent[] {
    const limit = Math.min(maxLimit, Math.max(1, query.limit ?? defaultLimit));
    const waiting = this.#unwritten.filter((event) => matches(event, query)).toReversed();
    const stored = this.#attempt(() => this.#file?.read(query, limit)) ?? [];
    return [...waiting, ...stored].slice(0, limit);
  }

  /** Hears each event from now on. Returns its undo. */
  onEvent(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Idempotent. What is appended afterwards is kept in memory only. */
  close(): void {
    this.#nextTryMs = Number.POSITIVE_INFINITY;
    this.#closeFile();
  }

  #open(): void {
    const { path, now, maxEvents, maxAgeMs, onTrouble } = this.#options;
    this.#nextTryMs = now() + retryMs;
    const file = openEventFile({
      path,
      maxEvents,
      maxAgeMs,
      onSetAside: (aside) => onTrouble(`The event log was damaged and is begun anew; the old one is ${aside}.`),
    });
    this.#file = file;
    this.#lastId = Math.max(this.#lastId, file.lastId());
    file.prune(now());
    if (this.#toldTrouble) onTrouble('Events can be written again.');
    this.#toldTrouble = false;
  }

  #write(file: EventFile, nowMs: number): HostEvent[] {
    const written = file.write(this.#unwritten);
    this.#unwritten = [];
    this.#lastId = written.at(-1)!.id;
    this.#sincePruned += written.length;
    if (this.#sincePruned >= pruneEvery) {
      this.#sincePruned = 0;
      file.prune(nowMs);
    }
    return written;
  }

  /** A file that fails is closed, said once, and tried again later. */
  #attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#closeFile();
      this.#nextTryMs = this.#options.now() + retryMs;
      if (!this.#toldTrouble)
        this.#options.onTrouble('Events cannot be written; the last ones are kept in memory until they can.', error);
      this.#toldTrouble = true;
      return undefined;
    }
  }

  #closeFile(): void {
    const file = this.#file;
    this.#file = undefined;
    file?.close();
  }
}

function openEventFile(
  options: Pick<Required<EventLogOptions>, 'path' | 'maxEvents' | 'maxAgeMs'> & { onSetAside(path: string): void },
): EventFile {
  const { path, maxEvents, maxAgeMs, onSetAside } = options;
  const database = openDatabase({ path, steps, kind: 'rebuildable', onSetAside });
  const insert = database.prepare(
    'INSERT INTO events (at_ms, kind, severity, model, sentence, hint, facts) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const highest = database.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'events'`).pluck();
  const removeOld = database.prepare(
    `DELETE FROM events WHERE id IN
       (SELECT id FROM events WHERE id <= (SELECT max(id) FROM events) - ? OR at_ms < ? ORDER BY id LIMIT ${pruneRows})`,
  );
  const reads = new Map<string, ReturnType<Database['prepare']>>();
  return {
    write: database.transaction((events: readonly HostEvent[]) =>
      events.map((event) => {
        const { at, kind, severity, model, sentence, hint, facts } = event;
        const json = facts === undefined ? null : JSON.stringify(facts);
        const { lastInsertRowid } = insert.run(
          Date.parse(at),
          kind,
          severity,
          model ?? null,
          sentence,
          hint ?? null,
          json,
        );
        return { ...event, id: Number(lastInsertRowid) };
      }),
    ),
    read({ before, kind, model }, limit) {
      const where = ['id < @before', ...(kind ? ['kind = @kind'] : []), ...(model ? ['model = @model'] : [])].join(
        ' AND ',
      );
      const statement =
        reads.get(where) ?? database.prepare(`SELECT * FROM events WHERE ${where} ORDER BY id DESC LIMIT @limit`);
      reads.set(where, statement);
      const bindings = {
        before: before ?? Number.MAX_SAFE_INTEGER,
        limit,
        ...(kind && { kind }),
        ...(model && { model }),
      };
      return (statement.all(bindings) as Row[]).map(toEvent);
    },
    prune: (nowMs) => removeOld.run(maxEvents, nowMs - maxAgeMs),
    lastId: () => (highest.get() as number | undefined) ?? 0,
    close: () => database.close(),
  };
}

function toEvent({ id, at_ms, kind, severity, model, sentence, hint, facts }: Row): HostEvent {
  return {
    id,
    at: new Date(at_ms).toISOString(),
    kind: kind as EventKind,
    severity: severity as HostEvent['severity'],
    ...(model !== null && { model }),
    sentence,
    ...(hint !== null && { hint }),
    ...(facts !== null && { facts: JSON.parse(facts) as Record<string, unknown> }),
  };
}

function matches(event: HostEvent, { before, kind, model }: EventQuery): boolean {
  return (
    (before === undefined || event.id < before) &&
    (kind === undefined || event.kind === kind) &&
    (model === undefined || event.model === model)
  );
}

function bounded({ kind, severity, model, sentence, hint, facts }: NewHostEvent): NewHostEvent {
  const factsLength = facts === undefined ? 0 : JSON.stringify(facts).length;
  return {
    kind,
    severity,
    ...(model !== undefined && { model }),
    sentence: shortened(sentence),
    ...(hint !== undefined && { hint: shortened(hint) }),
    ...(facts !== undefined && { facts: factsLength > maxFacts ? { tooLongCharacters: factsLength } : facts }),
  };
}

function shortened(text: string): string {
  return text.length > maxSentence ? `${text.slice(0, maxSentence - 1)}…` : text;
}

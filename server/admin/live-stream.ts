/**
 * `GET /api/v1/live`: the state of the host for everyone who watches. Once a second one difference is computed and written
 * as text once, whoever many watch; while nobody does, nothing is computed.
 *
 * What everyone was last told is kept, so that a watcher who comes back gets what it missed: the differences from the ring
 * of the last ones, and whatever happened while nobody watched in the next one.
 */
import { diffState } from './live-delta.ts';
import type { LiveState } from './live-delta.ts';

/** One watcher, as the stream sees it. */
export interface LiveWatcher {
  /** Bytes that were written and that the network has not taken. */
  pendingBytes(): number;
  write(text: string): void;
  /** Ends the connection of one who does not keep up. */
  drop(): void;
}

/** Differences that are kept for those who come back: two minutes, the sleep of a laptop's lid aside. */
const keptMessages = 120;
/** And their characters in all; a snapshot costs less than a longer list. */
const keptCharacters = 2_000_000;

/** A watcher that is behind by this much reads nothing, and holding more for it would cost the host's memory. */
const maxPendingBytes = 1_000_000;

/** Quiet time after which a comment says that the line is alive: proxies and browsers give up on silence after a minute. */
const heartbeatMs = 15_000;

const intervalMs = 1000;

interface KeptMessage {
  readonly number: number;
  readonly text: string;
}

export interface LiveStreamOptions {
  state(): LiveState;
  /** Tells this run of the host from others, so that numbers of another are not taken for ours. */
  readonly epoch: string;
  /** Monotonic, milliseconds. */
  now?(): number;
}

export class LiveStream {
  readonly #options: LiveStreamOptions;
  readonly #now: () => number;
  readonly #watchers = new Set<LiveWatcher>();
  readonly #kept: KeptMessage[] = [];
  #keptCharacters = 0;
  /** What everyone has been told up to `#number`. */
  #told: LiveState | undefined;
  #number = 0;
  #lastWriteMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Adds a watcher; the returned function takes it away. `lastEventId` is what its last message was numbered. */
  watch(watcher: LiveWatcher, lastEventId: string | undefined): () => void {
    // What happened since the last tick, or while nobody watched: the others hear of it now, this one from the snapshot.
    this.tick();
    const missed = this.#missedSince(lastEventId);
    // Browsers come back two seconds after a line broke.
    watcher.write('retry: 2000\n\n');
    if (missed === undefined) watcher.write(this.#message('snapshot', { type: 'snapshot', ...this.#told }));
    else for (const { text } of missed) watcher.write(text);
    this.#watchers.add(watcher);
    this.#timer ??= setInterval(() => this.tick(), intervalMs);
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** One step of the clock: tells everyone what changed since the last. */
  tick(): void {
    const state = this.#options.state();
    const delta = this.#told && diffState(this.#told, state);
    this.#told = state;
    if (delta !== undefined) {
      this.#number++;
      const text = this.#message('delta', delta);
      this.#keep({ number: this.#number, text });
      this.#writeAll(text);
    } else if (this.#now() - this.#lastWriteMs >= heartbeatMs) {
      this.#writeAll(': alive\n\n');
    }
  }

  /** Ends every connection. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const watcher of this.#watchers) watcher.drop();
    this.#watchers.clear();
  }

  #message(type: 'snapshot' | 'delta', message: object): string {
    return `id: ${this.#options.epoch}-${this.#number}\nevent: ${type}\ndata: ${JSON.stringify(message)}\n\n`;
  }

  #keep(message: KeptMessage): void {
    this.#kept.push(message);
    this.#keptCharacters += message.text.length;
    while (this.#kept.length > keptMessages || this.#keptCharacters > keptCharacters) {
      this.#keptCharacters -= this.#kept.shift()!.text.length;
    }
  }

  /** Messages after this one; undefined where it is not of this run or too long ago. */
  #missedSince(lastEventId: string | undefined): readonly KeptMessage[] | undefined {
    const match = /^(\w+)-(\d{1,15})$/.exec(lastEventId ?? '');
    if (match === null || match[1] !== this.#options.epoch) return undefined;
    const last = Number(match[2]);
    const missed = this.#kept.filter(({ number }) => number > last);
    return last + missed.length === this.#number ? missed : undefined;
  }

  #writeAll(text: string): void {
    this.#lastWriteMs = this.#now();
    for (const watcher of this.#watchers) {
      if (watcher.pendingBytes() > maxPendingBytes) {
        this.#watchers.delete(watcher);
        watcher.drop();
      } else {
        watcher.write(text);
      }
    }
  }
}

/** The last events in memory, for the live stream: it asks each second, and the log on disk need not be read for it. */
import type { HostEvent } from '../protocol/admin/host-event.ts';
import type { EventQuery } from '../admin/event-routes.ts';

/** The log of the host as far as the admin API uses it. */
export interface EventSource {
  /** Newest first. */
  list(query: EventQuery): readonly HostEvent[];
  /** Hears each event from now on. Returns its undo. */
  onEvent(listener: (event: HostEvent) => void): () => void;
}

/** What a snapshot brings along: a screenful. */
const keptEvents = 50;

export class LatestEvents {
  #events: readonly HostEvent[];
  readonly #stop: () => void;

  constructor(source: EventSource) {
    this.#events = source.list({ limit: keptEvents });
    this.#stop = source.onEvent((event) => {
      this.#events = [event, ...this.#events].slice(0, keptEvents);
    });
  }

  /** Newest first. */
  list(): readonly HostEvent[] {
    return this.#events;
  }

  stop(): void {
    this.#stop();
  }
}

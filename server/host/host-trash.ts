/** The trash of a running host: what its admin API does with it, and the timer that deletes what nobody missed in time. */
import type { TrashDesk } from '../admin/trash-routes.ts';
import type { Log } from '../base/log.ts';
import type { ModelStore } from '../models/model-store.ts';
import { restoreVersions, viewTrash } from '../models/restoring.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { EmptiedTrash, NewRestoration, Restoration, TrashView } from '../protocol/admin/trash-view.ts';

export interface HostTrashParts {
  readonly store: ModelStore;
  readonly log: Log;
  onEvent(event: NewHostEvent): void;
  /** Serves what has changed of a model. */
  refresh(name: string): Promise<void>;
}

/** An hour: what is kept for days need not go to the minute. */
const lookMs = 3_600_000;

export class HostTrash implements TrashDesk {
  readonly #parts: HostTrashParts;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: HostTrashParts) {
    this.#parts = parts;
  }

  start(): void {
    const { store, log } = this.#parts;
    this.#timer = setInterval(() => {
      store.trash
        .empty(Date.now())
        .catch((error: unknown) => log.warn({ error }, 'What is in the trash cannot be deleted.'));
    }, lookMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  list(): Promise<TrashView[]> {
    return viewTrash(this.#parts.store);
  }

  async restore({ name, version }: NewRestoration): Promise<Restoration> {
    const { store, onEvent, refresh } = this.#parts;
    try {
      const restored = await restoreVersions(store, name, version);
      onEvent({
        kind: 'model',
        severity: 'info',
        model: restored.name,
        sentence: `${restored.versions.length === 1 ? `Version ${restored.versions[0]}` : `Versions ${restored.versions.join(', ')}`} of ${restored.name} ${restored.versions.length === 1 ? 'is' : 'are'} restored.`,
        facts: { versions: restored.versions },
      });
      return restored;
    } finally {
      // Also where a part of it was damaged: the rest is there.
      await refresh(name);
    }
  }

  async empty(): Promise<EmptiedTrash> {
    const { trash } = this.#parts.store;
    return { deleted: (await trash.empty(Date.now(), await trash.entries())).length };
  }
}

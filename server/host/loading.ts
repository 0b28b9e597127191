/**
 * Whether the replicas of one version are in memory, on their way in or on their way out, and who waits for that. Unloading is
 * the end of processes: until the last one has gone, its memory is not free.
 */
import type { MillraceError } from '../base/errors.ts';

/** `loaded` from the order to load on, whether or not the replicas are ready yet. */
export type Residence = 'unloaded' | 'loaded' | 'unloading';

export interface LoadedReplica {
  readonly rssBytes: number;
}

export interface LoadableSet<R> {
  readonly replicas: readonly R[];
  /** Told to stop, and their processes are still there. */
  readonly leaving: readonly R[];
  readonly ready: number;
  readonly desired: number;
  readonly givenUp: MillraceError | undefined;
  forgive(): void;
  setDesired(count: number): void;
}

export class Loading<R extends LoadedReplica> {
  residence: Residence = 'unloaded';
  readonly #set: LoadableSet<R>;
  readonly #onChange: () => void;
  readonly #waiters = new Set<() => void>();

  constructor(set: LoadableSet<R>, onChange: () => void) {
    this.#set = set;
    this.#onChange = onChange;
  }

  /** Resident memory of all processes, those included that are on their way out. */
  get memoryBytes(): number {
    return [...this.#set.replicas, ...this.#set.leaving].reduce((sum, { rssBytes }) => sum + rssBytes, 0);
  }

  get isFullyReady(): boolean {
    return this.residence === 'loaded' && this.#set.ready >= this.#set.desired && this.#set.ready > 0;
  }

  get hasWaiters(): boolean {
    return this.#waiters.size > 0;
  }

  load(count: number): void {
    this.residence = 'loaded';
    this.#set.forgive();
    this.#set.setDesired(count);
    this.changed();
  }

  unload(): void {
    if (this.residence !== 'loaded') return;
    this.residence = 'unloading';
    this.#set.setDesired(0);
    this.onGone();
  }

  /** A process has gone. */
  onGone(): void {
    if (this.residence === 'unloading' && this.#set.leaving.length === 0) this.residence = 'unloaded';
    this.changed();
  }

  changed(): void {
    for (const wake of this.#waiters) wake();
    this.#onChange();
  }

  /** Resolves once `condition` holds; it is looked at after each change. Throws the signal's reason. */
  async until(condition: () => boolean, signal?: AbortSignal): Promise<void> {
    while (!condition()) {
      signal?.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = (): void => resolve();
      this.#waiters.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
      await promise;
      this.#waiters.delete(wake);
      signal?.removeEventListener('abort', wake);
    }
  }
}

/**
 * The load of one model version between the autoscaler's ticks: its counts are looked at every 25 ms while there are requests,
 * remembered as means, and told to whoever wants to act before the next tick.
 */
import { OccupancyMeter } from './occupancy.ts';
import type { Occupancy } from './occupancy.ts';

export class LoadWatch {
  readonly occupancy = new OccupancyMeter(performance.now());
  readonly #counts: () => Occupancy;
  readonly #listeners = new Set<(nowMs: number) => void>();

  /** `counts`: requests of local replicas, and those that wait for one. */
  constructor(counts: () => Occupancy) {
    this.#counts = counts;
  }

  /** Called at the first request and regularly until the last has ended. */
  look(nowMs: number): void {
    this.occupancy.sample(nowMs, this.#counts());
    for (const listener of this.#listeners) listener(nowMs);
  }

  /** Hears each look. Returns its undo. */
  onLook(listener: (nowMs: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/**
 * The one owner of what the GUI knows of the host, outside React. Views read it through use-live.ts and charts read the
 * series; only live-connection.ts writes.
 */
import type { HostView } from '../../server/protocol/admin/host-view.ts';
import type { LiveMessage } from '../../server/protocol/admin/live-message.ts';
import type { JobView } from '../../server/protocol/admin/job-view.ts';
import { applyMessage, initialState } from './live-state.ts';
import type { Connection, LiveState } from './live-state.ts';
import { joinReadings } from './readings-over-time.ts';
import type { Readings } from './readings-over-time.ts';
import { readHost, readModel, readingNames } from './readings.ts';
import type { ReadingName } from './readings.ts';
import { RingBuffer } from './ring-buffer.ts';

/** A quarter of an hour at one reading per second: what a chart shows without asking for history. */
export const keptReadings = 900;

export class LiveStore {
  #state = initialState;
  #samples = 0;
  #listeners = new Set<() => void>();
  #hostSeries = newSeries();
  #modelSeries = new Map<string, RingBuffer>();

  get state(): LiveState {
    return this.#state;
  }

  /** Returns how to undo it. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  apply(message: LiveMessage, nowMs: number): void {
    const before = this.#state;
    this.#state = applyMessage(before, message, nowMs);
    if (message.type === 'snapshot' && before.host?.startedAt !== message.host.startedAt) this.#forgetSeries();
    this.#tell();
  }

  /** One reading of everything for the charts, a gap while the host is silent. Called once a second. */
  sample(nowMs: number): void {
    const { host, connection } = this.#state;
    if (host === undefined) return;
    const seconds = Math.round(nowMs / 1000);
    if (connection === 'live') this.#record(host, seconds);
    else for (const series of [this.#hostSeries, ...this.#modelSeries.values()]) series.push([seconds]);
    this.#samples += 1;
    this.#tell();
  }

  /** Readings from before this page was opened, of the host or of a model; those that are known already stay. */
  prefill(past: Readings, model?: string): void {
    const known = model === undefined ? this.#hostSeries : this.#modelSeries.get(model);
    const live = columnsOf(known ?? newSeries());
    const joined = joinReadings(past, live, 0);
    const filled = newSeries();
    for (const at of joined.seconds.keys()) filled.push(readingNames.map((name) => joined[name][at]!));
    if (model === undefined) this.#hostSeries = filled;
    else this.#modelSeries.set(model, filled);
    this.#samples += 1;
    this.#tell();
  }

  /** How many readings there have been: what a chart waits for. */
  get samples(): number {
    return this.#samples;
  }

  setConnection(connection: Connection): void {
    if (this.#state.connection === connection) return;
    this.#state = { ...this.#state, connection };
    this.#tell();
  }

  /** A job that this browser has just started, before the stream tells of it. */
  addJob(job: JobView): void {
    this.#state = applyMessage(this.#state, { type: 'delta', jobs: [job] }, this.#state.heardAt ?? 0);
    this.#tell();
  }

  /** The last readings of one column, oldest first: of the host, or of a model. Empty where nothing is known. */
  series(name: ReadingName, model?: string, limit?: number): number[] {
    const buffer = model === undefined ? this.#hostSeries : this.#modelSeries.get(model);
    return buffer?.column(readingNames.indexOf(name), limit) ?? [];
  }

  #record(host: HostView, seconds: number): void {
    this.#hostSeries.push(readHost(host, seconds));
    for (const model of host.models) {
      let series = this.#modelSeries.get(model.name);
      if (series === undefined) this.#modelSeries.set(model.name, (series = newSeries()));
      series.push(readModel(model, seconds));
    }
    if (this.#modelSeries.size > host.models.length) {
      const names = new Set(host.models.map(({ name }) => name));
      for (const name of this.#modelSeries.keys()) if (!names.has(name)) this.#modelSeries.delete(name);
    }
  }

  #forgetSeries(): void {
    this.#hostSeries = newSeries();
    this.#modelSeries.clear();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function columnsOf(series: RingBuffer): Readings {
  const entries = readingNames.map((name, column) => [name, series.column(column)]);
  return Object.fromEntries(entries) as Readings;
}

function newSeries(): RingBuffer {
  return new RingBuffer(readingNames.length, keptReadings);
}

export const liveStore = new LiveStore();

/**
 * An open loop: requests begin at their times, answered or not. One that finds no free connection waits here, and its latency
 * counts from the time at which it was due: a server that stalls does not slow down the questions about it.
 */
import type { Arrivals } from './arrivals.ts';
import type { LoadConnection } from './load-connection.ts';
import type { LoadEngine } from './load-engine.ts';
import { Pacer } from './pacer.ts';
import type { Stage } from '../protocol/admin/load-plan.ts';
import { valueAt } from './stages.ts';

/** Requests that may wait for a connection; more fail as not sent. A minute at 1000 per second, a few megabytes. */
const maxWaiting = 60_000;
/** Wakes are at least so far apart, milliseconds: requests closer together go in one turn, late by less than this. */
const wakeSpacingMs = 0.15;

export interface OpenLoopOptions {
  readonly stages: readonly Stage[];
  readonly arrivals: Arrivals;
  readonly startMs: number;
  readonly maxConnections: number;
  readonly timeoutMs: number;
}

export class OpenLoop {
  readonly #engine: LoadEngine;
  readonly #options: OpenLoopOptions;
  readonly #free: LoadConnection[] = [];
  readonly #waiting: number[] = [];
  #firstWaiting = 0;
  #pacer: Pacer | undefined;
  #nextMs: number | undefined;
  #lastWakeMs = 0;
  #mayOpenAtMs = 0;
  waitedForConnection = 0;

  constructor(engine: LoadEngine, options: OpenLoopOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#nextMs = this.#take();
    engine.onFree = (connection) => this.#onFree(connection);
    engine.onLost = (failed) => {
      if (failed) this.#mayOpenAtMs = performance.now() + 100;
    };
  }

  async start(): Promise<void> {
    this.#pacer = await Pacer.start(() => this.#pump());
    this.#pump();
  }

  /** True once everything that is due has begun. */
  get isExhausted(): boolean {
    return this.#nextMs === undefined;
  }

  get waiting(): number {
    return this.#waiting.length - this.#firstWaiting;
  }

  planned(nowMs: number): number {
    return valueAt(this.#options.stages, nowMs - this.#options.startMs);
  }

  /** Looks after requests that have waited too long, and after connections that were lost while requests waited. */
  tick(nowMs: number): void {
    // On a machine without a core to spare the pacer's thread may come late.
    this.#pump();
    const { timeoutMs } = this.#options;
    while (this.waiting > 0 && nowMs - this.#waiting[this.#firstWaiting]! > timeoutMs) {
      const dueMs = this.#shift();
      this.#engine.recorder.fail(dueMs, 'not-sent', `No connection became free within ${timeoutMs} ms.`);
    }
    while (this.waiting > 0) {
      const connection = this.#takeConnection(nowMs);
      if (connection === undefined) break;
      this.#engine.send(connection, this.#shift(), nowMs);
    }
  }

  async stop(): Promise<void> {
    while (this.waiting > 0)
      this.#engine.recorder.fail(this.#shift(), 'not-sent', 'The test ended before it was sent.');
    await this.#pacer?.stop();
  }

  #take(): number | undefined {
    const due = this.#options.arrivals.next();
    return due === undefined ? undefined : this.#options.startMs + due;
  }

  #pump(): void {
    const nowMs = performance.now();
    this.#lastWakeMs = nowMs;
    while (this.#nextMs !== undefined && this.#nextMs <= nowMs) {
      this.#begin(this.#nextMs, nowMs);
      this.#nextMs = this.#take();
    }
    if (this.#nextMs !== undefined) this.#pacer?.wakeAt(Math.max(this.#nextMs, this.#lastWakeMs + wakeSpacingMs));
  }

  #begin(dueMs: number, nowMs: number): void {
    const { recorder } = this.#engine;
    recorder.begin(dueMs);
    const connection = this.#takeConnection(nowMs);
    if (connection !== undefined) {
      recorder.late(dueMs, nowMs);
      this.#engine.send(connection, dueMs, nowMs);
      return;
    }
    if (dueMs >= recorder.beginMs) this.waitedForConnection += 1;
    if (this.waiting >= maxWaiting) {
      recorder.fail(dueMs, 'not-sent', `${maxWaiting} requests were waiting for a connection already.`);
      return;
    }
    this.#waiting.push(dueMs);
  }

  /** The one that was used last, so that the others may rest. */
  #takeConnection(nowMs: number): LoadConnection | undefined {
    for (let free = this.#free.pop(); free !== undefined; free = this.#free.pop()) if (!free.gone) return free;
    if (this.#engine.connections >= this.#options.maxConnections || nowMs < this.#mayOpenAtMs) return undefined;
    return this.#engine.open();
  }

  #onFree(connection: LoadConnection): void {
    if (this.waiting > 0) this.#engine.send(connection, this.#shift(), performance.now());
    else this.#free.push(connection);
  }

  #shift(): number {
    const dueMs = this.#waiting[this.#firstWaiting]!;
    this.#firstWaiting += 1;
    if (this.#firstWaiting >= 1024 && this.#firstWaiting * 2 >= this.#waiting.length) {
      this.#waiting.splice(0, this.#firstWaiting);
      this.#firstWaiting = 0;
    }
    return dueMs;
  }
}

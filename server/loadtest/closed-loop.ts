/** A closed loop: each of so many connections sends its next request as soon as the last one is answered. */
import type { Stage } from '../protocol/admin/load-plan.ts';
import type { LoadConnection } from './load-connection.ts';
import type { LoadEngine } from './load-engine.ts';
import { valueAt } from './stages.ts';

/** A server that refuses connections is not asked in a tight loop, milliseconds. */
const retryMs = 100;

export class ClosedLoop {
  readonly #engine: LoadEngine;
  readonly #stages: readonly Stage[];
  readonly #startMs: number;
  readonly #endMs: number;
  #retryAtMs = 0;

  constructor(engine: LoadEngine, stages: readonly Stage[], startMs: number, endMs: number) {
    this.#engine = engine;
    this.#stages = stages;
    this.#startMs = startMs;
    this.#endMs = endMs;
    engine.onFree = (connection) => this.#onFree(connection);
    engine.onLost = (failed) => {
      if (failed) this.#retryAtMs = performance.now() + retryMs;
      else this.tick(performance.now());
    };
  }

  /** Nothing waits outside of connections. */
  readonly waiting = 0;
  readonly waitedForConnection = 0;
  /** Nothing is due at a time of its own. */
  readonly isExhausted = true;

  planned(nowMs: number): number {
    return Math.round(valueAt(this.#stages, nowMs - this.#startMs));
  }

  /** Opens what the plan wants more. What is too much is closed as it becomes free. */
  tick(nowMs: number): void {
    if (nowMs >= this.#endMs || nowMs < this.#retryAtMs) return;
    const wanted = this.planned(nowMs);
    while (this.#engine.connections < wanted && nowMs >= this.#retryAtMs) this.#send(this.#engine.open(), nowMs);
  }

  async stop(): Promise<void> {}

  #onFree(connection: LoadConnection): void {
    const nowMs = performance.now();
    if (nowMs >= this.#endMs || this.#engine.connections > this.planned(nowMs)) this.#engine.close(connection);
    else this.#send(connection, nowMs);
  }

  #send(connection: LoadConnection, nowMs: number): void {
    this.#engine.recorder.begin(nowMs);
    this.#engine.send(connection, nowMs, nowMs);
  }
}

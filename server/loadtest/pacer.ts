/**
 * Wakes the event loop at a time, to about a tenth of a millisecond: timers of Node have whole milliseconds, and turning in a
 * loop would take a core from the server that is measured. A thread sleeps instead.
 */
import { Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

export class Pacer {
  readonly #worker: Worker;
  readonly #wakeAt: Float64Array;
  readonly #changes: Int32Array;

  private constructor(onWake: () => void) {
    const memory = new SharedArrayBuffer(16);
    this.#wakeAt = new Float64Array(memory, 0, 1);
    this.#changes = new Int32Array(memory, 8, 1);
    this.#worker = new Worker(fileURLToPath(new URL('pacer-thread.ts', import.meta.url)), { workerData: memory });
    this.#worker.on('message', onWake);
  }

  /** Resolves when the thread runs. */
  static async start(onWake: () => void): Promise<Pacer> {
    const pacer = new Pacer(onWake);
    await new Promise<void>((resolve, reject) => {
      pacer.#worker.once('online', resolve);
      pacer.#worker.once('error', reject);
    });
    return pacer;
  }

  /** Monotonic milliseconds of this thread. The last call counts; it wakes once. */
  wakeAt(ms: number): void {
    this.#wakeAt[0] = performance.timeOrigin + ms;
    Atomics.add(this.#changes, 0, 1);
    Atomics.notify(this.#changes, 0);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

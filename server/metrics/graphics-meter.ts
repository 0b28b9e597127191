/**
 * How busy the graphics processors are, where there are some that say so. Asking costs another program's time, so it is asked
 * so seldom that even all of the time it takes would be half a percent of one core.
 */
import { existsSync, readdirSync } from 'node:fs';
import { askGraphics } from './system-information.ts';
import type { GraphicsReading } from './system-information.ts';

export interface GraphicsMeterParts {
  /** Whether it is worth asking at all. Default: looks for devices where that is free. */
  readonly mayHaveGraphics?: () => boolean;
  readonly ask?: () => Promise<GraphicsReading[]>;
  readonly nowMs?: () => number;
}

/** The start is busy enough. */
const firstAskMs = 3000;
const minIntervalMs = 10_000;
/** Time between two questions, as a multiple of the time that one took. */
const restFactor = 200;
/** After so many failures in a row nobody is there. */
const maxFailures = 3;

export class GraphicsMeter {
  readonly #parts: Required<GraphicsMeterParts>;
  #readings: readonly GraphicsReading[] = [];
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #isStopped = false;

  constructor(parts: GraphicsMeterParts = {}) {
    this.#parts = { mayHaveGraphics, ask: askGraphics, nowMs: () => performance.now(), ...parts };
  }

  /** The last answer; empty where there is nothing to tell. */
  get readings(): readonly GraphicsReading[] {
    return this.#readings;
  }

  start(): void {
    if (this.#parts.mayHaveGraphics()) this.#askIn(firstAskMs);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #askIn(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#ask(), delayMs).unref();
  }

  async #ask(): Promise<void> {
    const startedMs = this.#parts.nowMs();
    try {
      const all = await this.#parts.ask();
      this.#readings = all.filter(
        ({ utilizationPercent, memoryUsedBytes }) => utilizationPercent !== undefined || memoryUsedBytes !== undefined,
      );
      this.#failures = 0;
      // Display adapters that tell nothing now will tell nothing later.
      if (this.#readings.length === 0) return;
    } catch {
      this.#readings = [];
      if (++this.#failures >= maxFailures) return;
    }
    this.#askIn(Math.max(minIntervalMs, restFactor * (this.#parts.nowMs() - startedMs)));
  }
}

function mayHaveGraphics(): boolean {
  if (process.platform !== 'linux') return true;
  if (existsSync('/proc/driver/nvidia/version')) return true;
  try {
    return readdirSync('/sys/class/drm').some((name) => /^card\d+$/.test(name));
  } catch {
    return false;
  }
}

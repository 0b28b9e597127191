/** How busy this machine's cores are and what memory is free: the difference between two looks at the system's counters. */
import { availableParallelism, cpus, freemem } from 'node:os';

export interface MachineReading {
  readonly cores: number;
  readonly freeBytes: number;
  /** Of all cores together, 0 to 100, since the reading before. */
  readonly cpuPercent: number;
}

/** Looks closer together than this tell nothing; the last one is told again. */
const minIntervalMs = 500;

export class MachineLoad {
  #last = coreTimes();
  #lastMs = -Infinity;
  #percent = 0;

  read(nowMs: number): MachineReading {
    if (nowMs - this.#lastMs >= minIntervalMs) {
      const times = coreTimes();
      this.#percent = busyPercent(this.#last, times);
      this.#last = times;
      this.#lastMs = nowMs;
    }
    return {
      cores: availableParallelism(),
      // To 1 MB: what a system has free changes with each page.
      freeBytes: Math.round(freemem() / 1e6) * 1e6,
      cpuPercent: this.#percent,
    };
  }
}

interface CoreTimes {
  readonly busyMs: number;
  readonly totalMs: number;
}

/** Whole percent; 0 where no time has passed. */
export function busyPercent(before: CoreTimes, after: CoreTimes): number {
  const total = after.totalMs - before.totalMs;
  return total <= 0 ? 0 : Math.round((100 * (after.busyMs - before.busyMs)) / total);
}

function coreTimes(): CoreTimes {
  let busyMs = 0;
  let totalMs = 0;
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    busyMs += busy;
    totalMs += busy + times.idle;
  }
  return { busyMs, totalMs };
}

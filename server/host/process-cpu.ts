/**
 * CPU time of replica processes: from /proc where there is one, else from what they report of themselves.
 */
import { readFileSync } from 'node:fs';

/** CPU time since the process started, at a moment. */
export interface CpuReport {
  readonly cpuMs: number;
  /** Monotonic milliseconds of the host. */
  readonly atMs: number;
}

/** Ticks per second of Linux' process times: 100 on every architecture that Node runs on. */
const msPerTick = 10;
/** Over shorter times a tick is too coarse. */
const minSpanMs = 900;

/** Undefined where there is no /proc, or no such process any more. */
export function readCpuMs(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return parseCpuMs(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** `pid (name) state …`, where the name may hold anything; utime and stime are the fields 14 and 15. */
export function parseCpuMs(stat: string): number | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks * msPerTick : undefined;
}

/** How much of a core each process uses, from two reports about a second apart. */
export class CpuMeter {
  readonly #known = new Map<number, { before: CpuReport; percent: number | undefined }>();
  /** Of processes that have been forgotten. */
  #endedMs = 0;

  /** Percent of one core; undefined until there are two reports. */
  percent(pid: number, report: CpuReport | undefined): number | undefined {
    if (report === undefined) return this.#known.get(pid)?.percent;
    const known = this.#known.get(pid);
    if (known === undefined) {
      this.#known.set(pid, { before: report, percent: undefined });
      return undefined;
    }
    const spanMs = report.atMs - known.before.atMs;
    if (spanMs >= minSpanMs) {
      known.percent = Math.max(0, (100 * (report.cpuMs - known.before.cpuMs)) / spanMs);
      known.before = report;
    }
    return known.percent;
  }

  /** CPU time of all processes that were ever seen, milliseconds; never falls. */
  get totalMs(): number {
    return [...this.#known.values()].reduce((sum, { before }) => sum + before.cpuMs, this.#endedMs);
  }

  /** Forgets processes that are not among these. */
  keep(pids: ReadonlySet<number>): void {
    for (const [pid, { before }] of this.#known) {
      if (pids.has(pid)) continue;
      this.#endedMs += before.cpuMs;
      this.#known.delete(pid);
    }
  }
}

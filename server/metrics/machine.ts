/**
 * The machine that all models share: its cores and memory, and how busy they are. Only calls that cost microseconds, except
 * once at the start and, on macOS, every ten seconds.
 */
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { askAvailableBytes, askPhysicalCores } from './system-information.ts';

export interface MachineReading {
  readonly physicalCores: number;
  readonly totalBytes: number;
  /** Memory that new processes could have. */
  readonly availableBytes: number;
  /** Of all cores, by whomever, since half a second or more. */
  readonly busyPercent: number;
}

/** Two looks closer together than this tell nothing; the last answer is given again. */
const minIntervalMs = 500;
/** macOS is asked for its memory this often: it takes 10 ms of another program. */
const availableIntervalMs = 10_000;
/** A start does not wait longer for the number of cores. */
const maxAskMs = 3000;

const topology = '/sys/devices/system/cpu';

/**
 * Cores that run one thread each, and that this process may use; a second thread of a core does not do the work of one.
 * Where nobody knows, all that the system counts.
 */
export async function countPhysicalCores(): Promise<number> {
  const usable = availableParallelism();
  const timeout = new Promise<undefined>((resolve) => setTimeout(resolve, maxAskMs, undefined).unref());
  const asked = process.platform === 'linux' ? countCoresOfLinux() : Promise.race([askPhysicalCores(), timeout]);
  const physical = await asked.catch(() => undefined);
  return Math.max(1, Math.min(usable, physical ?? usable));
}

/** Threads of one core name each other in the same file. */
async function countCoresOfLinux(): Promise<number | undefined> {
  const names = (await readdir(topology)).filter((name) => /^cpu\d+$/.test(name));
  const siblings = await Promise.all(
    names.map((name) => readFile(`${topology}/${name}/topology/thread_siblings_list`, 'utf8')),
  );
  return siblings.length === 0 ? undefined : new Set(siblings).size;
}

interface CoreTimes {
  readonly busyMs: number;
  readonly totalMs: number;
}

export class MachineMeter {
  readonly #physicalCores: number;
  /** A limit of a container does not change while it runs, and asking for it reads files. */
  readonly #totalBytes = totalBytes();
  #times = coreTimes();
  #readMs = Number.NEGATIVE_INFINITY;
  #reading: MachineReading | undefined;
  #asked: { bytes: number | undefined; atMs: number } = { bytes: undefined, atMs: Number.NEGATIVE_INFINITY };

  constructor(physicalCores: number) {
    this.#physicalCores = physicalCores;
  }

  read(nowMs: number): MachineReading {
    if (this.#reading !== undefined && nowMs - this.#readMs < minIntervalMs) return this.#reading;
    const times = coreTimes();
    this.#reading = {
      physicalCores: this.#physicalCores,
      totalBytes: this.#totalBytes,
      availableBytes: this.#availableBytes(nowMs),
      busyPercent: busyPercent(this.#times, times),
    };
    this.#times = times;
    this.#readMs = nowMs;
    return this.#reading;
  }

  #availableBytes(nowMs: number): number {
    // Linux and Windows say what could be had; a container's own limit counts.
    if (process.platform !== 'darwin') return process.availableMemory();
    if (nowMs - this.#asked.atMs >= availableIntervalMs) {
      this.#asked.atMs = nowMs;
      askAvailableBytes().then(
        (bytes) => (this.#asked.bytes = bytes),
        () => {},
      );
    }
    return this.#asked.bytes ?? freemem();
  }
}

/** The machine's, or the container's where that has less. */
function totalBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** 0 where no time has passed. */
export function busyPercent(before: CoreTimes, after: CoreTimes): number {
  const total = after.totalMs - before.totalMs;
  return total <= 0 ? 0 : Math.min(100, Math.max(0, (100 * (after.busyMs - before.busyMs)) / total));
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

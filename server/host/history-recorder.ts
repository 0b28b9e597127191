/**
 * Looks at the host and its models once a second and gives the history what happened since: differences of counters that only
 * grow, and levels as they are. It looks in the middle of a second, so that a late timer seldom leaves a gap.
 */
import type { HistorySample, LevelName, SumName } from '../metrics/history-bucket.ts';
import type { History } from '../metrics/history.ts';
import { countsSince, toSparse } from '../metrics/latency-counts.ts';
import type { MachineReading } from '../metrics/machine.ts';
import type { ModelStatistics } from '../metrics/model-statistics.ts';
import type { GraphicsReading } from '../metrics/system-information.ts';
import { readCpuMs } from './process-cpu.ts';
import { graphicsLevels } from './graphics-levels.ts';

/** One version of a model; those of one name are one subject. */
export interface RecordedVersion {
  readonly name: string;
  readonly statistics: ModelStatistics;
  readonly queued: number;
  readonly inFlight: number;
  readonly copiesWanted: number;
  readonly copiesReady: number;
  readonly replicas: readonly {
    readonly pid: number;
    readonly rssBytes: number;
    readonly cpu: { readonly cpuMs: number } | undefined;
  }[];
}

export interface HistoryRecorderParts {
  readonly history: History;
  versions(): readonly RecordedVersion[];
  machine(): MachineReading;
  graphics(): readonly GraphicsReading[];
  connections(): number;
  /** Wall clock, milliseconds. */
  now(): number;
}

interface Counters {
  readonly sums: Readonly<Partial<Record<SumName, number>>>;
  readonly latency: Float64Array;
}

const secondMs = 1000;
const middleMs = 500;

export class HistoryRecorder {
  readonly #parts: HistoryRecorderParts;
  #counters = new WeakMap<ModelStatistics, Counters>();
  #cpu = new Map<number, number>();
  #hostCpuMs = hostCpuMs();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: HistoryRecorderParts) {
    this.#parts = parts;
  }

  start(): void {
    const sinceMiddle = (this.#parts.now() - middleMs) % secondMs;
    this.#timer = setTimeout(() => {
      this.start();
      this.record();
    }, secondMs - sinceMiddle);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Records one second. */
  record(): void {
    const cpu = new Map<number, number>();
    const samples = new Map<string, HistorySample>();
    const all: HistorySample[] = [];
    for (const version of this.#parts.versions()) {
      const sample = this.#sampleOf(version, cpu);
      const before = samples.get(version.name);
      samples.set(version.name, before === undefined ? sample : added(before, sample));
      all.push(sample);
    }
    this.#cpu = cpu;
    samples.set('', this.#hostSample(all));
    this.#parts.history.append(this.#parts.now(), samples);
  }

  #sampleOf(version: RecordedVersion, cpu: Map<number, number>): HistorySample {
    const { statistics, replicas, queued, inFlight, copiesWanted, copiesReady } = version;
    const now = countersOf(statistics);
    // What happened before this recorder looked first belongs to no second of it.
    const before = this.#counters.get(statistics) ?? now;
    this.#counters.set(statistics, now);
    let cpuMs = 0;
    let memoryBytes = 0;
    for (const replica of replicas) {
      const total = readCpuMs(replica.pid) ?? replica.cpu?.cpuMs ?? 0;
      cpuMs += Math.max(0, total - (this.#cpu.get(replica.pid) ?? 0));
      cpu.set(replica.pid, total);
      memoryBytes += replica.rssBytes;
    }
    const sums = Object.entries(now.sums).map(([name, value]) => [name, value - (before.sums[name as SumName] ?? 0)]);
    return {
      sums: { ...(Object.fromEntries(sums) as Record<SumName, number>), replicaCpuMs: Math.round(cpuMs) },
      levels: { queued, inFlight, copiesWanted, copiesReady, memoryBytes },
      latency: toSparse(countsSince(now.latency, before.latency)),
    };
  }

  #hostSample(models: readonly HistorySample[]): HistorySample {
    const { machine, graphics, connections } = this.#parts;
    const { busyPercent, availableBytes } = machine();
    const cpuMs = hostCpuMs();
    const spentMs = cpuMs - this.#hostCpuMs;
    this.#hostCpuMs = cpuMs;
    const sum = models.reduce(added, { sums: {}, levels: {}, latency: [] });
    return {
      sums: { ...sum.sums, cpuMs: Math.round(spentMs) },
      levels: {
        ...sum.levels,
        memoryBytes: process.memoryUsage.rss(),
        busyPercent: Math.round(busyPercent),
        availableBytes,
        connections: connections(),
        ...graphicsLevels(graphics()),
      },
      latency: sum.latency,
    };
  }
}

/** Mean over the processors, and their memory together; nothing where there is none. */
function countersOf({ success, failures, latency, cacheHit, cacheMiss }: ModelStatistics): Counters {
  return {
    sums: {
      answered: success.count,
      rejected: failures.REJECTED,
      canceled: failures.CANCELED,
      failed: failures.BACKEND,
      wrong: failures.OTHER,
      cacheHits: cacheHit.count,
      cacheMisses: cacheMiss.count,
    },
    latency: latency.counts.slice(),
  };
}

function added(a: HistorySample, b: HistorySample): HistorySample {
  const sums: Partial<Record<SumName, number>> = { ...a.sums };
  for (const [name, value] of Object.entries(b.sums) as [SumName, number][]) sums[name] = (sums[name] ?? 0) + value;
  const levels: Partial<Record<LevelName, number>> = { ...a.levels };
  for (const [name, value] of Object.entries(b.levels) as [LevelName, number][])
    levels[name] = (levels[name] ?? 0) + value;
  return { sums, levels, latency: [...a.latency, ...b.latency] };
}

function hostCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

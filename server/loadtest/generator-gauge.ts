/**
 * What the load test itself costs, and whether its figures are the server's or its own. Measuring is here at the edge;
 * the judgement is pure.
 */
import { cpus } from 'node:os';
import type { GeneratorReport } from '../protocol/admin/load-result.ts';

interface MachineTicks {
  readonly total: number;
  readonly idle: number;
}

export interface GeneratorUse {
  readonly cpuPercent: number;
  readonly busyPercent: number;
  readonly machinePercent: number;
}

export class GeneratorGauge {
  readonly #startedMs = performance.now();
  readonly #cpu = process.cpuUsage();
  readonly #loop = performance.eventLoopUtilization();
  readonly #machine = machineTicks();

  /** Since it was made. */
  read(): GeneratorUse {
    const elapsedMs = Math.max(1, performance.now() - this.#startedMs);
    const { user, system } = process.cpuUsage(this.#cpu);
    const machine = machineTicks();
    const total = machine.total - this.#machine.total;
    return {
      cpuPercent: (user + system) / 10 / elapsedMs,
      busyPercent: performance.eventLoopUtilization(this.#loop).utilization * 100,
      machinePercent: total <= 0 ? 0 : 100 * (1 - (machine.idle - this.#machine.idle) / total),
    };
  }
}

function machineTicks(): MachineTicks {
  let total = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    total += times.user + times.nice + times.sys + times.idle + times.irq;
    idle += times.idle;
  }
  return { total, idle };
}

export interface GeneratorFacts extends GeneratorUse {
  readonly cores: number;
  readonly isLoopback: boolean;
  readonly isOpenLoop: boolean;
  readonly lagP50Ms: number;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  readonly latencyP50Ms: number;
  /** Requests that waited for a connection, of those due. */
  readonly waitedForConnection: number;
  readonly due: number;
  readonly maxConnections: number;
}

/** Above this its one thread cannot send on time any more, percent. */
const busyLimit = 90;
/** A machine with all cores taken, percent. */
const fullMachine = 93;
/** Share of a full machine from which on the generator's own work changes the result noticeably, percent of all cores. */
const ownShare = 10;
/** A generator that is later than this share of the median, and later than half a millisecond, distorts what it measures. */
const lagShare = 0.25;
const lagFloorMs = 0.5;

export function judgeGenerator(facts: GeneratorFacts): GeneratorReport {
  const notes: string[] = [];
  let isLimit = false;
  const { cpuPercent, busyPercent, machinePercent, cores, lagP50Ms, latencyP50Ms } = facts;
  if (busyPercent >= busyLimit) {
    isLimit = true;
    notes.push(
      `The generator is the limit: its thread was busy ${Math.round(busyPercent)} % of the time, so the server may reach more.`,
    );
  } else if (facts.isLoopback && machinePercent >= fullMachine && cpuPercent / cores >= ownShare) {
    isLimit = true;
    notes.push(
      `The generator is part of the limit: all cores of this machine were busy, and it took ${Math.round(cpuPercent)} % of one itself. From another machine the server would reach more.`,
    );
  }
  if (facts.isOpenLoop && lagP50Ms > lagFloorMs && lagP50Ms > latencyP50Ms * lagShare) {
    isLimit = true;
    notes.push(
      `The generator is the limit: half of the requests began ${lagP50Ms.toFixed(2)} ms late or more, and that is part of their latency.`,
    );
  }
  if (facts.isOpenLoop && facts.waitedForConnection > facts.due / 100) {
    notes.push(
      `${Math.round((100 * facts.waitedForConnection) / Math.max(1, facts.due))} % of the requests waited for one of the ${facts.maxConnections} connections; their wait is part of the latency. A server that keeps up does not need so many.`,
    );
  }
  return {
    cpuPercent,
    busyPercent,
    machinePercent,
    lagP50Ms,
    lagP99Ms: facts.lagP99Ms,
    lagMaxMs: facts.lagMaxMs,
    isLimit,
    notes,
  };
}

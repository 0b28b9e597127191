/**
 * How many replicas the machine can bear, whatever the metrics want. On one host replicas add no cores and no memory: CPU
 * pinned at 100 % asks for 43 % more at every tick and would never stop.
 *
 * Pure. What the last replica brought is measured in marginal-gain.ts, what other models take is share-capacity.ts.
 */
import type { Footprint, Machine } from './observation.ts';
import { floorDiv } from './quantity.ts';

export interface CeilingSettings {
  /** Default true. */
  readonly cpu: boolean;
  /** Cores kept for the system and its user. Default 1; 2 where somebody works at the machine. */
  readonly reservedCores: number;
  /** Default true. */
  readonly memory: boolean;
  /** Memory kept free: the larger of these two. Defaults 2 GB and 15 % of all. */
  readonly reservedBytes: number;
  readonly reservedPercent: number;
  /** How long a ceiling must have been higher before growth may use it. Default 60 s: free memory flickers. */
  readonly recoveryMs: number;
}

export type Ceiling =
  | {
      readonly name: 'cpu';
      readonly replicas: number;
      readonly cores: number;
      readonly reserved: number;
      readonly threads: number;
    }
  | { readonly name: 'memory'; readonly replicas: number; readonly usableBytes: number; readonly replicaBytes: number }
  | {
      readonly name: 'gain';
      readonly replicas: number;
      readonly cause: 'throughput' | 'service-time';
      readonly percent: number;
    }
  /** The machine is busy and the effect of the last addition is not known yet: no more for now. */
  | { readonly name: 'gain-pending'; readonly replicas: number }
  | { readonly name: 'share'; readonly replicas: number }
  /** A memory rule of the policy is above its limit: no more for now. */
  | { readonly name: 'memory-rule'; readonly replicas: number }
  | { readonly name: 'recovering'; readonly replicas: number };

/** What cores and memory allow: none, one or both; a number that is not known sets none. */
export function machineCeilings(
  machine: Machine | undefined,
  footprint: Footprint | undefined,
  settings: CeilingSettings,
): Ceiling[] {
  if (machine === undefined || footprint === undefined) return [];
  return [cpuCeiling(machine, footprint, settings), memoryCeiling(machine, footprint, settings)].filter(
    (ceiling) => ceiling !== undefined,
  );
}

/** max(1, floor((cores - reserve) / threads)): 4 cores less one are three replicas of one thread, or one of two. */
function cpuCeiling(
  { physicalCores }: Machine,
  { threads }: Footprint,
  { cpu, reservedCores }: CeilingSettings,
): Ceiling | undefined {
  if (!cpu || physicalCores === undefined) return undefined;
  const replicas = Math.max(1, floorDiv(Math.max(0, physicalCores - reservedCores), threads));
  return { name: 'cpu', replicas, cores: physicalCores, reserved: reservedCores, threads };
}

/**
 * max(1, floor((available + own - reserve) / peak of one replica)). The reserve is a wish: that another program has eaten into it
 * is no reason to end the last replica. Whether a first one may be loaded at all is the memory budget's question.
 */
function memoryCeiling(
  { totalBytes, availableBytes }: Machine,
  { peakRssBytes, ownRssBytes = 0 }: Footprint,
  settings: CeilingSettings,
): Ceiling | undefined {
  if (!settings.memory || availableBytes === undefined || peakRssBytes === undefined || peakRssBytes <= 0)
    return undefined;
  const usableBytes = Math.max(0, availableBytes + ownRssBytes - memoryReserve(totalBytes ?? 0, settings));
  return {
    name: 'memory',
    replicas: Math.max(1, Math.floor(usableBytes / peakRssBytes)),
    usableBytes,
    replicaBytes: peakRssBytes,
  };
}

/** Memory that replicas must leave free. */
export function memoryReserve(totalBytes: number, { reservedBytes, reservedPercent }: CeilingSettings): number {
  return Math.max(reservedBytes, Math.floor((totalBytes * reservedPercent) / 100));
}

/** The ceiling that binds: the lowest, the first of equals. */
export function lowestCeiling(ceilings: readonly Ceiling[]): Ceiling | undefined {
  let lowest: Ceiling | undefined;
  for (const ceiling of ceilings) if (lowest === undefined || ceiling.replicas < lowest.replicas) lowest = ceiling;
  return lowest;
}

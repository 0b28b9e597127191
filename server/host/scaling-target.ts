/** What the scaling loop needs of a model version, and nothing else. Implemented by scaled-version.ts over a ServedModel. */
import type { ModelStatistics } from '../metrics/model-statistics.ts';
import type { OccupancyMeter } from './occupancy.ts';
import type { CpuReport } from './process-cpu.ts';

export interface ScaledReplica {
  readonly pid: number;
  /** It takes requests. */
  readonly isReady: boolean;
  readonly rssBytes: number;
  readonly inFlight: number;
  /** CPU time as the process reported it last. */
  readonly cpu: CpuReport | undefined;
}

export interface ScalingTarget {
  /** Unique among those that live: `<model>/<version>`. */
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly statistics: ModelStatistics;
  readonly occupancy: OccupancyMeter;
  /** Threads inside one run. */
  readonly threads: number;
  /** Its replicas are loaded or being loaded here, and it has not been given up: their number is the autoscaler's. */
  readonly isScalable: boolean;
  /** Another version takes its place, or it takes another's: its number is not touched. */
  readonly isSwapping: boolean;
  /** Replicas that should take requests. */
  readonly desired: number;
  /** Processes that are loaded, or being loaded, and take no requests. */
  readonly spares: number;
  readonly replicas: readonly ScaledReplica[];
  /** Requests that one run can hold, and that one replica is given at most; 1 each while nothing is loaded. */
  readonly perRun: number;
  readonly dispatchSlots: number;
  /** Requests that wait in the host. */
  readonly queued: number;
  /** Changes the number; `spares` are loaded beside them and take no requests. 0 unloads the version until it is asked for. */
  scale(replicas: number, spares: number): void;
  /** Hears every 25 ms while there are requests. Returns its undo. */
  onLook(listener: (nowMs: number) => void): () => void;
}

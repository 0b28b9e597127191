/**
 * What the autoscaler is told about one model version at a tick, put together from exact counts and measurements. Pure.
 */
import type { Control, Machine, Measurement, Observation, ReplicaCpu, SignalName } from '../autoscaler/observation.ts';
import { estimateSlots } from '../autoscaler/slot-estimate.ts';
import type { BatchRuns } from '../autoscaler/slot-estimate.ts';
import type { Occupancy } from './occupancy.ts';
import type { TrafficReading } from './traffic-meter.ts';

/** Counts of this moment. */
export interface ScalingCounts {
  /** Replicas that take requests. */
  readonly ready: number;
  /** Ordered and not ready. */
  readonly starting: number;
  /** Requests that wait in the host. */
  readonly queued: number;
  /** Those, and the ones that local replicas have. */
  readonly outstanding: number;
  /** Requests that one run can hold, and that one replica is given at most. */
  readonly perRun: number;
  readonly dispatchSlots: number;
}

export interface ScalingMeasurements {
  readonly nowMs: number;
  readonly counts: ScalingCounts;
  /** Means of the last second, or of less where a queue grows. */
  readonly occupancy: Occupancy;
  readonly traffic: TrafficReading;
  readonly batches: readonly BatchRuns[];
  readonly rowsPerRequest: number;
  /** One per ready replica. */
  readonly replicaCpu: readonly ReplicaCpu[];
  readonly machine: Machine;
  readonly threads: number;
  /** Largest that a replica of this version has been; undefined before the first is ready. */
  readonly peakRssBytes: number | undefined;
  readonly ownRssBytes: number;
  readonly control: Control;
  readonly share: number | undefined;
  readonly settingsKey: string;
}

/** Longer runs outweigh what passes outside of them, so how busy a replica is says nothing more. */
const longRunMs = 50;

export function observationOf(measured: ScalingMeasurements): Observation {
  const { nowMs, counts, occupancy, traffic, machine, replicaCpu, control, share, settingsKey } = measured;
  const { ready, starting } = counts;
  const slotsPerReplica = slotsOf(measured);
  const capacity = ready * slotsPerReplica;
  const signal = (value: number | undefined): Measurement | undefined =>
    value === undefined ? undefined : { value, atMs: nowMs };
  const signals: Partial<Record<SignalName, Measurement | undefined>> = {
    outstanding: signal(occupancy.outstanding),
    queued: signal(Math.max(occupancy.queued, occupancy.outstanding - capacity)),
    requestRate: signal(traffic.requestRate),
    memoryPercent: signal(memoryPercent(machine)),
    queueWaitP99Ms: signal(traffic.queueWaitP99Ms),
    serviceP99Ms: signal(traffic.serviceP99Ms),
    latencyP99Ms: signal(traffic.latencyP99Ms),
  };
  return {
    nowMs,
    ready,
    starting,
    slotsPerReplica,
    // What a replica holds beyond what it does at once waits there as well as it would in the host.
    queuedNow: Math.max(counts.queued, counts.outstanding - capacity, 0),
    outstandingNow: counts.outstanding,
    signals: Object.fromEntries(Object.entries(signals).filter(([, value]) => value !== undefined)),
    replicaCpu: [...replicaCpu, ...Array.from({ length: starting }, () => ({ isReady: false }))],
    traffic: traffic.traffic,
    control,
    machine,
    footprint: { threads: measured.threads, peakRssBytes: measured.peakRssBytes, ownRssBytes: measured.ownRssBytes },
    share,
    settingsKey,
  };
}

/** Requests that one replica of the version does at once without taking longer for each. */
function slotsOf({ counts, occupancy, traffic, batches, rowsPerRequest }: ScalingMeasurements): number {
  const { ready, perRun, dispatchSlots } = counts;
  const isShort = traffic.runMs !== undefined && traffic.runMs < longRunMs;
  return estimateSlots({
    perRun,
    dispatchSlots,
    rowsPerRequest,
    batches,
    held: occupancy.outstanding / Math.max(1, ready),
    busyShare: isShort && ready > 0 ? traffic.busyMsPerSecond / 1000 / ready : undefined,
  });
}

function memoryPercent({ totalBytes, availableBytes }: Machine): number | undefined {
  if (totalBytes === undefined || availableBytes === undefined || totalBytes <= 0) return undefined;
  return Math.max(0, (100 * (totalBytes - availableBytes)) / totalBytes);
}

/**
 * What the controller is told about one model at each tick: plain data, measured by the host or read from a trace.
 *
 * Counts are exact, because one process owns queue and replicas. Signals are measurements and may be absent or wrong.
 */

/** A measurement older than this is stale: it says nothing about now. */
export const staleAfterTicks = 3;

/** A measurement with the time it was taken, on the clock of `Observation.nowMs`. */
export interface Measurement {
  readonly value: number;
  readonly atMs: number;
}

export const signalNames = [
  'outstanding',
  'queued',
  'requestRate',
  'cpuPercent',
  'memoryPercent',
  'queueWaitP99Ms',
  'serviceP99Ms',
  'latencyP99Ms',
] as const;

/**
 * `outstanding`: requests in flight and queued, `queued`: of them the waiting, each as the mean of the last second, because
 *   longer means hide bursts (knative/serving issue 15000).
 * `requestRate`: arrivals per second. All three are totals of the model.
 * `cpuPercent`: mean of the ready replicas, 100 being all that one may use. `memoryPercent`: of the machine.
 * `queueWaitP99Ms`, `serviceP99Ms`, `latencyP99Ms`: waiting, being served, and both.
 */
export type SignalName = (typeof signalNames)[number];

export type Signals = Readonly<Partial<Record<SignalName, Measurement>>>;

/** A replica's CPU, where it is measured one by one. Fills in by HPA's rules what is missing. */
export interface ReplicaCpu {
  readonly isReady: boolean;
  /** Percent of what the replica may use; undefined where it was not measured. */
  readonly cpuPercent?: number | undefined;
}

/** What ended since the observation before, and how. */
export interface Traffic {
  /** Requests that ended, in whatever way. */
  readonly requests: number;
  /**
   * Of them those that more replicas would have saved: deadline passed in the queue, refused because the queue was full. Not
   * the client's mistakes, the model's errors, poison or a crash loop, or a bad model would scale itself to the limit.
   */
  readonly overloadFailures: number;
  /** Of the answered ones, the time from dispatch to answer that 95 % stay below. */
  readonly serviceP95Ms?: number | undefined;
}

/** What a person or the host has ordered. Anything but `auto` wins over every rule, bound and ceiling. */
export type Control =
  | { readonly mode: 'auto' }
  | { readonly mode: 'paused' }
  | { readonly mode: 'manual'; readonly replicas: number }
  /** A new version is being brought in: its surge is no load, so nothing is decided and nothing remembered. */
  | { readonly mode: 'frozen' };

/** The machine that all models share. A number that is unknown sets no ceiling. */
export interface Machine {
  readonly physicalCores?: number | undefined;
  readonly totalBytes?: number | undefined;
  /** Memory that new processes could have now. */
  readonly availableBytes?: number | undefined;
  /** Resident size of all models' replicas. What they hand to each other is not memory that has become free. */
  readonly replicasRssBytes?: number | undefined;
  /** Of all cores, by whomever. */
  readonly busyPercent?: number | undefined;
}

/** What one replica of the model takes from the machine. */
export interface Footprint {
  /** Intra-op threads. */
  readonly threads: number;
  /** Highest resident size that a replica of this model has had. */
  readonly peakRssBytes?: number | undefined;
  /** Resident size of its ready and starting replicas now; draining ones are not available again until they have ended. */
  readonly ownRssBytes?: number | undefined;
}

export interface Observation {
  /** Whole milliseconds, best of a monotonic clock. */
  readonly nowMs: number;
  readonly ready: number;
  /** Ordered and not ready, restarting ones included. Draining ones are in neither count. */
  readonly starting: number;
  /** Requests that one replica takes at once. */
  readonly slotsPerReplica: number;
  /** Requests that wait at this moment; undefined only where a trace does not say. */
  readonly queuedNow: number | undefined;
  /** Requests in flight and waiting at this moment. */
  readonly outstandingNow: number | undefined;
  readonly signals: Signals;
  readonly replicaCpu?: readonly ReplicaCpu[] | undefined;
  readonly traffic?: Traffic | undefined;
  readonly control: Control;
  readonly machine?: Machine | undefined;
  readonly footprint?: Footprint | undefined;
  /** Most replicas that this model may have beside the others; see share-capacity.ts. */
  readonly share?: number | undefined;
  /** Model version, device and threads in one word; when it changes, what was learnt about gain is forgotten. */
  readonly settingsKey: string;
}

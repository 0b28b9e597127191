/**
 * A cluster that exists on paper: replicas that take a while to start, and ideal work on them.
 *
 * Work is in erlangs, the mean number of requests being served: 7 requests per second of 350 ms each are 2.45. Work beyond
 * the slots waits and is not carried over, which is the ideal concurrency metric: what is outstanding is what is offered. Pure.
 */

/** When each replica is or was ready, oldest order first. */
export type SimulatedCluster = readonly number[];

export function startCluster(replicas: number): SimulatedCluster {
  return Array.from({ length: replicas }, () => Number.MIN_SAFE_INTEGER);
}

export function countsAt(cluster: SimulatedCluster, nowMs: number): { ready: number; starting: number } {
  const ready = cluster.filter((readyAtMs) => readyAtMs <= nowMs).length;
  return { ready, starting: cluster.length - ready };
}

/** Orders or ends replicas, those first that will be ready last: a starting one is never kept for a running one. */
export function scaleTo(
  cluster: SimulatedCluster,
  desired: number,
  nowMs: number,
  startupMs: number,
): SimulatedCluster {
  if (desired <= cluster.length) return cluster.toSorted((a, b) => a - b).slice(0, desired);
  return [...cluster, ...Array.from({ length: desired - cluster.length }, () => nowMs + startupMs)];
}

export interface Workload {
  /** Offered, erlangs. */
  readonly load: number;
  readonly ready: number;
  readonly slotsPerReplica: number;
  /** Of a request that runs alone. */
  readonly serviceMs: number;
  /** Replicas beyond which the machine does no more work, only slower; undefined for a machine without end. */
  readonly saturatesAt?: number | undefined;
}

export interface Work {
  /** Requests that nobody works on: no slot is free, or the machine gets no further. */
  readonly queued: number;
  /** Of each replica's slots in use. */
  readonly cpuPercent: number;
  readonly arrivalsPerSecond: number;
  readonly answersPerSecond: number;
  readonly serviceP95Ms: number;
  /** Of the machine; undefined without `saturatesAt`. */
  readonly busyPercent: number | undefined;
}

export function workOf({ load, ready, slotsPerReplica, serviceMs, saturatesAt }: Workload): Work {
  const slots = ready * slotsPerReplica;
  const busy = Math.min(load, slots);
  const most = saturatesAt === undefined ? Number.POSITIVE_INFINITY : saturatesAt * slotsPerReplica;
  const done = Math.min(busy, most);
  return {
    queued: load - done,
    cpuPercent: slots === 0 ? 0 : (100 * busy) / slots,
    arrivalsPerSecond: (load * 1000) / serviceMs,
    answersPerSecond: (done * 1000) / serviceMs,
    serviceP95Ms: serviceMs * Math.max(1, busy / most),
    busyPercent: saturatesAt === undefined ? undefined : Math.min(100, (100 * busy) / most),
  };
}

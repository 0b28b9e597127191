/** What `millrace status` shows: the host, its models, and each model's replicas. */
import { version } from '../version.ts';
import type { Catalog } from './catalog.ts';

export interface HostStatus {
  readonly version: string;
  readonly pid: number;
  readonly upSeconds: number;
  readonly rssBytes: number;
  readonly wardenPid: number | undefined;
  readonly models: readonly ModelStatus[];
}

export interface ModelStatus {
  readonly name: string;
  readonly version: string;
  readonly state: string;
  readonly reason: string;
  readonly description: string | undefined;
  readonly batching: string;
  readonly replicas: readonly ReplicaStatus[];
  readonly replicasDesired: number;
  readonly threads: number;
  readonly restarts: number;
  readonly queued: number;
  readonly answered: number;
  readonly failed: number;
  /** Only of a model that has been given up. */
  readonly lastStderr: readonly string[];
}

interface ReplicaStatus {
  readonly name: string;
  readonly pid: number;
  readonly state: string;
  /** `cpu`, `cuda:0`, … */
  readonly device: string;
  readonly inFlight: number;
  readonly answered: number;
  readonly rssBytes: number;
}

export function hostStatus(catalog: Catalog, startedMs: number, wardenPid: number | undefined): HostStatus {
  return {
    version,
    pid: process.pid,
    upSeconds: Math.round((performance.now() - startedMs) / 1000),
    rssBytes: process.memoryUsage.rss(),
    wardenPid,
    models: catalog.list().map((model) => {
      const reading = model.reading();
      return {
        name: model.name,
        version: model.version,
        state: model.state,
        reason: model.stateReason,
        description: model.description,
        batching: model.batching.reason,
        replicas: model.replicas.map(({ name, pid, state, device, inFlight, answered, rssBytes }) => ({
          name,
          pid,
          state,
          device,
          inFlight,
          answered,
          rssBytes,
        })),
        replicasDesired: model.desiredReplicas,
        threads: model.threads,
        restarts: reading.restarts,
        queued: reading.queued,
        answered: model.statistics.success.count,
        failed: model.statistics.fail.count,
        lastStderr: model.state === 'UNAVAILABLE' ? model.lastStderr : [],
      };
    }),
  };
}

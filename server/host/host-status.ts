/** What `millrace status` shows: the host, its models, and each model's replicas. */
import { version } from '../version.ts';
import type { CacheReading, CacheUsage, PredictionCache } from '../cache/prediction-cache.ts';
import type { Catalog } from './catalog.ts';

export interface HostStatus {
  readonly version: string;
  readonly pid: number;
  readonly upSeconds: number;
  readonly rssBytes: number;
  readonly wardenPid: number | undefined;
  /** Undefined where the settings switch the cache off. */
  readonly cache: CacheStatus | undefined;
  readonly models: readonly ModelStatus[];
}

export interface CacheStatus extends CacheReading {
  readonly kind: PredictionCache['kind'];
}

/** What the cache did for one model since the start. */
export interface ModelCacheStatus {
  /** Why it is off, in the words of the answers' header; undefined while it is on. */
  readonly whyOff: string | undefined;
  readonly hits: number;
  readonly misses: number;
  readonly savedSeconds: number;
  /** What is saved of it now; undefined where the store cannot say without counting. */
  readonly usage: CacheUsage | undefined;
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
  readonly cache: ModelCacheStatus;
  /** Only of a model that has been given up. */
  readonly lastStderr: readonly string[];
}

interface ReplicaStatus {
  readonly name: string;
  readonly pid: number;
  readonly state: string;
  readonly inFlight: number;
  readonly answered: number;
  readonly rssBytes: number;
}

export function hostStatus(
  catalog: Catalog,
  startedMs: number,
  wardenPid: number | undefined,
  answers: PredictionCache | undefined,
): HostStatus {
  return {
    version,
    pid: process.pid,
    upSeconds: Math.round((performance.now() - startedMs) / 1000),
    rssBytes: process.memoryUsage.rss(),
    wardenPid,
    cache: answers && { kind: answers.kind, ...answers.reading() },
    models: catalog.list().map((model) => {
      const reading = model.reading();
      return {
        name: model.name,
        version: model.version,
        state: model.state,
        reason: model.stateReason,
        description: model.description,
        batching: model.batching.reason,
        replicas: model.replicas.map(({ name, pid, state, inFlight, answered, rssBytes }) => ({
          name,
          pid,
          state,
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
        cache: {
          whyOff: model.cache.whyOff,
          hits: model.statistics.cacheHit.count,
          misses: model.statistics.cacheMiss.count,
          savedSeconds: model.statistics.savedMs / 1000,
          usage: answers?.usageOf(model.name),
        },
        lastStderr: model.state === 'UNAVAILABLE' ? model.lastStderr : [],
      };
    }),
  };
}

/** What is kept of each second for the charts, read off the host's view. Pure. */
import type { HostView, ModelView, TrafficView } from '../../server/protocol/admin/host-view.ts';

/** Columns of a series, in their order in the ring buffer. */
export const readingNames = [
  'seconds',
  'requestsPerSecond',
  'failuresPerSecond',
  'p50Ms',
  'p95Ms',
  'p99Ms',
  'queued',
  'inFlight',
  'copiesReady',
  'copiesWanted',
  'memoryBytes',
  'cpuPercent',
  'gpuPercent',
  'gpuMemoryBytes',
] as const;
export type ReadingName = (typeof readingNames)[number];

export interface CopyCounts {
  readonly ready: number;
  readonly wanted: number;
  readonly busy: number;
}

/** Copies of a model over all its versions. */
export function countCopies(model: ModelView): CopyCounts {
  let ready = 0;
  let wanted = 0;
  let busy = 0;
  for (const version of model.versions) {
    wanted += version.desiredReplicas;
    for (const { state, inFlight } of version.replicas) {
      if (state === 'ready') ready += 1;
      if (inFlight > 0) busy += 1;
    }
  }
  return { ready, wanted, busy };
}

export function countAllCopies(models: readonly ModelView[]): CopyCounts {
  const counts = models.map(countCopies);
  const sum = (pick: (count: CopyCounts) => number): number => counts.reduce((total, each) => total + pick(each), 0);
  return { ready: sum(({ ready }) => ready), wanted: sum(({ wanted }) => wanted), busy: sum(({ busy }) => busy) };
}

export function inFlightOf(model: ModelView): number {
  return model.versions.reduce(
    (total, { replicas }) => total + replicas.reduce((sum, { inFlight }) => sum + inFlight, 0),
    0,
  );
}

export function modelMemoryBytes(model: ModelView): number {
  return model.versions.reduce((total, { rssBytes }) => total + rssBytes, 0);
}

export function diskBytes(model: ModelView): number {
  return model.versions.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}

/** Resident memory of the host and of all its copies. */
export function totalMemoryBytes(host: HostView): number {
  return host.rssBytes + host.models.reduce((total, model) => total + modelMemoryBytes(model), 0);
}

export function readHost(host: HostView, seconds: number): number[] {
  const { models } = host;
  const copies = countAllCopies(models);
  return [
    seconds,
    ...readTraffic(host.traffic),
    models.reduce((total, { queued }) => total + queued, 0),
    models.reduce((total, model) => total + inFlightOf(model), 0),
    copies.ready,
    copies.wanted,
    totalMemoryBytes(host),
    host.machine.cpuPercent,
    host.machine.graphics?.percent ?? Number.NaN,
    host.machine.graphics?.memoryUsedBytes ?? Number.NaN,
  ];
}

export function readModel(model: ModelView, seconds: number): number[] {
  const copies = countCopies(model);
  return [
    seconds,
    ...readTraffic(model.traffic),
    model.queued,
    inFlightOf(model),
    copies.ready,
    copies.wanted,
    modelMemoryBytes(model),
    Number.NaN,
    Number.NaN,
    Number.NaN,
  ];
}

function readTraffic({ requestsPerSecond, failuresPerSecond, p50Ms, p95Ms, p99Ms }: TrafficView): number[] {
  return [requestsPerSecond, failuresPerSecond, p50Ms ?? Number.NaN, p95Ms ?? Number.NaN, p99Ms ?? Number.NaN];
}

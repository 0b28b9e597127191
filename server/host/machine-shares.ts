/** How several model versions divide what the machine can bear: the capacity of now, given to autoscaler/share-capacity.ts. Pure. */
import { memoryReserve } from '../autoscaler/ceilings.ts';
import type { CeilingSettings } from '../autoscaler/ceilings.ts';
import type { Machine } from '../autoscaler/observation.ts';
import { shareCapacity } from '../autoscaler/share-capacity.ts';
import type { Claim } from '../autoscaler/share-capacity.ts';

/** Replicas for each claim by name; none where nothing sets a limit. Memory that replicas have is memory to divide. */
export function sharesOf(
  { physicalCores, totalBytes = 0, availableBytes, replicasRssBytes = 0 }: Machine,
  claims: readonly Claim[],
  settings: CeilingSettings,
): ReadonlyMap<string, number> {
  const cores =
    physicalCores === undefined || !settings.cpu ? undefined : Math.max(0, physicalCores - settings.reservedCores);
  // A size that nobody knows yet must not look like room without end.
  const isMeasured = claims.every(({ bytes }) => bytes > 0);
  const bytes =
    availableBytes === undefined || !settings.memory || !isMeasured
      ? undefined
      : Math.max(0, availableBytes + replicasRssBytes - memoryReserve(totalBytes, settings));
  return cores === undefined && bytes === undefined ? new Map() : shareCapacity({ cores, bytes }, claims);
}

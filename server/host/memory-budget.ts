/** How much memory all replicas together may take where the settings do not say. */
import { totalmem } from 'node:os';

/** The rest is for the host, the apps, the system, and its file cache, which makes loading fast. */
const memoryShare = 0.6;

/** 60 % of the machine's memory, or of the container's limit where there is one. */
export function defaultMemoryBudgetBytes(): number {
  const limit = process.constrainedMemory();
  return Math.floor(memoryShare * (limit > 0 ? Math.min(totalmem(), limit) : totalmem()));
}

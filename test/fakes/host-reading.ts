/** A host of which nothing is known, for tests of the metrics page. */
import type { HostReading } from '../../server/metrics/inference-metrics.ts';

export const emptyHostReading: HostReading = {
  version: '0',
  rssBytes: 0,
  bufferedBytes: 0,
  connections: 0,
  upSeconds: 0,
  cpuSeconds: 0,
  replicaCpuSeconds: 0,
  machine: { physicalCores: 1, totalBytes: 0, availableBytes: 0, busyPercent: 0 },
  graphics: [],
  cache: undefined,
};

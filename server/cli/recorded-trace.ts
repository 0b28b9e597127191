/**
 * A trace for `millrace scale replay` from what a host measured. As `load`, which is for what-if: what was offered, in requests
 * per second times the time of one, so that simulated replicas answer to it. As `metrics`: what was measured, as it was. Pure.
 */
import type { ScalingSample, ScalingView } from '../protocol/admin/scaling-view.ts';

/** Several models share the machine of one trace. */
export function traceOf(
  views: readonly ScalingView[],
  samples: ReadonlyMap<string, readonly ScalingSample[]>,
  kind: 'load' | 'metrics',
): object {
  const startMs = Math.min(...[...samples.values()].flatMap((each) => each.slice(0, 1)).map(({ atMs }) => atMs));
  const models = [...samples]
    .filter(([, each]) => each.length > 0)
    .map(([name, each]) => {
      const view = views.findLast(({ model }) => model === name)!;
      return [name, modelOf(view, each, startMs, kind)] as const;
    });
  const { machine } = views[0]!;
  const lasts = [...samples.values()].flatMap((each) => each.slice(-1)).map(({ atMs }) => atMs - startMs);
  const rssBytes = views.reduce((sum, { peakRssBytes = 0, ready }) => sum + peakRssBytes * ready, 0);
  return {
    version: 1,
    // A tick more than the last sample, whatever the policy that it is replayed with.
    durationMs: Math.round(Math.max(0, ...lasts)) + 1000,
    machine: {
      ...(machine.physicalCores !== undefined && { physicalCores: machine.physicalCores }),
      ...(machine.totalBytes !== undefined && { totalBytes: machine.totalBytes }),
      // A trace says what is free while no copy runs.
      ...(machine.availableBytes !== undefined && { availableBytes: machine.availableBytes + rssBytes }),
    },
    ...(models.length === 1 ? { name: models[0]![0], ...models[0]![1] } : { models: Object.fromEntries(models) }),
  };
}

function modelOf(
  { threads, peakRssBytes }: ScalingView,
  samples: readonly ScalingSample[],
  startMs: number,
  kind: 'load' | 'metrics',
): object {
  const first = samples[0]!;
  const serviceMs = Math.max(1, Math.round(samples.findLast((sample) => sample.serviceMs > 0)?.serviceMs ?? 1));
  return {
    initialReplicas: first.ready + first.starting,
    // Load is in shares of one copy's time, so a copy does one unit of it at a time.
    slotsPerReplica: kind === 'load' ? 1 : Math.max(1, first.slotsPerReplica),
    serviceMs,
    replica: { threads, ...(peakRssBytes !== undefined && { peakRssBytes }) },
    samples: samples.map((sample) => ({
      t: Math.max(0, Math.round(sample.atMs - startMs)),
      ...(kind === 'load' ? { load: loadOf(sample) } : { metrics: sample.metrics }),
    })),
  };
}

/** Erlangs: 7 requests per second of 350 ms each are 2.45. */
function loadOf({ metrics, serviceMs }: ScalingSample): number {
  const rate = metrics['requestRate'];
  return typeof rate === 'number' ? Number(((rate * serviceMs) / 1000).toPrecision(4)) : 0;
}

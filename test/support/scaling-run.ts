/** A host with one model that keeps a core busy, scaled on this machine with short windows, and what its autoscaler did. */
import type { HostEvent } from '../../server/protocol/admin/host-event.ts';
import { HEAVY_WIDTH, heavyModel } from './models.ts';
import { TestHost } from './test-host.ts';

/** About 14 ms of one core per request; batches would change what a request costs, so there are none. */
export const heavyRequest = JSON.stringify({
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [1, HEAVY_WIDTH], data: Array.from({ length: HEAVY_WIDTH }, () => 0.5) },
  ],
});

export function startHeavyHost(scaling: Readonly<Record<string, unknown>>, rest = {}): Promise<TestHost> {
  return TestHost.start({
    models: [{ name: 'heavy', bytes: heavyModel(), manifest: { maxBatchSize: 0, scaling, ...rest } }],
  });
}

export const heavyUrl = (host: TestHost): string => `${host.url}/v2/models/heavy/infer`;

/** Changes of the number of copies, as the events tell them. */
export function changesOf(events: readonly HostEvent[]): { readonly from: number; readonly to: number }[] {
  return events
    .toReversed()
    .filter(({ kind }) => kind === 'scaling')
    .map(({ facts }) => facts as { from: number; to: number })
    .filter(({ from, to }) => from !== undefined && from !== to);
}

/** Changes in the other direction than the one before. */
export function reversalsIn(changes: readonly { readonly from: number; readonly to: number }[]): number {
  const directions = changes.map(({ from, to }) => Math.sign(to - from));
  return directions.filter((direction, index) => index > 0 && direction !== directions[index - 1]).length;
}

/** The autoscaler of this host, put together: loop, settings, orders, machine, and what the admin API may do with it. */
import { join } from 'node:path';
import type { ScalingControls } from '../admin/scaling-routes.ts';
import { memoryReserve } from '../autoscaler/ceilings.ts';
import type { Log } from '../base/log.ts';
import type { ScalingReading } from '../metrics/inference-metrics.ts';
import type { MachineMeter, MachineReading } from '../metrics/machine.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { Catalog } from './catalog.ts';
import type { Residency } from './residency.ts';
import { scaledVersion } from './scaled-version.ts';
import type { ScalingBook } from './scaling-book.ts';
import { scalingControls } from './scaling-controls.ts';
import { ScalingLoop } from './scaling-loop.ts';
import { ScalingOrders } from './scaling-orders.ts';
import { scalingReading } from './scaling-views.ts';

export interface ScalingParts {
  readonly catalog: Catalog;
  readonly residency: Residency;
  readonly book: ScalingBook;
  readonly machine: MachineMeter;
  readonly dataDirectory: string;
  readonly log: Log;
  onEvent(event: NewHostEvent): void;
}

export class Scaling {
  readonly controls: ScalingControls;
  readonly #loop: ScalingLoop;

  constructor({ catalog, residency, book, machine, dataDirectory, log, onEvent }: ScalingParts) {
    const orders = new ScalingOrders(join(dataDirectory, 'scaling-orders.json'), (message, error) =>
      log.warn({ error }, message),
    );
    const settingsOf = (name: string) => book.of(name, catalog.deployment(name).served.manifest);
    const { ceilings } = book.defaults.policy;
    this.#loop = new ScalingLoop({
      targets: () =>
        catalog
          .models()
          .flatMap((deployment) =>
            deployment.versions.map((version) => scaledVersion(version, () => deployment.isSwapping)),
          ),
      settingsOf,
      orderOf: (name) => orders.of(name),
      defaults: book.defaults,
      machine: (nowMs) => withinBudget(machine.read(nowMs), residency, ceilings),
      onEvent,
      nowMs: () => performance.now(),
    });
    this.controls = scalingControls({
      loop: this.#loop,
      orders,
      find: (name) => catalog.deployment(name),
      boundsOf: (name) => settingsOf(name).policy,
      onEvent,
    });
  }

  start(): void {
    this.#loop.start();
  }

  stop(): void {
    this.#loop.stop();
  }

  readings(): ScalingReading[] {
    return this.#loop.states().map(scalingReading);
  }

  /** CPU time of all replicas there have been, milliseconds. */
  get replicaCpuMs(): number {
    return this.#loop.replicaCpuMs;
  }
}

/** What models may take together is available, and no more; of the budget nothing has to be kept free. */
function withinBudget(
  reading: MachineReading,
  { budgetBytes, usedBytes }: Pick<Residency, 'budgetBytes' | 'usedBytes'>,
  ceilings: Parameters<typeof memoryReserve>[1],
): MachineReading {
  const ofBudget = Math.max(0, budgetBytes - usedBytes) + memoryReserve(reading.totalBytes, ceilings);
  return { ...reading, availableBytes: Math.min(reading.availableBytes, ofBudget) };
}

/**
 * The memory of graphics processors, as a budget that replicas take from before they start: a driver that runs out of memory fails
 * where it hurts most, in the middle of a run. Replicas are spread over the processors with the most room.
 */
import { deviceName } from '../protocol/device.ts';
import type { Device } from '../protocol/device.ts';

const mebibyte = 1024 * 1024;
/** Of a process on a graphics processor before it has a model: context, kernels, workspaces. */
const contextBytes = 300 * mebibyte;
/** Weights, and as much again for half of them: activations and the allocator's slack. */
const perWeightByte = 1.5;

export function neededBytes(weightBytes: number): number {
  return Math.ceil(contextBytes + weightBytes * perWeightByte);
}

interface Reservation {
  readonly device: string;
  readonly bytes: number;
}

export class GraphicsMemory {
  readonly #budgets: ReadonlyMap<number, number>;
  readonly #reservations = new Map<string, Reservation>();

  /** `budgets`: bytes that replicas may take by the number of the processor; one that is missing has no known limit. */
  constructor(budgets: ReadonlyMap<number, number>) {
    this.#budgets = budgets;
  }

  /** Takes room for a slot on the device with the most of it; undefined where none has enough. Taking again replaces. */
  reserve(slot: string, devices: readonly Device[], bytes: number): Device | undefined {
    this.#reservations.delete(slot);
    let best: { device: Device; free: number } | undefined;
    for (const device of devices) {
      const free = this.free(device);
      if (free < bytes) continue;
      // Where no limit is known the processor with the least on it is as good as any.
      const isBetter =
        best === undefined ||
        free > best.free ||
        (free === best.free && this.#taken(device) < this.#taken(best.device));
      if (isBetter) best = { device, free };
    }
    if (best === undefined) return undefined;
    this.#reservations.set(slot, { device: deviceName(best.device), bytes });
    return best.device;
  }

  release(slot: string): void {
    this.#reservations.delete(slot);
  }

  /** Infinity where nothing is known about the processor. */
  free(device: Device): number {
    const budget = this.#budgets.get(device.index);
    return budget === undefined ? Infinity : budget - this.#taken(device);
  }

  #taken(device: Device): number {
    const name = deviceName(device);
    let bytes = 0;
    for (const reservation of this.#reservations.values()) if (reservation.device === name) bytes += reservation.bytes;
    return bytes;
  }
}

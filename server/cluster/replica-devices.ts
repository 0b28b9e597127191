/**
 * The devices of one model version's replicas: decided before the first of them starts, given to each slot, and given up where a
 * replica does not start there. The CPU is always the last resort, so a model never fails for want of a graphics processor.
 */
import { cpuDevice, deviceName } from '../protocol/device.ts';
import type { Device, DeviceTrial, DeviceWish } from '../protocol/device.ts';
import { chooseDevice, siblingsOf } from './device-choice.ts';
import type { GraphicsMemory } from './graphics-memory.ts';
import { neededBytes } from './graphics-memory.ts';

/** What a replica set asks before and after it starts a process. */
export interface ReplicaDevices {
  /** Undefined where there is nothing to wait for. Never rejects. */
  prepare(): Promise<void> | undefined;
  /** The device of a slot, until `release`. */
  assign(slot: string): Device;
  release(slot: string): void;
  /** A replica ended without being told to. True where the next one starts on another device, so that trying again makes sense. */
  onDied(slot: string, death: ReplicaDeath): boolean;
  /** Ends what `prepare` has begun; resolves when its processes have gone. */
  stop(): Promise<void>;
}

export interface ReplicaDeath {
  /** Monotonic milliseconds. */
  readonly atMs: number;
  readonly wasReady: boolean;
  /** One sentence, or the end of one. */
  readonly reason: string;
}

/** Everything on the CPU: nothing to decide, nothing to wait for. */
export const cpuOnly: ReplicaDevices = {
  prepare: () => undefined,
  assign: () => cpuDevice,
  release: () => {},
  onDied: () => false,
  stop: async () => {},
};

export interface DeviceSource {
  wasProbed(): Promise<boolean>;
  proven(): Promise<Device[]>;
  trials(modelPath: string, wish: DeviceWish, signal: AbortSignal): Promise<readonly DeviceTrial[]>;
  readonly memory: GraphicsMemory;
}

export interface ModelDevicesOptions {
  /** For sentences. */
  readonly model: string;
  /** Undefined: the owner said nothing. Then it is `auto` on a machine whose devices have been probed, and the CPU elsewhere. */
  readonly wish: DeviceWish | undefined;
  readonly modelPath: string;
  readonly weightBytes: number;
  readonly source: DeviceSource;
  /** Told once per decision that a person may want to know about. */
  readonly tell: (severity: 'info' | 'attention', sentence: string, facts: Readonly<Record<string, unknown>>) => void;
}

/**
 * A device on which so many replicas died after they had been ready is given up for this model. Three: a request that kills its
 * replica kills two, wherever they run.
 */
const maxDeaths = 3;
const deathWindowMs = 600_000;

export class ModelDevices implements ReplicaDevices {
  readonly #options: ModelDevicesOptions;
  /** Where the next slot may go, best first; empty: the CPU. */
  #devices: readonly Device[] = [];
  #preparation: Promise<void> | undefined;
  #isDecided = false;
  #fullIsSaid = false;
  readonly #stop = new AbortController();
  readonly #assigned = new Map<string, Device>();
  /** Of replicas that had been ready, by device; at most `maxDeaths` each. */
  readonly #deathsMs = new Map<string, readonly number[]>();

  constructor(options: ModelDevicesOptions) {
    this.#options = options;
  }

  prepare(): Promise<void> | undefined {
    if (this.#isDecided) return undefined;
    this.#preparation ??= this.#decide();
    return this.#preparation;
  }

  assign(slot: string): Device {
    const { source, weightBytes } = this.#options;
    const device =
      this.#devices.length === 0 ? cpuDevice : this.#reserve(slot, source.memory, neededBytes(weightBytes));
    this.#assigned.set(slot, device);
    return device;
  }

  release(slot: string): void {
    this.#assigned.delete(slot);
    this.#options.source.memory.release(slot);
  }

  onDied(slot: string, { atMs, wasReady, reason }: ReplicaDeath): boolean {
    const device = this.#assigned.get(slot);
    if (device === undefined || device.provider === 'cpu') return false;
    if (wasReady && !this.#hasDiedOften(device, atMs)) return false;
    this.release(slot);
    const left = this.#devices.filter(({ provider, index }) => provider !== device.provider || index !== device.index);
    // Another slot may have found out the same before.
    if (left.length === this.#devices.length) return true;
    this.#devices = left;
    const next = left[0] ?? cpuDevice;
    this.#tell(
      'attention',
      `${this.#options.model} goes from ${deviceName(device)} to ${deviceName(next)}: ${reason}`,
      {
        device: deviceName(next),
        from: deviceName(device),
      },
    );
    return true;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#preparation;
  }

  #hasDiedOften(device: Device, atMs: number): boolean {
    const name = deviceName(device);
    const before = (this.#deathsMs.get(name) ?? []).filter((eachMs) => atMs - eachMs < deathWindowMs);
    const deathsMs = [...before, atMs].slice(-maxDeaths);
    this.#deathsMs.set(name, deathsMs);
    return deathsMs.length === maxDeaths;
  }

  #reserve(slot: string, memory: GraphicsMemory, bytes: number): Device {
    const device = memory.reserve(slot, this.#devices, bytes);
    if (device !== undefined) return device;
    if (!this.#fullIsSaid) {
      this.#fullIsSaid = true;
      const names = this.#devices.map((each) => deviceName(each)).join(', ');
      const needed = Math.round(bytes / 1e6);
      this.#tell(
        'attention',
        `A copy of ${this.#options.model} runs on the CPU: it needs about ${needed} MB of graphics memory, and ${names} has no such room left.`,
        {
          device: 'cpu',
          neededBytes: bytes,
        },
      );
    }
    return cpuDevice;
  }

  async #decide(): Promise<void> {
    const { wish, modelPath, model, source } = this.#options;
    try {
      if (wish === undefined && !(await source.wasProbed())) return;
      const asked = wish ?? ({ kind: 'auto' } as const);
      const trials = await source.trials(modelPath, asked, this.#stop.signal);
      const { device, reason, isFallback } = chooseDevice(asked, trials);
      this.#devices = device.provider === 'cpu' ? [] : siblingsOf(device, asked, await source.proven());
      const isWorthTelling = isFallback || device.provider !== 'cpu' || trials.length > 0;
      if (isWorthTelling) {
        const facts = { device: deviceName(device), trials };
        this.#tell(isFallback ? 'attention' : 'info', `${model} runs on ${deviceName(device)}. ${reason}`, facts);
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#tell(
        'attention',
        `${model} runs on the CPU: its devices could not be looked at: ${(error as Error).message}`,
        {},
      );
    } finally {
      this.#isDecided = true;
    }
  }

  #tell(severity: 'info' | 'attention', sentence: string, facts: Readonly<Record<string, unknown>>): void {
    this.#options.tell(severity, sentence, facts);
  }
}

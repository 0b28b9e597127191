/**
 * What a host knows about its devices, found out at most once and kept in the data directory; and the graphics memory that its
 * replicas share. Models ask it through replica-devices.ts.
 */
import { availableParallelism } from 'node:os';
import { cpuDevice } from '../protocol/device.ts';
import type { Device, DeviceTrial, DeviceWish } from '../protocol/device.ts';
import { tryInChild } from './device-child.ts';
import type { ChildLimits } from './device-child.ts';
import { candidatesOf } from './device-choice.ts';
import { DeviceFile, machineKey, modelKey } from './device-file.ts';
import type { Graphics, KnownDevices } from './device-file.ts';
import { probeDevices } from './device-probe.ts';
import { GraphicsMemory } from './graphics-memory.ts';

export interface DeviceBookOptions {
  readonly dataDirectory: string;
  /** Share of a graphics processor's memory that replicas may take, percent. */
  readonly graphicsMemoryPercent: number;
  /** Asked once, and only where a model may run elsewhere than on the CPU. */
  readonly askGraphics: () => Promise<readonly Graphics[]>;
  readonly limits?: ChildLimits;
}

export interface FoundDevices {
  readonly known: KnownDevices;
  readonly machine: string;
  /** False where it came from the file. */
  readonly isNew: boolean;
}

export class DeviceBook {
  readonly #options: DeviceBookOptions;
  readonly #file: DeviceFile;
  #found: Promise<FoundDevices> | undefined;
  #memory: GraphicsMemory | undefined;
  readonly #close = new AbortController();

  constructor(options: DeviceBookOptions) {
    this.#options = options;
    this.#file = new DeviceFile(options.dataDirectory);
  }

  /** Ends a probe that is under way; resolves when its processes have gone. */
  async close(): Promise<void> {
    this.#close.abort();
    await this.#found?.catch(() => {});
  }

  /** True where somebody has had the devices of this machine probed. */
  async wasProbed(): Promise<boolean> {
    return this.#found !== undefined || this.#file.exists();
  }

  /** Probes where nothing that still holds is known. `fresh` probes in any case. */
  find(
    fresh = false,
    onDevice?: (name: string, done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<FoundDevices> {
    const either = signal === undefined ? this.#close.signal : AbortSignal.any([signal, this.#close.signal]);
    if (fresh) this.#found = undefined;
    this.#found ??= this.#find(fresh, onDevice, either).catch((error: unknown) => {
      this.#found = undefined;
      throw error;
    });
    return this.#found;
  }

  async proven(): Promise<Device[]> {
    const { known } = await this.find();
    return known.probe.trials.filter(({ isRight }) => isRight).map(({ device }) => device);
  }

  /** The memory that replicas take from; without limits until devices were looked at. */
  get memory(): GraphicsMemory {
    return (this.#memory ??= new GraphicsMemory(new Map()));
  }

  /** How the model does on the CPU and on each device that the wish allows; remembered. */
  async trials(modelPath: string, wish: DeviceWish, signal?: AbortSignal): Promise<readonly DeviceTrial[]> {
    const { machine } = await this.find();
    const candidates = candidatesOf(wish, await this.proven());
    if (candidates.length === 0) return [];
    const wanted = wish.kind === 'auto' ? [cpuDevice, ...candidates] : candidates;
    const model = await modelKey(modelPath);
    const before = (await this.#file.trials(machine, model)) ?? [];
    const trials = [...before];
    for (const device of wanted) {
      if (before.some((trial) => trial.device.provider === device.provider && trial.device.index === device.index))
        continue;
      const command = { task: 'try', device, modelPath, threads: availableParallelism(), cases: undefined } as const;
      trials.push(await tryInChild(command, { ...this.#options.limits, signal }));
    }
    if (trials.length > before.length) await this.#file.rememberTrials(machine, model, trials);
    return trials.filter(({ device }) =>
      wanted.some(({ provider, index }) => provider === device.provider && index === device.index),
    );
  }

  async #find(
    fresh: boolean,
    onDevice: ((name: string, done: number, total: number) => void) | undefined,
    signal: AbortSignal,
  ): Promise<FoundDevices> {
    const graphics = await this.#options.askGraphics();
    const machine = machineKey(graphics);
    const before = fresh ? undefined : await this.#file.known(machine);
    const known = before ?? {
      probedAt: new Date().toISOString(),
      graphics,
      probe: await probeDevices(graphics.length, onDevice, { ...this.#options.limits, signal }),
    };
    if (before === undefined) await this.#file.remember(machine, known);
    const share = this.#options.graphicsMemoryPercent / 100;
    this.#memory ??= new GraphicsMemory(
      new Map(
        known.graphics.flatMap(({ memoryTotalBytes }, index) =>
          memoryTotalBytes === undefined ? [] : [[index, memoryTotalBytes * share] as const],
        ),
      ),
    );
    return { known, machine, isNew: before === undefined };
  }
}

/**
 * What was found out about devices, kept in the data directory until a driver, the runtime or Node changes: probing takes seconds,
 * and a model's trial as long as it loads. A cache: a file that is missing, damaged or of another machine is as good as none.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { DeviceTrial } from '../protocol/device.ts';
import type { ProbeReport } from './device-probe.ts';

/** A graphics processor as far as the choice of devices needs it. */
export interface Graphics {
  readonly name: string;
  readonly driverVersion?: string | undefined;
  readonly memoryTotalBytes: number | undefined;
}

export interface KnownDevices {
  readonly probedAt: string;
  readonly graphics: readonly Graphics[];
  readonly probe: ProbeReport;
}

interface FileContent {
  readonly version: 1;
  readonly machine: string;
  readonly known: KnownDevices;
  /** By model, the last used last. */
  readonly models: Readonly<Record<string, readonly DeviceTrial[]>>;
}

const maxModels = 200;
/** Variables by which drivers are found. */
const driverVariables = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'LD_LIBRARY_PATH', 'CUDA_VISIBLE_DEVICES'];

/** Changes when what was found out may no longer hold. */
export function machineKey(
  graphics: readonly Graphics[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  const parts = [
    version,
    process.version,
    process.platform,
    process.arch,
    ...graphics.map(({ name, driverVersion }) => `${name} ${driverVersion ?? ''}`),
    ...driverVariables.map((name) => environment[name] ?? ''),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** Changes when the file of the model does. */
export async function modelKey(modelPath: string): Promise<string> {
  const { size, mtimeMs } = await stat(modelPath);
  return createHash('sha256')
    .update(JSON.stringify([modelPath, size, mtimeMs]))
    .digest('hex')
    .slice(0, 32);
}

export class DeviceFile {
  readonly #path: string;

  constructor(dataDirectory: string) {
    this.#path = join(dataDirectory, 'devices.json');
  }

  async known(machine: string): Promise<KnownDevices | undefined> {
    return (await this.#read(machine))?.known;
  }

  /** Whether anything was ever found out on this machine, current or not: who never asked for devices pays nothing for them. */
  async exists(): Promise<boolean> {
    return stat(this.#path).then(
      () => true,
      () => false,
    );
  }

  /** Also forgets the trials of models: they were made on what has changed. */
  async remember(machine: string, known: KnownDevices): Promise<void> {
    await this.#write({ version: 1, machine, known, models: {} });
  }

  async trials(machine: string, model: string): Promise<readonly DeviceTrial[] | undefined> {
    const trials = (await this.#read(machine))?.models[model];
    return Array.isArray(trials) ? trials : undefined;
  }

  async rememberTrials(machine: string, model: string, trials: readonly DeviceTrial[]): Promise<void> {
    const content = await this.#read(machine);
    if (content === undefined) return;
    const others = Object.entries(content.models).filter(([name]) => name !== model);
    const models = Object.fromEntries([...others.slice(-(maxModels - 1)), [model, trials]]);
    await this.#write({ ...content, models });
  }

  async #read(machine: string): Promise<FileContent | undefined> {
    try {
      const content = JSON.parse(await readFile(this.#path, 'utf8')) as FileContent;
      const isOurs = content.version === 1 && content.machine === machine;
      return isOurs && Array.isArray(content.known.probe.trials) && typeof content.models === 'object'
        ? content
        : undefined;
    } catch {
      return undefined;
    }
  }

  async #write(content: FileContent): Promise<void> {
    await mkdir(join(this.#path, '..'), { recursive: true, mode: 0o700 });
    const beside = `${this.#path}.${process.pid}`;
    await writeFile(beside, JSON.stringify(content), { mode: 0o600 });
    await rename(beside, this.#path);
  }
}

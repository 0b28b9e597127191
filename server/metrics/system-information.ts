/**
 * What only systeminformation knows, on the systems where it is asked: the one file that loads it, and only when it is needed,
 * because it asks other programs (PowerShell, system_profiler, nvidia-smi), which takes up to a second of theirs.
 */

export interface GraphicsReading {
  readonly name: string;
  readonly driverVersion?: string | undefined;
  /** 0 to 100; undefined where the driver does not say. */
  readonly utilizationPercent: number | undefined;
  readonly memoryUsedBytes: number | undefined;
  readonly memoryTotalBytes: number | undefined;
}

const mebibyte = 1024 * 1024;

/** Cores that are not another thread of one; undefined where the system does not say. */
export async function askPhysicalCores(): Promise<number | undefined> {
  const { physicalCores } = await (await load()).cpu();
  return physicalCores > 0 ? physicalCores : undefined;
}

/** Memory that new processes could have, on systems whose free memory leaves out what is kept only for speed. */
export async function askAvailableBytes(): Promise<number> {
  return (await (await load()).mem()).available;
}

/** The program that listens on a port, as `node (process 123)`; undefined where nobody does or the system does not say. */
export async function askPortHolder(port: number): Promise<string | undefined> {
  const connections = await (await load()).networkConnections();
  const found = connections.find(({ localPort, state }) => Number(localPort) === port && /listen/i.test(String(state)));
  if (found === undefined || (found.pid ?? 0) === 0) return undefined;
  return found.process === '' ? `process ${found.pid}` : `${found.process} (process ${found.pid})`;
}

/** Undefined where the system does not say, or the processor is none that could have it. */
export async function askAvx2(): Promise<boolean | undefined> {
  if (process.arch !== 'x64') return undefined;
  const flags = await (await load()).cpuFlags();
  return flags === '' ? undefined : / avx2\b/i.test(` ${flags}`);
}

/** Graphics processors in the driver's order. */
export async function askGraphics(): Promise<GraphicsReading[]> {
  const { controllers } = await (await load()).graphics();
  return controllers.map(({ model, name, driverVersion, utilizationGpu, memoryUsed, memoryTotal }) => ({
    name: name ?? model,
    driverVersion,
    utilizationPercent: utilizationGpu,
    memoryUsedBytes: memoryUsed === undefined ? undefined : memoryUsed * mebibyte,
    memoryTotalBytes: memoryTotal === undefined ? undefined : memoryTotal * mebibyte,
  }));
}

async function load() {
  return (await import('systeminformation')).default;
}

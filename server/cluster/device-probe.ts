/**
 * What this machine's devices are really good for: every provider that the runtime has is tried with a small model whose answers are
 * known (resources/probe), each in a child of its own.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { deviceName, providers, takesIndex } from '../protocol/device.ts';
import type { Device, DeviceCases, DeviceTrial, Provider, RuntimeFacts } from '../protocol/device.ts';
import { listRuntime, tryInChild } from './device-child.ts';
import type { ChildLimits } from './device-child.ts';

export interface ProbeReport {
  readonly runtime: RuntimeFacts;
  /** In the order of `providers`; each numbered provider once per graphics processor. */
  readonly trials: readonly DeviceTrial[];
}

const folder = new URL('../../resources/probe/', import.meta.url);
const maxGraphics = 16;

/** Devices worth a trial: of the providers that the runtime names, one per graphics processor where they are numbered. Pure. */
export function devicesToProbe(runtime: RuntimeFacts, graphicsCount: number): Device[] {
  const has = new Set(runtime.backends.map(({ name }) => name));
  const count = Math.min(maxGraphics, Math.max(1, graphicsCount));
  return providers
    .filter((provider) => has.has(provider))
    .flatMap((provider) =>
      Array.from({ length: takesIndex(provider) ? count : 1 }, (_, index) => ({
        provider: provider as Provider,
        index,
      })),
    );
}

export async function probeDevices(
  graphicsCount: number,
  onDevice: (name: string, done: number, total: number) => void = () => {},
  limits: ChildLimits = {},
): Promise<ProbeReport> {
  const runtime = await listRuntime(limits);
  const devices = devicesToProbe(runtime, graphicsCount);
  const cases = JSON.parse(await readFile(new URL('probe.json', folder), 'utf8')) as DeviceCases;
  const modelPath = fileURLToPath(new URL('probe.onnx', folder));
  const trials: DeviceTrial[] = [];
  for (const device of devices) {
    onDevice(deviceName(device), trials.length, devices.length);
    trials.push(await tryInChild({ task: 'try', device, modelPath, threads: availableParallelism(), cases }, limits));
  }
  return { runtime, trials };
}

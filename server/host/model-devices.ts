/** The devices of one model version: what its owner wishes, looked up in what the host knows of its devices. */
import type { DeviceBook } from '../cluster/device-book.ts';
import { cpuOnly, ModelDevices } from '../cluster/replica-devices.ts';
import type { ReplicaDevices } from '../cluster/replica-devices.ts';
import type { Config } from '../config.ts';
import type { ModelEntry } from '../models/repository.ts';
import { parseDeviceWish } from '../protocol/device.ts';

/** Tells the log, and people who look at events, where a model runs and why. */
export type TellDevice = (level: 'info' | 'warn', sentence: string, facts: Readonly<Record<string, unknown>>) => void;

export function devicesOf(
  entry: ModelEntry,
  config: Config,
  book: DeviceBook,
  tell: TellDevice,
  version = entry.versions.at(-1),
): ReplicaDevices {
  const text = entry.manifest.device ?? config.devices.device;
  const wish = text === undefined ? undefined : parseDeviceWish(text);
  if (version === undefined || (wish?.kind === 'provider' && wish.provider === 'cpu')) return cpuOnly;
  return new ModelDevices({
    model: entry.name,
    wish,
    modelPath: version.modelPath,
    weightBytes: version.sizeBytes,
    source: book,
    tell: (severity, sentence, facts) => tell(severity === 'info' ? 'info' : 'warn', sentence, facts),
  });
}

/** The devices of one model version: what its owner wishes, looked up in what the host knows of its devices, and told as events. */
import { cpuOnly, ModelDevices } from '../cluster/replica-devices.ts';
import type { DeviceSource, ReplicaDevices } from '../cluster/replica-devices.ts';
import type { Config } from '../config.ts';
import type { ModelManifest } from '../models/manifest.ts';
import type { ModelVersion } from '../models/repository.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import { parseDeviceWish } from '../protocol/device.ts';

export interface WishedDevices {
  readonly model: string;
  readonly version: ModelVersion;
  readonly manifest: Pick<ModelManifest, 'device'>;
  readonly config: Pick<Config, 'devices'>;
  readonly book: DeviceSource;
  onEvent(event: NewHostEvent): void;
}

export function devicesOf({ model, version, manifest, config, book, onEvent }: WishedDevices): ReplicaDevices {
  const text = manifest.device ?? config.devices.device;
  const wish = text === undefined ? undefined : parseDeviceWish(text);
  if (wish?.kind === 'provider' && wish.provider === 'cpu') return cpuOnly;
  return new ModelDevices({
    model: `${model}/${version.version}`,
    wish,
    modelPath: version.modelPath,
    weightBytes: version.sizeBytes,
    source: book,
    tell: (severity, sentence, facts) => onEvent({ kind: 'replica', severity, model, sentence, facts: { ...facts } }),
  });
}

/**
 * Devices that a model can run on, as plain data shared by host and replica: their names, what an owner may ask for, and what a
 * child that tries one is told and tells.
 */

/** ONNX Runtime's execution providers that Millrace knows how to use. */
export const providers = ['cpu', 'cuda', 'tensorrt', 'dml', 'coreml', 'webgpu'] as const;
export type Provider = (typeof providers)[number];

export interface Device {
  readonly provider: Provider;
  /** Which of several graphics processors, from 0; 0 where there is no choice. */
  readonly index: number;
}

export const cpuDevice: Device = { provider: 'cpu', index: 0 };

/** Providers that take the number of a graphics processor. */
const numbered: ReadonlySet<Provider> = new Set(['cuda', 'tensorrt', 'dml']);

export function takesIndex(provider: Provider): boolean {
  return numbered.has(provider);
}

/** `cpu`, `webgpu`, `cuda:0`: as shown to people. */
export function deviceName({ provider, index }: Device): string {
  return takesIndex(provider) ? `${provider}:${index}` : provider;
}

/** What an owner asks for. `auto`: the fastest that is right; `gpu`: the same without the CPU, which stays the last resort. */
export type DeviceWish =
  | { readonly kind: 'auto' }
  | { readonly kind: 'gpu'; readonly index: number | undefined }
  | { readonly kind: 'provider'; readonly provider: Provider; readonly index: number | undefined };

export const deviceWishPattern = /^(?:auto|cpu|webgpu|coreml|(?:gpu|cuda|tensorrt|dml)(?::(?:[0-9]|1[0-5]))?)$/;

/** Undefined where it is none; the forms are those of `deviceWishPattern`. */
export function parseDeviceWish(text: string): DeviceWish | undefined {
  if (!deviceWishPattern.test(text)) return undefined;
  const [name, number] = text.split(':') as [string, string | undefined];
  const index = number === undefined ? undefined : Number(number);
  if (name === 'auto') return { kind: 'auto' };
  return name === 'gpu' ? { kind: 'gpu', index } : { kind: 'provider', provider: name as Provider, index };
}

/** Body of the `load` frame of a child that tries devices (replica/device-main.ts). */
export type DeviceCommand =
  | { readonly task: 'list' }
  | {
      readonly task: 'try';
      readonly device: Device;
      /** Absolute. */
      readonly modelPath: string;
      readonly threads: number;
      /** What must come out, from elsewhere; without it the CPU of the same child says what is right. */
      readonly cases: DeviceCases | undefined;
    };

export interface DeviceCases {
  /** Rows of the only input. */
  readonly input: readonly (readonly number[])[];
  /** Rows of the only output. */
  readonly expected: readonly (readonly number[])[];
}

export interface RuntimeFacts {
  readonly runtimeVersion: string;
  /** Providers that this build of the runtime has, by the runtime's own account. */
  readonly backends: readonly { readonly name: string; readonly bundled: boolean }[];
}

/** What a device did with a model. */
export interface DeviceTrial {
  readonly device: Device;
  /** False: it must not be used for this model. */
  readonly isRight: boolean;
  /** Why not, one sentence; empty where it is right. */
  readonly reason: string;
  /** Undefined where it did not come so far. */
  readonly loadMs?: number | undefined;
  readonly firstRunMs?: number | undefined;
  /** Rows per second alone and `batchRows` together; medians. */
  readonly rowsPerSecond?: number | undefined;
  readonly batchRows?: number | undefined;
  readonly batchRowsPerSecond?: number | undefined;
  /** Largest difference from what is right, relative to 1 + its size. */
  readonly worstError?: number | undefined;
}

/** Body of the `loaded` frame. */
export type DeviceAnswer = { readonly facts: RuntimeFacts } | { readonly trial: DeviceTrial };

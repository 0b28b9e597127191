/** Which devices a model is tried on, and which of them it gets. Pure. */
import { cpuDevice, deviceName, takesIndex } from '../protocol/device.ts';
import type { Device, DeviceTrial, DeviceWish, Provider } from '../protocol/device.ts';

/** What another device must bring before `auto` leaves the CPU for it: a tenth, as for one more copy. */
export const minGain = 1.1;

/** TensorRT builds an engine for minutes at each start: only where it is asked for. */
const notByItself: ReadonlySet<Provider> = new Set(['tensorrt']);

/**
 * One device per provider that is worth a trial with a model, without the CPU. `proven` are those that answered the probe rightly;
 * a provider that was asked for by name is tried even where it is not among them.
 */
export function candidatesOf(wish: DeviceWish, proven: readonly Device[]): Device[] {
  if (wish.kind === 'provider') {
    if (wish.provider === 'cpu') return [];
    const known = proven.find(({ provider, index }) => provider === wish.provider && index === (wish.index ?? index));
    return [known ?? { provider: wish.provider, index: wish.index ?? 0 }];
  }
  const wanted = wish.kind === 'gpu' ? wish.index : undefined;
  const fits = ({ provider, index }: Device): boolean =>
    provider !== 'cpu' &&
    !notByItself.has(provider) &&
    (wanted === undefined || (takesIndex(provider) ? index === wanted : wanted === 0));
  const byProvider = new Map<Provider, Device>();
  for (const device of proven.filter(fits))
    if (!byProvider.has(device.provider)) byProvider.set(device.provider, device);
  return [...byProvider.values()];
}

/** Devices of the chosen one's kind that its replicas may be spread over, the chosen one first. */
export function siblingsOf(chosen: Device, wish: DeviceWish, proven: readonly Device[]): Device[] {
  const isFixed = wish.kind !== 'auto' && wish.index !== undefined;
  if (!takesIndex(chosen.provider) || isFixed) return [chosen];
  return [chosen, ...proven.filter(({ provider, index }) => provider === chosen.provider && index !== chosen.index)];
}

export interface DeviceDecision {
  readonly device: Device;
  /** One sentence: why this one. */
  readonly reason: string;
  /** True where something else was asked for and did not do. */
  readonly isFallback: boolean;
}

/** `trials` are those of the candidates, and of the CPU where it was measured. The CPU is always there. */
export function chooseDevice(wish: DeviceWish, trials: readonly DeviceTrial[]): DeviceDecision {
  const others = trials.filter(({ device }) => device.provider !== 'cpu');
  const right = others.filter(({ isRight }) => isRight).toSorted((a, b) => speedOf(b) - speedOf(a));
  const failures = others
    .filter(({ isRight }) => !isRight)
    .map(({ device, reason }) => `${deviceName(device)}: ${reason}`)
    .join(' ');
  const best = right[0];
  if (wish.kind !== 'auto') {
    if (wish.kind === 'provider' && wish.provider === 'cpu') {
      return { device: cpuDevice, reason: 'The CPU was asked for.', isFallback: false };
    }
    if (best !== undefined) {
      return {
        device: best.device,
        reason: `${deviceName(best.device)} was asked for and answers rightly.`,
        isFallback: false,
      };
    }
    const why = failures === '' ? 'No graphics processor answered the probe rightly.' : failures;
    return { device: cpuDevice, reason: `On the CPU instead. ${why}`, isFallback: true };
  }
  const cpu = trials.find(({ device }) => device.provider === 'cpu');
  if (best === undefined) {
    return { device: cpuDevice, reason: failures === '' ? 'There is no other device.' : failures, isFallback: false };
  }
  if (cpu === undefined || !cpu.isRight) {
    return {
      device: cpuDevice,
      reason: 'The CPU could not be measured, so nothing can be said to be faster.',
      isFallback: false,
    };
  }
  const gain = speedOf(best) / speedOf(cpu);
  const shown = `${deviceName(best.device)} is ${gain.toFixed(gain < 10 ? 2 : 0)} times as fast as the CPU.`;
  return gain >= minGain
    ? { device: best.device, reason: shown, isFallback: false }
    : { device: cpuDevice, reason: shown, isFallback: false };
}

/** Rows per second alone and together count the same: their geometric mean. */
export function speedOf({ rowsPerSecond = 0, batchRowsPerSecond = rowsPerSecond }: DeviceTrial): number {
  return Math.sqrt(rowsPerSecond * batchRowsPerSecond);
}

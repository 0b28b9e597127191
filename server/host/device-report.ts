/** What `millrace devices` and the admin API say of this machine: cores, memory, graphics processors, and what each is good for. */
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import type { DeviceBook } from '../cluster/device-book.ts';
import { askAvailableBytes, askPhysicalCores } from '../metrics/system-information.ts';
import { deviceName } from '../protocol/device.ts';
import type { DevicesView } from '../protocol/admin/devices-view.ts';

export interface ReportOptions {
  /** Probes again although what is known still holds. */
  readonly fresh?: boolean;
  readonly onDevice?: (name: string, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export async function deviceReport(book: DeviceBook, options: ReportOptions = {}): Promise<DevicesView> {
  const { fresh = false, onDevice, signal } = options;
  const { known, isNew } = await book.find(fresh, onDevice, signal);
  const [physicalCores, availableBytes] = await Promise.all([
    askPhysicalCores().catch(() => undefined),
    askAvailableBytes().catch(() => freemem()),
  ]);
  return {
    machine: {
      processor: cpus()[0]?.model.trim() ?? '',
      logicalCores: availableParallelism(),
      ...(physicalCores !== undefined && { physicalCores }),
      totalBytes: totalmem(),
      availableBytes,
    },
    graphics: known.graphics.map(({ name, driverVersion, memoryTotalBytes }, index) => ({
      index,
      name,
      ...(driverVersion !== undefined && { driverVersion }),
      ...(memoryTotalBytes !== undefined && { memoryTotalBytes }),
    })),
    runtimeVersion: known.probe.runtime.runtimeVersion,
    probedAt: known.probedAt,
    isNew,
    devices: known.probe.trials.map(({ device, isRight, reason, ...measured }) => ({
      name: deviceName(device),
      isUsable: isRight,
      reason,
      isBundled: known.probe.runtime.backends.find(({ name }) => name === device.provider)?.bundled ?? false,
      ...(measured.loadMs !== undefined && { loadMs: measured.loadMs }),
      ...(measured.firstRunMs !== undefined && { firstRunMs: measured.firstRunMs }),
      ...(measured.rowsPerSecond !== undefined && { rowsPerSecond: measured.rowsPerSecond }),
      ...(measured.batchRowsPerSecond !== undefined && { batchRowsPerSecond: measured.batchRowsPerSecond }),
      ...(measured.worstError !== undefined && { worstError: measured.worstError }),
    })),
  };
}

/** All graphics processors of the machine as two numbers: mean use and memory in use. */
import type { GraphicsReading } from '../metrics/system-information.ts';

export interface GraphicsLevels {
  readonly gpuPercent?: number;
  readonly gpuMemoryBytes?: number;
}

/** Empty where none of them says anything. */
export function graphicsLevels(graphics: readonly GraphicsReading[]): GraphicsLevels {
  const percents = graphics.flatMap(({ utilizationPercent }) => utilizationPercent ?? []);
  const bytes = graphics.flatMap(({ memoryUsedBytes }) => memoryUsedBytes ?? []);
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  return {
    ...(percents.length > 0 && { gpuPercent: total(percents) / percents.length }),
    ...(bytes.length > 0 && { gpuMemoryBytes: total(bytes) }),
  };
}

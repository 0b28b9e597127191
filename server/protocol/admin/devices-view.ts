/** This machine's devices as the admin API and `millrace devices --json` say them. */
import { z } from 'zod';

export const devicesViewSchema = z.object({
  machine: z.object({
    processor: z.string(),
    logicalCores: z.int(),
    /** Undefined where the system does not say. */
    physicalCores: z.int().optional(),
    totalBytes: z.int(),
    availableBytes: z.int(),
  }),
  /** In the driver's order; `index` is the number in `gpu:1`. */
  graphics: z.array(
    z.object({
      index: z.int(),
      name: z.string(),
      driverVersion: z.string().optional(),
      memoryTotalBytes: z.int().optional(),
    }),
  ),
  runtimeVersion: z.string(),
  /** ISO 8601. */
  probedAt: z.string(),
  /** False where it was known from before and still holds. */
  isNew: z.boolean(),
  devices: z.array(
    z.object({
      /** `cpu`, `cuda:0`, `webgpu`, … */
      name: z.string(),
      /** It loaded the probe and answered it rightly. */
      isUsable: z.boolean(),
      /** Why not, one sentence; empty where it is. */
      reason: z.string(),
      /** Part of this installation; others need files of their own. */
      isBundled: z.boolean(),
      loadMs: z.number().optional(),
      firstRunMs: z.number().optional(),
      /** Of the probe, a net of 27,000 weights. */
      rowsPerSecond: z.number().optional(),
      batchRowsPerSecond: z.number().optional(),
      worstError: z.number().optional(),
    }),
  ),
});
export type DevicesView = z.infer<typeof devicesViewSchema>;

/** What the doctor found on this machine, and the bundle of files that a person may send to somebody who helps. */
import { z } from 'zod';

export const findingSchema = z.object({
  /** Stable name of the check: `disk-space`. */
  check: z.string(),
  /** `unknown`: this system does not say. */
  state: z.enum(['good', 'attention', 'failed', 'unknown']),
  /** One sentence with the actual values. */
  sentence: z.string(),
  /** What a person can do, one or two sentences; there wherever something is not good. */
  fix: z.string().optional(),
  /** A command line that helps. */
  command: z.string().optional(),
});
export type Finding = z.infer<typeof findingSchema>;

export const doctorViewSchema = z.object({
  /** ISO 8601. */
  checkedAt: z.string(),
  isHostRunning: z.boolean(),
  /** What needs a person first. */
  findings: z.array(findingSchema),
});
export type DoctorView = z.infer<typeof doctorViewSchema>;

export const newDoctorSchema = z.strictObject({
  /** Every byte of every model, however long that takes. Default: the first 2 GB. */
  isDeep: z.boolean().default(false),
});

export const bundleFileSchema = z.object({
  name: z.string(),
  /** What is in it, one sentence. */
  about: z.string(),
  sizeBytes: z.int(),
});
export type BundleFile = z.infer<typeof bundleFileSchema>;

export const bundleViewSchema = z.object({
  id: z.string(),
  /** ISO 8601. */
  createdAt: z.string(),
  /** Secrets that were found and removed. */
  removedSecrets: z.int(),
  files: z.array(bundleFileSchema),
});
export type BundleView = z.infer<typeof bundleViewSchema>;

/** A file that a client sends in pieces before it is imported. */
import { z } from 'zod';

export const uploadViewSchema = z.object({
  id: z.string(),
  /** As the client calls it; on disk it has a name of ours. */
  fileName: z.string(),
  sizeBytes: z.int(),
  /** Bytes that have arrived; the next piece begins here. Also in the header `Upload-Offset`. */
  offsetBytes: z.int(),
  /** ISO 8601: when it is thrown away unless something of it arrives before. */
  expiresAt: z.string(),
});
export type UploadView = z.infer<typeof uploadViewSchema>;

/** Shown to people and the source of a model's name, so it may not pretend to be a path or hide what it is. */
const fileName = z
  .string()
  .min(1)
  .max(255)
  // Separators, control characters, and those that turn the reading direction.
  .regex(/^[^/\\\p{Cc}\p{Cf}]+$/u, 'must be a plain file name');

export const newUploadSchema = z.strictObject({
  fileName,
  /** Known before the first byte: it is compared with the free disk. */
  sizeBytes: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
});
export type NewUpload = z.infer<typeof newUploadSchema>;

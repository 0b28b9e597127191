/** Removed models and versions that can still be restored, and the bodies of the routes that do so. */
import { z } from 'zod';

export const trashViewSchema = z.object({
  name: z.string(),
  /** Ascending; several where a whole model was removed. */
  versions: z.array(z.string()),
  /** The model was removed as a whole; what its owner wrote comes back with it. */
  isWhole: z.boolean(),
  sizeBytes: z.number(),
  /** ISO 8601. */
  removedAt: z.string(),
  /** ISO 8601; from then on it is deleted. */
  deletedAt: z.string(),
});
export type TrashView = z.infer<typeof trashViewSchema>;

export const newRestorationSchema = z.strictObject({
  name: z.string().min(1).max(64),
  /** Undefined: all that was removed last of the model. */
  version: z
    .string()
    .regex(/^[1-9][0-9]{0,17}$/, 'must be a version number')
    .optional(),
});
export type NewRestoration = z.infer<typeof newRestorationSchema>;

/** The result of a restoration. */
export const restorationSchema = z.object({ name: z.string(), versions: z.array(z.string()) });
export type Restoration = z.infer<typeof restorationSchema>;

export const emptiedTrashSchema = z.object({
  /** Entries that were deleted for good. */
  deleted: z.int(),
});
export type EmptiedTrash = z.infer<typeof emptiedTrashSchema>;

/** One copy of a model, a replica, with what it is a copy of: the list of copies, and orders to one of them. */
import { z } from 'zod';
import { replicaViewSchema } from './host-view.ts';

export const copyViewSchema = replicaViewSchema.extend({ model: z.string(), version: z.string() });
export type CopyView = z.infer<typeof copyViewSchema>;

export const copyListSchema = z.array(copyViewSchema);

/** Which copy: its name, `<model>/<version>#<number>`. A body and no path, because the name has a slash. */
export const copyOrderSchema = z.strictObject({ name: z.string().min(1).max(200) });

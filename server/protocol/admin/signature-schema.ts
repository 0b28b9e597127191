/** A model's signature as the admin API writes it; the same shape as `Signature` in tensors.ts. */
import { z } from 'zod';
import { datatypes } from '../tensors.ts';

const tensorSpecSchema = z.object({
  name: z.string(),
  datatype: z.enum(datatypes),
  /** -1 stands for a free dimension; where batching is on the first one is the batch. */
  shape: z.array(z.int()),
});

export const signatureSchema = z.object({ inputs: z.array(tensorSpecSchema), outputs: z.array(tensorSpecSchema) });

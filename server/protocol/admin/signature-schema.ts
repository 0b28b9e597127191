/** A model's signature as the admin API writes it; the same shape as `Signature` in tensors.ts. */
import { z } from 'zod';

const tensorSpecSchema = z.object({
  name: z.string(),
  datatype: z.enum([
    'BOOL',
    'UINT8',
    'UINT16',
    'UINT32',
    'UINT64',
    'INT8',
    'INT16',
    'INT32',
    'INT64',
    'FP16',
    'FP32',
    'FP64',
    'BF16',
    'BYTES',
  ]),
  /** -1 stands for a free dimension; where batching is on the first one is the batch. */
  shape: z.array(z.int()),
});

export const signatureSchema = z.object({ inputs: z.array(tensorSpecSchema), outputs: z.array(tensorSpecSchema) });

/** What the admin API says of saved test cases, and how one is made. */
import { z } from 'zod';

export const testCaseViewSchema = z.object({
  /** Eight hexadecimal digits. */
  id: z.string(),
  name: z.string().optional(),
  /** ISO 8601; undefined for cases that came with the model. */
  savedAt: z.string().optional(),
  /** The version that gave the answer. */
  version: z.string().optional(),
  /** Largest allowed difference of a number with decimals. */
  tolerance: z.number(),
  /** By input, shortened for people. */
  inputs: z.record(z.string(), z.string()),
  /** By output, shortened for people. */
  expected: z.record(z.string(), z.string()),
});
export type TestCaseView = z.infer<typeof testCaseViewSchema>;

export const testCaseListSchema = z.object({
  /** True where they are the owner's own; false where they came with the version that answers. */
  areOwn: z.boolean(),
  cases: z.array(testCaseViewSchema),
});
export type TestCaseList = z.infer<typeof testCaseListSchema>;

export const testCaseQuerySchema = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  /** `class`: only whole-number outputs have to be equal; `numbers`: all, numbers with decimals within the tolerance. Default: `class` where the model has such an output. */
  check: z.enum(['class', 'numbers']).optional(),
  tolerance: z.coerce.number().min(0).max(1e9).optional(),
});
export type TestCaseQuery = z.infer<typeof testCaseQuerySchema>;

/** What the admin API says of saved answers, of the store as a whole and of one model. */
import { z } from 'zod';

export const cacheProblemSchema = z.object({
  /** One sentence for people. */
  message: z.string(),
  hint: z.string(),
});

export const cacheViewSchema = z.object({
  store: z.enum(['sqlite', 'redis']),
  /** Saved answers, and what they take; undefined where the store cannot say without counting. */
  entries: z.int().optional(),
  bytes: z.int().optional(),
  /** What they may take; undefined where the store's own settings bound it. */
  maxBytes: z.int().optional(),
  /** Since the start: saved, not saved because writing could not keep up, removed for their time, removed for room. */
  written: z.int(),
  dropped: z.int(),
  expired: z.int(),
  evicted: z.int(),
  /** Why nothing is looked up or saved now. */
  problem: cacheProblemSchema.optional(),
});
export type CacheView = z.infer<typeof cacheViewSchema>;

export const modelCacheViewSchema = z.object({
  /** Why no answer of this model is looked up or saved, in the words of the answers' header; undefined while they are. */
  whyOff: z.string().optional(),
  ttlSeconds: z.number(),
  /** Since the start; their sum is the number of requests that were looked up. */
  hits: z.int(),
  misses: z.int(),
  /** What the runs would have taken that hits made unnecessary. */
  savedSeconds: z.number(),
  /** Of all versions; undefined where the store cannot say without counting. */
  entries: z.int().optional(),
  bytes: z.int().optional(),
});
export type ModelCacheView = z.infer<typeof modelCacheViewSchema>;

export const cacheClearSchema = z.strictObject({
  /** Default: the saved answers of all models. */
  model: z.string().optional(),
});

export const cacheClearedSchema = z.object({
  /** Answers that were removed. */
  removed: z.int(),
});
export type CacheCleared = z.infer<typeof cacheClearedSchema>;

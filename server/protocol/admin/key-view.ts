/** What the admin API says of the keys of client programs, and what it takes to make one. The secret is told once, when it is made. */
import { z } from 'zod';

/**
 * `infer`: ask models and read features. `metrics`: read /metrics. `admin`: everything else, on the admin listener and where the
 * inference listener lets clients change something.
 */
export const keyRightSchema = z.enum(['infer', 'metrics', 'admin']);
export type KeyRight = z.infer<typeof keyRightSchema>;

/** As a person writes it; shown in lists and in events. */
const keyName = z
  .string()
  .min(1)
  .max(64)
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N} ._()@-]*$/u,
    'letters, digits, spaces and . _ - ( ) @, beginning with a letter or digit',
  );

export const newKeySchema = z.strictObject({
  name: keyName,
  rights: z.array(keyRightSchema).min(1).max(3).default(['infer']),
  /** Undefined: all models, also those that come later. */
  models: z.array(z.string().min(1).max(64)).min(1).max(256).optional(),
  /** Addresses it is taken from; undefined: any. */
  addresses: z.array(z.string().min(2).max(45)).min(1).max(64).optional(),
  /** Requests per second on average; a second's worth may come at once. Undefined: unlimited. */
  ratePerSecond: z.number().min(0.01).max(1_000_000).optional(),
  /** Requests that are taken in turn while others wait too: one of share 2 gets twice as many as one of 1. */
  share: z.int().min(1).max(100).default(1),
  /** Its saved answers are found by it alone. */
  hasPrivateCache: z.boolean().default(false),
  /** Days until it ends; undefined: never. */
  days: z.number().min(0.001).max(3650).optional(),
});
export type NewKey = z.infer<typeof newKeySchema>;

export const keyViewSchema = z.object({
  /** Public part of the key, 8 hexadecimal digits. */
  id: z.string(),
  name: z.string(),
  rights: z.array(keyRightSchema),
  models: z.array(z.string()).optional(),
  addresses: z.array(z.string()).optional(),
  ratePerSecond: z.number().optional(),
  share: z.int(),
  hasPrivateCache: z.boolean(),
  /** ISO 8601. */
  createdAt: z.string(),
  expiresAt: z.string().optional(),
  isExpired: z.boolean(),
  /** To within half a minute; undefined: never. */
  lastUsedAt: z.string().optional(),
  lastAddress: z.string().optional(),
  /** Of the settings file: it is not revoked here. */
  isFixed: z.boolean(),
});
export type KeyView = z.infer<typeof keyViewSchema>;

export const madeKeySchema = z.object({
  key: keyViewSchema,
  /** The only time that it is told. */
  secret: z.string(),
});
export type MadeKey = z.infer<typeof madeKeySchema>;

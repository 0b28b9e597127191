/** What the admin API says of clients that were refused, and of what a person has allowed since. */
import { z } from 'zod';

export const refusalReasonSchema = z.enum([
  'no-key',
  'wrong-key',
  'revoked-key',
  'expired-key',
  /** The key has no right to this, or is for another model. */
  'right',
  /** The key is not taken from this address. */
  'address',
  /** The key's rate was exceeded. */
  'rate',
  /** Addressed to a name that is not this machine's. */
  'host',
  /** Sent by a page of another site. */
  'origin',
  /** It speaks http where https is spoken. */
  'plain-http',
  /** It does not trust the certificate, or no encryption was agreed on. */
  'tls',
  /** A person blocked its address. */
  'blocked',
]);
export type RefusalReason = z.infer<typeof refusalReasonSchema>;

/** What can be done about it with one click. */
export const refusalFixSchema = z.enum(['make-key', 'allow-host', 'allow-origin', 'give-certificate', 'none']);
export type RefusalFix = z.infer<typeof refusalFixSchema>;

export const refusedClientSchema = z.object({
  id: z.string(),
  reason: refusalReasonSchema,
  address: z.string(),
  /** What it is about: the host, the origin, the key's name, or how TLS failed; as it was sent, at most 100 characters. */
  subject: z.string().optional(),
  model: z.string().optional(),
  count: z.int(),
  /** ISO 8601. */
  firstAt: z.string(),
  lastAt: z.string(),
  sentence: z.string(),
  hint: z.string(),
  fix: refusalFixSchema,
});
export type RefusedClient = z.infer<typeof refusedClientSchema>;

/** Whom a person lets call beside the machine's own names and pages. */
export const callerRulesSchema = z.object({
  /** Names and addresses under which clients may call this machine. */
  hosts: z.array(z.string()),
  /** Web pages that may call it, as `https://panel.example`. */
  origins: z.array(z.string()),
  /** Addresses whose connections over the network are closed at once. */
  blocked: z.array(z.string()),
  /** Whether programs of this machine need a key while there are keys. */
  localNeedsKey: z.boolean(),
});
export type CallerRulesView = z.infer<typeof callerRulesSchema>;

export const callerRulesChangeSchema = z.strictObject({
  add: z
    .strictObject({
      host: z.string().min(1).max(253).optional(),
      origin: z.string().min(1).max(300).optional(),
      blocked: z.string().min(2).max(45).optional(),
    })
    .optional(),
  remove: z
    .strictObject({
      host: z.string().max(253).optional(),
      origin: z.string().max(300).optional(),
      blocked: z.string().max(45).optional(),
    })
    .optional(),
  localNeedsKey: z.boolean().optional(),
});
export type CallerRulesChange = z.infer<typeof callerRulesChangeSchema>;

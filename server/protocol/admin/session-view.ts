/** What the admin API says of the browsers that may use it. Their secrets are in cookies and nowhere else. */
import { z } from 'zod';

export const sessionViewSchema = z.object({
  /** Sent back as `X-Millrace-CSRF` with every request that changes something. */
  csrfToken: z.string(),
  /** ISO 8601: when it ends unless it is used before; a week after its start at the latest. */
  endsAt: z.string(),
});
export type SessionView = z.infer<typeof sessionViewSchema>;

export const sessionListSchema = z.array(
  z.object({
    id: z.string(),
    createdAt: z.string(),
    lastUsedAt: z.string(),
    endsAt: z.string(),
    /** True for the one that asks. */
    isOwn: z.boolean(),
  }),
);
export type SessionList = z.infer<typeof sessionListSchema>;

export const launchLinkSchema = z.object({
  /** For a person to open within the hour. */
  printed: z.string(),
  /** For a program that opens it at once. */
  opened: z.string(),
});
export type LaunchLink = z.infer<typeof launchLinkSchema>;

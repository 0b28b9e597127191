/** What the self-check found: attacks that this host ran against its own listeners, and what each answered. */
import { z } from 'zod';

export const checkedListenerSchema = z.enum(['apps', 'admin', 'network', 'files']);

export const attackResultSchema = z.object({
  /** The row of the list of threats that it belongs to, such as S4. */
  row: z.string(),
  listener: checkedListenerSchema,
  /** Where it was sent. */
  target: z.string(),
  /** What was tried, as a sentence. */
  title: z.string(),
  /** `held`: it was refused as it should be; `failed`: it was not; `skipped`: there is nothing to try. */
  outcome: z.enum(['held', 'failed', 'skipped']),
  expected: z.string(),
  got: z.string(),
});
export type AttackResult = z.infer<typeof attackResultSchema>;

export const selfCheckReportSchema = z.object({
  /** ISO 8601. */
  at: z.string(),
  held: z.int(),
  failed: z.int(),
  skipped: z.int(),
  results: z.array(attackResultSchema),
});
export type SelfCheckReport = z.infer<typeof selfCheckReportSchema>;

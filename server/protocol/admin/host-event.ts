/** Something that happened and that a person may want to know later: kept in SQLite, shown in the GUI, printed by the CLI. */
import { z } from 'zod';

export const eventKindSchema = z.enum([
  'host-started',
  'host-stopped',
  /** A replica became ready, died, was restarted or given up. */
  'replica',
  /** The autoscaler changed the number of replicas, or says why it cannot. */
  'scaling',
  /** A version was imported, removed, promoted, rolled back, pinned, quarantined, loaded or unloaded. */
  'model',
  'source',
  'cache',
  /** A client was refused, a key was made or revoked, the LAN was switched. */
  'access',
  'settings',
]);
export type EventKind = z.infer<typeof eventKindSchema>;

export const hostEventSchema = z.object({
  /** Ascending; never given twice. */
  id: z.int(),
  /** ISO 8601 with milliseconds. */
  at: z.string(),
  kind: eventKindSchema,
  /** `attention`: a person should look; `failure`: something does not work until a person acts. */
  severity: z.enum(['info', 'attention', 'failure']),
  model: z.string().optional(),
  /** One sentence that stands alone. */
  sentence: z.string(),
  hint: z.string().optional(),
  /** The numbers behind the sentence, in the shape of its kind. Never a secret, never a tensor. */
  facts: z.record(z.string(), z.unknown()).optional(),
});
export type HostEvent = z.infer<typeof hostEventSchema>;
/** What its author knows; the log adds number and time. */
export type NewHostEvent = Omit<HostEvent, 'id' | 'at'>;

/** What the admin API says of devices that are being paired. A pairing's code is in the link that a device scans, told once. */
import { z } from 'zod';
import { newKeySchema } from './key-view.ts';

/** What the device's key may do; its name comes from the device. */
export const newPairingSchema = newKeySchema.omit({ name: true, addresses: true }).extend({
  rights: z
    .array(z.enum(['infer', 'metrics']))
    .min(1)
    .max(2)
    .default(['infer']),
});
export type NewPairing = z.infer<typeof newPairingSchema>;

export const pairingViewSchema = z.object({
  id: z.string(),
  /** `waiting`: nobody has scanned it; `claimed`: a device has, and waits for a person here; `confirmed`: it may fetch its key. */
  state: z.enum(['waiting', 'claimed', 'confirmed', 'done', 'declined', 'ended']),
  /** ISO 8601. */
  endsAt: z.string(),
  /** What the device calls itself. Its own words. */
  deviceName: z.string().optional(),
  address: z.string().optional(),
  /** Four digits that the device shows as well: the same device, if they are the same. */
  number: z.string().optional(),
  keyId: z.string().optional(),
});
export type PairingView = z.infer<typeof pairingViewSchema>;

export const openedPairingSchema = z.object({
  pairing: pairingViewSchema,
  /** For each address that listens: what the device opens. */
  links: z.array(z.string()),
});
export type OpenedPairing = z.infer<typeof openedPairingSchema>;

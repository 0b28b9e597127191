/** What the admin API says of the endpoint for the network, and what a person may ask of it. */
import { z } from 'zod';
import { madeKeySchema } from './key-view.ts';

export const networkAddressSchema = z.object({
  address: z.string(),
  /** As the system calls it. */
  interfaceName: z.string(),
  /**
   * `private`: of a local network; `vpn`: of a tunnel; `virtual`: of containers and virtual machines on this computer;
   * `public`: anybody on the internet might reach it.
   */
  kind: z.enum(['private', 'vpn', 'virtual', 'public']),
});
export type NetworkAddress = z.infer<typeof networkAddressSchema>;

export const lanTlsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('off') }),
  /** A certificate by the authority that this Millrace has made for itself. */
  z.strictObject({ kind: z.literal('own') }),
  /** A certificate of the user's: PEM files on this computer, read again when they change. */
  z.strictObject({
    kind: z.literal('files'),
    certificateFile: z.string().min(1).max(4096),
    keyFile: z.string().min(1).max(4096),
  }),
]);
export type LanTls = z.infer<typeof lanTlsSchema>;

/** How it is to be reached. */
export const lanWishSchema = z.strictObject({
  on: z.boolean().default(false),
  /** `private`: every private address that the computer has, also those it gets later. Else exactly these. */
  addresses: z.union([z.literal('private'), z.array(z.string().min(2).max(45)).min(1).max(32)]).default('private'),
  /** Undefined: that of the inference listener. 0: any. */
  port: z.int().min(0).max(65_535).optional(),
  tls: lanTlsSchema.default({ kind: 'off' }),
  /** Whether `<name>.local` is told to the network. */
  announce: z.boolean().default(true),
  /** The name before `.local`. */
  name: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'small letters, digits and inner hyphens, at most 63')
    .default('millrace'),
});
export type LanWish = z.infer<typeof lanWishSchema>;

export const lanChangeSchema = z.strictObject({
  on: z.boolean().optional(),
  addresses: lanWishSchema.shape.addresses.unwrap().optional(),
  port: lanWishSchema.shape.port,
  tls: lanTlsSchema.optional(),
  announce: z.boolean().optional(),
  name: lanWishSchema.shape.name.unwrap().optional(),
  /** Public addresses among `addresses`, typed once more: the internet may reach them. */
  confirmPublic: z.array(z.string().max(45)).max(32).optional(),
});
export type LanChange = z.infer<typeof lanChangeSchema>;

export const lanListenerSchema = z.object({
  address: z.string(),
  interfaceName: z.string(),
  kind: networkAddressSchema.shape.kind,
  /** Where clients call it; undefined while it is not open. */
  url: z.string().optional(),
  /** Why it is not open. */
  trouble: z.string().optional(),
});
export type LanListener = z.infer<typeof lanListenerSchema>;

export const certificateViewSchema = z.object({
  subject: z.string(),
  issuer: z.string(),
  /** Names and addresses that it is for. */
  names: z.array(z.string()),
  /** SHA-256, hexadecimal in pairs with colons. */
  fingerprint: z.string(),
  /** ISO 8601. */
  notBefore: z.string(),
  notAfter: z.string(),
});
export type CertificateView = z.infer<typeof certificateViewSchema>;

export const firewallHelpSchema = z.object({
  system: z.enum(['windows', 'macos', 'linux']),
  /** What the firewall of the system does by itself. */
  sentence: z.string(),
  /** Commands by what they are for, to be run by an administrator. */
  commands: z.array(z.object({ title: z.string(), command: z.string() })),
});
export type FirewallHelp = z.infer<typeof firewallHelpSchema>;

export const lanViewSchema = z.object({
  wish: lanWishSchema,
  /** The settings file says it; nothing is changed here. */
  isFixed: z.boolean(),
  listeners: z.array(lanListenerSchema),
  /** What the computer has. */
  addresses: z.array(networkAddressSchema),
  /** The name that the network was told, once nobody else has it: `millrace.local`. */
  announcedName: z.string().optional(),
  /** Of the authority; undefined before it is first needed. */
  authority: certificateViewSchema.optional(),
  /** What clients see. */
  certificate: certificateViewSchema.optional(),
  /** Why there is no certificate. */
  tlsTrouble: z.string().optional(),
  /** Keys that let somebody in. */
  keys: z.int(),
  firewall: firewallHelpSchema,
});
export type LanView = z.infer<typeof lanViewSchema>;

export const lanAnswerSchema = z.object({
  lan: lanViewSchema,
  /** The key that was made because there was none; told this once. */
  made: madeKeySchema.optional(),
});
export type LanAnswer = z.infer<typeof lanAnswerSchema>;

/** Of the live view: what is always on screen. */
export const lanBriefSchema = z.object({
  isOn: z.boolean(),
  /** Where clients call it. */
  urls: z.array(z.string()),
});
